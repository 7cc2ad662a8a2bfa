"""Windows events as XML."""

from __future__ import annotations

import codecs
import io
from itertools import pairwise
from pathlib import Path

import pytest
from evtx import PyEvtxParser
from tests.sources.evtx_builder import chunk, event, file, text
from tests.sources.reading import field, file_rows
from tests.sources.xml_builder import RENDERED, pretty, xml

from comtrap.events.wanted import Wanted
from comtrap.sources import xml_split

DATA = {
    "Image": r"C:\Windows\System32\cmd.exe",
    "CommandLine": 'cmd /c "a & b" <1 \u00e9',
    "RuleName": "",
    "Hashes": "-",
}
ONE, TWO = xml(1, 1, **DATA), xml(13, 2, TargetObject=r"HKU\S-1-5-21\x", Details="%%systemroot%%\\a.dll")
OURS = {"_shape", "_source"}


def fields(rows):
    return [{k: v for k, v in row.items() if k not in OURS} for row in rows]


def read(folder, text, encoding="utf-8"):
    return file_rows(folder, text.encode(encoding))


def test_the_columns_are_those_of_the_same_records_in_their_log(tmp_path):
    log = file(
        chunk(
            [
                event(1, 1, **{name: text(value) for name, value in DATA.items()}),
                event(13, 2, TargetObject=r"HKU\S-1-5-21\x", Details="%%systemroot%%\\a.dll"),
            ]
        )
    )
    expected, _ = file_rows(tmp_path, log)
    found, problems = read(tmp_path, ONE + TWO)

    def whole(rows):
        # A moment in a log file has ticks, in XML as many digits as were written.
        return [
            {**r, "@timestamp": r["@timestamp"][:22], "winlog.time_created": r["winlog.time_created"][:22]}
            for r in rows
        ]

    assert whole(fields(found)) == whole(fields(expected))
    assert not problems.failed
    assert not problems.skipped


FORMS = {
    "one a line": f"{ONE}\r\n{TWO}\r\n",
    "without lines": ONE + TWO,
    "with a root": f"<Events>\r\n{ONE}\r\n{TWO}\r\n</Events>\r\n",
    "with another root": f"<root>{ONE}{TWO}</root>",
    "Event Viewer": f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<Events>{ONE}{TWO}</Events>',
    "pretty": f"<Events>\r\n{pretty(ONE)}\r\n{pretty(TWO)}\r\n</Events>",
    "evtx_dump": f'Record 1\n<?xml version="1.0" encoding="utf-8"?>\n{ONE}\n\nRecord 2\n<?xml version="1.0" encoding="utf-8"?>\n{TWO}\n'[9:],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_form_and_encoding_gives_the_same(tmp_path, form, encoding):
    expected, _ = read(tmp_path, ONE + TWO)
    found, problems = read(tmp_path, FORMS[form], encoding)

    assert found == expected
    assert not problems.failed
    assert not problems.skipped
    assert not problems.notes


def test_rendered_events_bring_their_message(tmp_path):
    plain, _ = read(tmp_path, ONE)
    found, _ = read(tmp_path, xml(1, 1, after=RENDERED, **DATA))

    assert found == [plain[0] | {"message": "Process Create:\r\nImage: C:\\a.exe"}]


def test_user_data_and_data_without_names_are_read(tmp_path):
    found, _ = read(
        tmp_path,
        xml(
            1102,
            1,
            body="<UserData><LogFileCleared xmlns='http://a.example'><SubjectUserName>user1</SubjectUserName></LogFileCleared></UserData>",
        )
        + xml(600, 2, body="<EventData><Data>one</Data><Data></Data><Data>three</Data></EventData>"),
    )

    assert (found[0]["winlog.user_data.xml_name"], found[0]["winlog.user_data.SubjectUserName"]) == (
        "LogFileCleared",
        "user1",
    )
    assert {k: v for k, v in found[1].items() if "param" in k} == {
        "winlog.event_data.param1": "one",
        "winlog.event_data.param3": "three",
    }


def test_only_what_is_wanted_is_made_and_the_rest_can_be_fetched(tmp_path):
    found, _ = file_rows(tmp_path, ONE.encode(), Wanted(frozenset({"winlog.event_data.Image"})))

    assert {name for name in found[0] if name.startswith("winlog.event_data")} == {"winlog.event_data.Image"}


def test_broken_events_are_counted_by_position_and_the_others_read(tmp_path):
    broken = ONE.replace("</System>", "</Sytem>")
    found, problems = read(tmp_path, ONE + broken + TWO + ONE[:-8] + TWO)

    assert field(found, "_position") == [0, 2, 4]
    assert problems.skipped == {"bad xml": 1, "truncated": 1}
    assert any(f"{tmp_path}/events:1: not XML" in said for said in problems.first)


def test_characters_that_xml_forbids_cost_no_event(tmp_path):
    found, problems = read(tmp_path, ONE.replace("/c", "/c\x01"))

    assert "/c\ufffd" in found[0]["winlog.event_data.CommandLine"]
    assert problems.notes == {"repaired text": 1}


@pytest.mark.parametrize("name", ["windows-1252", "ISO-8859-1"])
def test_an_encoding_that_is_declared_is_obeyed(tmp_path, name):
    found, problems = read(tmp_path, f'<?xml version="1.0" encoding="{name}"?><Events>{ONE}</Events>', name)

    assert found[0]["winlog.event_data.CommandLine"] == DATA["CommandLine"]
    assert not problems.notes


@pytest.mark.parametrize("name", ["utf-7", "rot13", "unicode_escape", "zlib", "idna", "iso-8859-99"])
def test_an_encoding_that_is_none_is_not_looked_for(tmp_path, name):
    found, problems = read(tmp_path, f'<?xml version="1.0" encoding="{name}"?><Events>{TWO}</Events>')

    assert len(found) == 1
    assert not problems.failed


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE Events [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
    + f"]><Events>{ONE.replace('cmd /c', '&j;')}</Events>"
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        '<!DOCTYPE Events SYSTEM "http://127.0.0.1:9/x.dtd"><Events>' + ONE + "</Events>",
        '<!DOCTYPE Events [<!ENTITY x SYSTEM "file:///etc/passwd">]><Events>' + ONE.replace("cmd", "&x;") + "</Events>",
    ],
)
def test_a_document_type_is_refused(tmp_path, text):
    found, problems = read(tmp_path, text)

    assert found == []
    assert "declares a document type" in problems.failed[f"{tmp_path}/events"]


