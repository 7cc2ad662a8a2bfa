"""Any input as documents: nothing is lost, and a scan of what is written finds what a scan of the input does."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.material import process, rule, script_block, write
from tests.sources.evtx_builder import chunk, event, file
from tests.sources.xml_builder import xml
from tests.stopping import Stopping

from comtrap.alerts.document import document
from comtrap.errors import SourceError
from comtrap.events.arrays import as_lists
from comtrap.rules.load import DEFAULT, load, locate
from comtrap.scan import scan
from comtrap.scanning.convert import convert
from comtrap.scanning.writers import ndjson, parquet
from comtrap.scanning.writers.writer import Target
from comtrap.schema.telemetry import telemetry
from comtrap.sources.columns import columns

DEMO = Path(__file__).resolve().parents[2] / "demo" / "recording"
CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
FORMATS = {"ndjson": ndjson, "parquet": parquet}
SEQUENCE = 'sequence by host.id with maxspan=1m [process where process.name : "f*"] [process where process.name : "s*"]'
SCRIPT = 'any where comtrap.powershell.script_block_text : "*secret*" or powershell.file.script_block_text : "*secret*"'
RULES = (rule(), rule(SEQUENCE, 2), rule(SCRIPT, 3), rule("any where true", 4))


def converted(paths, out, form="ndjson", **more):
    return convert([str(p) for p in paths], FORMATS[form].Writer(Target.of(str(out), [])), **more)


def told(paths, rules):
    """Alerts as they are written; their events as far as they have to agree."""
    found = [document(alert) for alert in scan([str(p) for p in paths], rules).alerts]
    return [
        {name: alert[name] for name in ("kibana.alert.uuid", "kibana.alert.rule.name", "comtrap.count")}
        | {"evidence": [e | {"event": levelled(e["event"])} for e in alert["comtrap.evidence"]]}
        for alert in found
    ]


def levelled(event):
    """Every value as a list of texts; moments are left out, whose digits may differ."""
    values = columns([event], None)
    return {
        name: as_lists(column)[0].as_py()
        for name, column in values.items()
        if name not in telemetry() or not telemetry()[name].type.is_date
    }


def logs(folder):
    """A folder with something of everything."""
    events = [process(0, 1), process(1, None), process(2, 3, "first.exe"), process(2, 4, "second.exe")]
    folder.mkdir()
    write(
        folder / "a.ndjson", [*events, script_block(3, 5, "sec", 1, 2), process(4, 6), script_block(5, 7, "ret", 2, 2)]
    )
    (folder / "b.evtx").write_bytes(file(chunk([event(number=n, ProcessId="4", Image=r"C:\x.exe") for n in range(5)])))
    rendered = [xml(n, n, Image=rf"C:\{name}.exe") for n, name in ((1, "first"), (5, "second"))]
    (folder / "c.xml").write_text(f"<Events>{''.join(rendered)}</Events>")
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        inner = json.dumps(script_block(0, 9, "sec", 1, 2)) + "\n" + json.dumps(script_block(0, 10, "ret", 2, 2)) + "\n"
        archive.writestr("inner.ndjson", inner)
        archive.writestr("again.ndjson.gz", gzip.compress(inner.encode()))
    ecs = {"@timestamp": "2026-01-05T08:00:00.123456Z", "event": {"category": "process", "type": ["start"]}}
    hit = {
        "_index": "logs-endpoint.events.process-default",
        "_id": "1",
        "_source": ecs | {"process": {"name": "first.exe"}},
    }
    odd = {"a": {"b": [{"c": 1}, {"c": [2, None]}], "d.e": 1.5}, "f": 1 << 70, "g": None, "h": "\ud800", "i": True}
    (folder / "e.json").write_text(json.dumps([hit, odd]))
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_a_scan_of_what_is_written_finds_the_same(tmp_path, form):
    folder = logs(tmp_path / "logs")
    result = converted([folder], tmp_path / "out", form)
    found = told([tmp_path / "out"], RULES)

    assert found == told([folder], RULES)
    assert {alert["kibana.alert.rule.name"] for alert in found} == {"Rule 1", "Rule 2", "Rule 3", "Rule 4"}
    assert result.tally.read == 20
    assert not result.tally.problems.failed


@pytest.mark.parametrize("form", FORMATS)
def test_the_demo_gives_the_same_alerts(tmp_path, form):
    rules, _ = load([locate(DEFAULT)])
    converted([DEMO], tmp_path / "out", form)
    found = told([tmp_path / "out"], rules)

    assert found == told([DEMO], rules)
    assert len(found) > 10


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_written_twice_is_the_same_bytes(tmp_path, form):
    folder = logs(tmp_path / "logs")
    for name in ("one", "two"):
        converted([folder], tmp_path / name, form)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("form", FORMATS)
def test_a_conversion_of_a_conversion_knows_the_first_place(tmp_path, form):
    folder = logs(tmp_path / "logs")
    converted([folder], tmp_path / "one", form)
    converted([tmp_path / "one"], tmp_path / "two", form)

    assert told([tmp_path / "two"], RULES) == told([folder], RULES)


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_documents_stand_in_the_order_of_their_records(tmp_path):
    path = write(
        tmp_path / "a.ndjson", [e for n in range(300) for e in (process(n, n), script_block(n, 1_000 + n, "x"))]
    )
    converted([path], tmp_path / "out.ndjson")

    assert [d["comtrap"]["origin"]["position"] for d in lines(tmp_path / "out.ndjson")] == list(range(600))


def test_fields_that_nobody_knows_are_kept_as_they_were(tmp_path):
    odd = {
        "@timestamp": "2026-01-05T08:00:00Z",
        "own": {"list": [{"a": 1}, {"b": [None, 2.5]}], "flag": False},
        "n": 12,
    }
    converted([write(tmp_path / "a.ndjson", [odd])], tmp_path / "out.ndjson")
    (found,) = lines(tmp_path / "out.ndjson")

    assert found["own"] == odd["own"]
    assert found["n"] == 12


def test_script_blocks_are_joined_in_the_field(tmp_path):
    path = write(tmp_path / "a.ndjson", [script_block(0, 1, "one ", 1, 2), script_block(0, 2, "two", 2, 2)])
    converted([path], tmp_path / "out.ndjson")
    first, second = lines(tmp_path / "out.ndjson")

    assert first["comtrap"]["powershell"] == {"script_block_text": "one two"}
    assert "powershell" not in second["comtrap"]


def test_blocks_of_one_id_in_several_files_stay_apart(tmp_path):
    write(tmp_path / "logs" / "a.ndjson", [script_block(0, 1, "lost ", 1, 2)])
    write(tmp_path / "logs" / "b.ndjson", [script_block(0, 2, "sec", 1, 2), script_block(0, 3, "ret", 2, 2)])
    converted([tmp_path / "logs"], tmp_path / "out.ndjson")

    assert told([tmp_path / "out.ndjson"], RULES) == told([tmp_path / "logs"], RULES)


def test_a_folder_gets_files_of_so_many_events(tmp_path, monkeypatch):
    monkeypatch.setattr("comtrap.scanning.writers.writer.PART_EVENTS", 4)
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(10)])
    converted([path], f"{tmp_path}/out/")

    assert [(p.name, len(lines(p))) for p in sorted((tmp_path / "out").iterdir())] == [
        ("part-00000.ndjson", 4),
        ("part-00001.ndjson", 4),
        ("part-00002.ndjson", 2),
    ]


def test_no_events_give_an_empty_file(tmp_path):
    (tmp_path / "empty").touch()
    converted([tmp_path / "empty"], tmp_path / "out.ndjson")

    assert (tmp_path / "out.ndjson").read_bytes() == b""


def test_what_is_written_is_never_read(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(0, 1)])
    out = tmp_path / "out"
    out.mkdir()
    for _ in range(2):
        result = converted([tmp_path], out, target=out)

        assert result.tally.read == 1
        assert len(lines(out / "part-00000.ndjson")) == 1
    assert Path(path).exists()


def test_an_input_is_never_overwritten(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(0, 1)])
    (tmp_path / "link").symlink_to(path)
    for name in (path, str(tmp_path / "link")):
        with pytest.raises(SourceError, match="is an input"):
            Target.of(name, [path])


def test_an_interruption_leaves_what_was_read(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(10)])
    write(tmp_path / "b.ndjson", [process(0, 1)])
    interrupted = Stopping(lambda progress: progress.events)
    result = converted([tmp_path], tmp_path / "out.txt", target=tmp_path / "out.txt", progress=interrupted)

    assert result.interrupted
    assert [d["comtrap"]["origin"]["path"] for d in lines(tmp_path / "out.txt")] == [path] * 10


def test_what_cannot_be_read_is_said_and_the_rest_is_written(tmp_path):
    write(tmp_path / "logs" / "a.ndjson", [process(0, 1)])
    (tmp_path / "logs" / "b.evtx").write_bytes(b"no log")
    (tmp_path / "logs" / "c.ndjson").write_bytes(b'{"broken\n' + json.dumps(process(0, 2)).encode())
    result = converted([tmp_path / "logs"], tmp_path / "out.ndjson")

    assert len(lines(tmp_path / "out.ndjson")) == 2
    assert list(result.tally.problems.failed) == [str(tmp_path / "logs" / "b.evtx")]
    assert result.tally.problems.skipped == {"bad json": 1}
    assert (result.files, result.usable, result.interrupted) == (3, True, False)


def test_members_of_archives_are_named(tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        data = json.dumps(process(0, 1)).encode()
        info = tarfile.TarInfo("folder/a.json")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    (tmp_path / "a.tar").write_bytes(out.getvalue())
    converted([tmp_path / "a.tar"], tmp_path / "out.ndjson")

    assert lines(tmp_path / "out.ndjson")[0]["comtrap"]["origin"]["member"] == "folder/a.json"


SHARED = (
    "attack/evtx-to-mitre-attack/ID4103,4104-DCOMexec native via PowerShell.evtx",
    "attack/evtx-attack-samples/PanacheSysmon_vs_AtomicRedTeam01.evtx",
    "attack/security-datasets/psh_cmstp_execution_bypassuac.zip",
    "endpoint_samples",
)


@pytest.mark.shared
@pytest.mark.skipif(not CAPTURES.exists(), reason="the captures are not beside the checkout")
@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("form", FORMATS)
def test_captures_give_the_same_alerts(tmp_path, name, form):
    rules, _ = load([locate(DEFAULT)])
    rules = [*rules, rule('any where event.code in ("1", "4103", "4104") or event.kind == "event"', 7)]
    converted([CAPTURES / name], tmp_path / "out", form)
    found = told([tmp_path / "out"], rules)

    assert found == told([CAPTURES / name], rules)
    assert found
