"""Event log files."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.evtx_builder import NOTHING, boolean, chunk, event, file, guid, hex64, text, u32
from tests.sources.reading import content, field, rows

from comtrap.errors import SourceError
from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.sources import evtx
from comtrap.sources.evtx import fallback
from comtrap.sources.evtx.chunk import slots
from comtrap.sources.record import BadRecordError

SYSMON = ("Microsoft-Windows-Sysmon", 1)
THREE = chunk([event(number=n, Image=f"{n}.exe") for n in range(3)])
GUID = "fa4a0de6-e8a8-5d2f-0000-001094619900"


def read(data, wanted=None):
    problems = Problems()
    return rows(evtx.read(content(data), wanted, problems)), problems


def one(**data):
    found, problems = read(file(chunk([event(**data)])))
    assert problems == Problems()
    return {k.removeprefix("winlog.event_data."): v for k, v in found[0].items() if k.startswith("winlog.event_data.")}


def test_what_windows_says_of_every_event_is_read():
    found, problems = read(file(chunk([event(13, 5)])))

    assert problems == Problems()
    assert found == [
        {
            "kind": ("Microsoft-Windows-Sysmon", 13),
            "_position": 0,
            "_shape": "evtx",
            "@timestamp": "2024-05-01T12:00:00.250000Z",
            "winlog.time_created": "2024-05-01T12:00:00.250000Z",
            "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
            "winlog.computer_name": "host1.example.net",
            "winlog.event_id": "13",
            "winlog.keywords": "0x8000000000000000",
            "winlog.level": "4",
            "winlog.opcode": "0",
            "winlog.process.pid": "2440",
            "winlog.process.thread.id": "3144",
            "winlog.provider_guid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
            "winlog.provider_name": "Microsoft-Windows-Sysmon",
            "winlog.record_id": "1005",
            "winlog.task": "13",
            "winlog.user.identifier": "S-1-5-18",
            "winlog.version": "5",
        }
    ]


def test_data_is_written_as_windows_renders_it():
    assert one(
        Image="C:\\Zo\u00eb.exe", Empty="", Nothing=NOTHING, ProcessId=u32(7), LogonId=hex64(0x3E7), Initiated=boolean(True),
        ProcessGuid=guid(GUID), Typed=text("x"), Written="{FA4A0DE6-E8A8-5D2F-0000-001094619900}", ScriptBlockId=GUID,
    ) == {
        "Image": "C:\\Zo\u00eb.exe", "ProcessId": "7", "LogonId": "0x3e7", "Initiated": "true",
        "ProcessGuid": "{" + GUID + "}", "Typed": "x", "Written": "{FA4A0DE6-E8A8-5D2F-0000-001094619900}", "ScriptBlockId": GUID,
    }  # fmt: skip


def test_unnamed_data_is_numbered_and_empty_ones_count():
    def body(xml):
        xml.element(
            "EventData",
            {},
            lambda: [xml.element("Data", {}, v) for v in ("one", "", "three")] and xml.element("Binary", {}, "00FF"),
        )

    assert one(body=body) == {"param1": "one", "param3": "three", "Binary": "00FF"}


def test_one_unnamed_value_is_the_first():
    assert one(body=lambda xml: xml.element("EventData", {}, lambda: xml.element("Data", {}, "one"))) == {
        "param1": "one"
    }


def test_an_event_without_data_is_an_event():
    assert one(body=lambda xml: xml.element("EventData", {})) == {}


def test_user_data_is_the_fields_of_its_one_element():
    def body(xml):
        def fields():
            xml.element("SubjectUserName", {}, "user1")
            xml.element("SubjectLogonId", {}, hex64(0xAF))
            xml.element("Empty", {}, "")

        xml.element("UserData", {}, lambda: xml.element("LogFileCleared", {"xmlns": "urn:x"}, fields))

    found, _ = read(file(chunk([event(1102, provider="Microsoft-Windows-Eventlog", channel="Security", body=body)])))

    assert {k: v for k, v in found[0].items() if "user_data" in k} == {
        "winlog.user_data.xml_name": "LogFileCleared",
        "winlog.user_data.SubjectUserName": "user1",
        "winlog.user_data.SubjectLogonId": "0xaf",
    }


def test_records_are_numbered_over_chunks_in_file_order():
    found, _ = read(file(THREE, bytes(65536), THREE))

    assert field(found, "_position") == [0, 1, 2, 3, 4, 5]
    assert field(found, "winlog.event_data.Image") == ["0.exe", "1.exe", "2.exe"] * 2


def test_only_wanted_columns_are_made_and_the_rest_is_there_on_demand():
    problems = Problems()
    (batch,) = evtx.read(content(file(THREE)), Wanted(frozenset({"winlog.level"})), problems)

    assert "winlog.level" in batch.frame.schema.names
    assert "winlog.event_data.Image" not in batch.frame.schema.names
    whole = batch.fetch(np.array([2, 0]))
    assert whole.frame["winlog.event_data.Image"].to_pylist() == ["2.exe", "0.exe"]
    assert whole.frame["_position"].to_pylist() == [2, 0]
    assert (whole.kind, whole.origin.source) == (SYSMON, "evtx")


def test_what_the_kind_says_is_no_column_but_of_whole_records():
    wanted = Wanted(frozenset({"winlog.provider_name", "winlog.event_id", "winlog.level"}))
    (batch,) = evtx.read(content(file(THREE)), wanted, Problems())

    assert {"winlog.provider_name", "winlog.event_id"}.isdisjoint(batch.frame.schema.names)
    whole = batch.fetch(np.array([1])).frame
    assert (whole["winlog.provider_name"].to_pylist(), whole["winlog.event_id"].to_pylist()) == (
        [SYSMON[0]],
        [str(SYSMON[1])],
    )


def test_the_header_of_the_file_is_not_believed():
    data = bytearray(file(THREE, THREE))
    struct.pack_into("<QQH", data, 16, 0, 0, 0)
    struct.pack_into("<H", data, 42, 1)

    assert len(read(bytes(data))[0]) == 6


def test_the_header_of_a_chunk_is_not_believed():
    lying = bytearray(THREE)
    struct.pack_into("<QQQQ", lying, 8, 0, 0, 0, 0)
    struct.pack_into("<III", lying, 40, 0, 0, 512)

    assert field(read(file(bytes(lying)))[0], "_position") == [0, 1, 2]


def test_a_chunk_without_its_mark_is_read_and_said():
    found, problems = read(file(b"XXXXXXXX" + THREE[8:], THREE))

    assert len(found) == 6
    assert problems.notes == {"damaged chunk": 1}


def test_a_chunk_with_damaged_tables_is_read():
    assert len(read(file(THREE[:128] + b"\xff" * 384 + THREE[512:], THREE))[0]) == 6


def test_tables_whose_chains_go_in_a_circle_are_not_followed():
    """Two strings follow each other; the parser alone would follow them for ever."""
    one, other = (slot.offset + 24 + 4 + 10 + 24 + 4 + 11 for slot in slots(THREE)[:2])
    circle = bytearray(THREE)
    for at, value in ((128, one), (one, other), (other, one)):
        struct.pack_into("<I", circle, at, value)

    assert len(read(file(bytes(circle)))[0]) == 3


def test_a_record_that_cannot_be_decoded_has_its_place_and_is_counted():
    second = slots(THREE)[1].offset
    found, problems = read(file(THREE[: second + 24] + b"\xff" * 60 + THREE[second + 84 :], THREE))

    assert field(found, "_position") == [0, 2, 3, 4, 5]
    assert problems.skipped == {"undecodable record": 1}
    assert problems.first == ["events: record 1 cannot be decoded"]


def test_a_record_without_its_mark_is_said_and_those_after_it_read():
    second = slots(THREE)[1].offset
    found, problems = read(file(THREE[:second] + b"XXXX" + THREE[second + 4 :]))

    assert field(found, "winlog.event_data.Image") == ["0.exe", "2.exe"]
    assert problems.notes == {"damaged records": 1}


def test_a_file_cut_off_gives_every_whole_record():
    third = slots(THREE)[2].offset
    found, problems = read(file(THREE, THREE)[: 4096 + 65536 + third + 50])

    assert field(found, "_position") == [0, 1, 2, 3, 4]
    assert (problems.skipped, problems.notes) == ({"undecodable record": 1}, {"cut off": 1})


def test_a_file_that_ends_within_its_header_is_refused():
    with pytest.raises(SourceError, match="ends within its header"):
        read(file()[:1000])


def test_a_log_without_events_is_a_log():
    assert read(file()) == ([], Problems())
    assert read(file(chunk([]))) == ([], Problems())


def test_chunks_cut_out_of_a_file_are_read():
    assert evtx.sniff(THREE)
    assert len(read(THREE + THREE)[0]) == 6


def test_a_stream_that_breaks_gives_the_chunks_before():
    broken = replace(content(file(THREE, THREE, THREE)[: 4096 + 2 * 65536 + 9]))
    broken = content(file(THREE, THREE), error=SourceError("gone"))
    found = []
    with pytest.raises(SourceError, match="gone"):
        found.extend(evtx.read(broken, None, Problems()))

    assert len(rows(found)) == 6


SAMPLE = file(THREE, chunk([event(4104, 3, provider="P", channel="C", A="b" * 300), event(4, 4)], 4))
USED = [*range(4096, 4096 + 4000), *range(4096 + 65536, 4096 + 65536 + 3000)]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(USED), st.binary(min_size=1, max_size=6)), min_size=1, max_size=8))
def test_damage_costs_records_and_nothing_else(changes):
    data = bytearray(SAMPLE)
    for at, damage in changes:
        data[at : at + len(damage)] = damage

    found, problems = read(bytes(data))

    positions = field(found, "_position")
    assert len(set(positions)) == len(positions)
    assert len(found) + sum(problems.skipped.values()) <= 5


@settings(deadline=None, max_examples=60)
@given(st.integers(4096, len(SAMPLE)))
def test_cutting_a_file_off_costs_the_records_after(size):
    found, problems = read(SAMPLE[:size])

    assert field(found, "_position") == list(range(len(found)))
    assert len(found) <= 5
    assert sum(problems.skipped.values()) <= 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"Event":{"System":{"EventID":1},"EventData":{"A":"\x01\\ud800"}}}', ("", 1)),
        ('{"Event":{"System":{"EventID":1},"EventData":{"A":"' + "{" * 100 + '"}}}', ("", 1)),
    ],
)
def test_what_the_parser_writes_wrong_is_repaired(text, kind):
    assert fallback.decoded(text).kind == kind


@pytest.mark.parametrize("text", ['{"":{}}', '{"Event":5}', '{"Event":' * 900 + "1" + "}" * 900, '{"Event":'])
def test_what_is_no_event_is_undecodable(text):
    with pytest.raises(BadRecordError):
        fallback.decoded(text)


def test_records_that_the_package_read_are_counted():
    """An event of which nothing is known, so that its elements have columns of their own names."""
    odd = chunk(
        [event(), event(body=lambda xml: xml.element("ProcessingErrorData", {}, lambda: xml.element("A", {}, "1")))]
    )
    found, problems = read(file(odd))

    assert field(found, "ProcessingErrorData.A") == [None, "1"]
    assert problems.fallback == 1