def test_a_document_type_between_events_ends_the_file(tmp_path):
    found, problems = read(tmp_path, ONE + BOMB)

    assert len(found) == 1
    assert "declares a document type" in problems.failed[f"{tmp_path}/events"]


def test_an_event_too_deep_or_too_long_costs_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(xml_split, "SIZE_BYTES", 1 << 20)
    deep = xml(1, 1, body="<UserData>" + "<a>" * 3_000 + "</a>" * 3_000 + "</UserData>")
    long = xml(1, 1, Image="x" * (3 << 20))
    found, problems = read(tmp_path, deep + ONE + long + TWO)

    assert field(found, "_position") == [1, 3]
    assert problems.skipped == {"too deep": 1, "too long": 1}


def test_an_empty_export_is_no_failure(tmp_path):
    for empty in ("<Events></Events>", "<Events/>", '<?xml version="1.0"?>\n<Events>\n</Events>\n'):
        found, problems = read(tmp_path, empty)

        assert (found, problems.failed, problems.skipped) == ([], {}, {})


def test_a_file_cut_off_says_so_and_gives_the_events_before(tmp_path):
    found, problems = read(tmp_path, f"<Events>{ONE}{TWO[:500]}")

    assert field(found, "_position") == [0]
    assert problems.skipped == {"truncated": 1}


def test_xml_of_something_else_is_said(tmp_path):
    _, problems = read(tmp_path, '<?xml version="1.0"?><Sysmon schemaversion="4.50"></Sysmon>')

    assert "no Windows events" in problems.failed[f"{tmp_path}/events"]


def test_utf_16_in_pieces_is_read(tmp_path):
    found, problems = file_rows(tmp_path, codecs.BOM_UTF16_LE + (ONE * 300).encode("utf-16-le"))

    assert len(found) == 300
    assert not problems.skipped


CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures" / "attack"


@pytest.mark.shared
@pytest.mark.skipif(not CAPTURES.exists(), reason="the captures are not beside the checkout")
@pytest.mark.parametrize("name", [path.relative_to(CAPTURES).as_posix() for path in sorted(CAPTURES.rglob("*.evtx"))])
def test_real_records_have_the_columns_they_have_in_their_log(tmp_path, name):
    log = (CAPTURES / name).read_bytes()
    expected, _ = file_rows(tmp_path, log)
    found, problems = read(tmp_path, "".join(record["data"] for record in PyEvtxParser(io.BytesIO(log)).records()))

    assert fields(found) == fields(expected)
    assert not problems.skipped
