"""A query over files finds what Elasticsearch's answer over their documents would be."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from tests.material import event, process, script_block, write
from tests.scanning.asking import queried, searched
from tests.stopping import Stopping

from comtrap.scanning import fill
from comtrap.scanning.asked import Request, ask
from comtrap.scanning.query import query

ROOT = Path(__file__).parents[2]
CAPTURES = ROOT.parent / "shared" / "captures" / "attack"
DEMO = [str(path) for path in sorted((ROOT / "demo" / "recording").glob("*.gz"))]

QUERIES = [
    ('process where process.name : "cmd.exe"', {}),
    ('process where process.name : "cmd.exe"', {"position": "head", "size": 3}),
    ("any where true", {"size": 7}),
    ("any where true | head 20 | tail 3", {"size": 15}),
    ("process where true | tail 4", {"position": "head"}),
    ('registry where registry.path : "*CLSID*"', {"size": 1000}),
    ("process where process.pid > 2000 and process.args_count >= 2", {"size": 1000}),
    ("any where process.parent.name == null", {"size": 50}),
    ("sequence by host.id with maxspan=5s [process where true] [registry where true]", {"size": 1000}),
    (
        'sequence by process.entity_id with maxspan=1m [process where event.type == "start"] [any where true] | tail 5',
        {},
    ),
    (
        'sequence by user.name [process where true] with runs=3 until [process where process.name : "mmc.exe"]',
        {"size": 99},
    ),
    (
        "sequence by host.id with maxspan=2s [process where true] ![registry where true] [network where true]",
        {"size": 99},
    ),
    ("sequence with maxspan=1s [file where true] [library where true]", {"position": "head"}),
    ("sample by host.id [process where true] [registry where true]", {"samples_per_key": 3}),
    ('sample by process.name [process where event.type == "start"] [network where true]', {"size": 100}),
    ("any where event.code != null", {"tiebreaker_field": "process.pid", "size": 500}),
    ("any where true", {"tiebreaker_field": "winlog.record_id", "size": 300}),
    ("process where true", {"timestamp_field": "event.created", "size": 20}),
    ('start where process.name : "*"', {"category_field": "event.type", "size": 20}),
]


@pytest.mark.parametrize(("text", "request_"), QUERIES)
def test_the_demo_gives_what_a_search_gives(text, request_):
    found = queried(text, DEMO, **request_)

    assert found == searched(text, DEMO, **request_)
    assert found


@pytest.mark.shared
@pytest.mark.skipif(not CAPTURES.exists(), reason="shared material is absent")
@pytest.mark.parametrize(
    "capture",
    ["eqllib/sysmon-rta.json.gz", "evtx-attack-samples", "evtx-to-mitre-attack", "security-datasets/empire_uac_shellapi_fodhelper.zip"],
    ids=lambda capture: capture.partition("/")[0],
)  # fmt: skip
def test_captures_give_what_a_search_gives(capture):
    paths = [str(CAPTURES / capture)]
    found = 0
    for text, request in QUERIES[::3]:
        rows = queried(text, paths, **request)
        assert rows == searched(text, paths, **request), text
        found += len(rows)
    assert found


STARTS = 'process where event.code == "1"'


@pytest.fixture
def logs(tmp_path):
    """Two files: processes of one host, among them two of one time, and a script block in two parts."""
    first = write(tmp_path / "logs" / "a.ndjson", [process(n, n, "cmd.exe") for n in (3, 1, 2)])
    second = [process(2, 9, "mmc.exe"), script_block(4, 10, "whoami;", 1, 2), script_block(5, 11, "exit", 2, 2)]
    return [first, write(tmp_path / "logs" / "b.ndjson", second)]


def events(answer):
    return [e for row in answer.rows() for e in row.events]


def answered(text, paths, jobs=1, **request):
    with query(ask(text, Request(**request)), paths, jobs=jobs) as answer:
        return answer, events(answer)


def test_an_event_says_what_it_is_and_where_it_came_from(logs):
    _, (found,) = answered('process where process.name : "mmc.exe"', logs)

    source = found["_source"]
    assert found["_index"] == "logs-windows.sysmon_operational-default"
    assert re.fullmatch("[0-9a-f]{64}", found["_id"])
    assert source["comtrap"]["origin"] == {"path": logs[1], "position": 0}
    assert (source["process"]["name"], source["event"]["category"]) == ("mmc.exe", ["process"])
    assert not [name for name in source if name.startswith("_")]


def test_an_id_is_the_same_wherever_the_file_is(logs, tmp_path):
    elsewhere = tmp_path / "c.zip"
    with zipfile.ZipFile(elsewhere, "w") as packed:
        packed.write(logs[1], "deep/b.ndjson")
    _, (one,) = answered('process where process.name : "mmc.exe"', logs)
    _, (other,) = answered('process where process.name : "mmc.exe"', [str(elsewhere)])

    assert one["_id"] == other["_id"]
    assert other["_source"]["comtrap"]["origin"] == {"path": str(elsewhere), "member": "deep/b.ndjson", "position": 0}


def test_events_of_one_time_are_in_the_order_of_their_files(logs):
    found = queried(STARTS, logs)

    assert [number for _, (number,) in found] == [1, 2, 1 << 40, 0]


def test_a_query_that_asks_for_whole_script_blocks_gets_them(logs):
    _, (found,) = answered('any where comtrap.powershell.script_block_text : "whoami;exit"', logs)

    assert found["_source"]["comtrap"]["powershell"]["script_block_text"] == "whoami;exit"
    assert found["_source"]["comtrap"]["origin"] == {"path": logs[1], "position": 1}


@pytest.mark.parametrize(("size", "position"), [(0, "tail"), (2, "head"), (3, "tail"), (99, "head")])
def test_no_more_than_the_size_is_kept(logs, size, position):
    answer, found = answered(STARTS, logs, size=size, position=position)

    assert len(answer) == len(found) == min(size, 4)
    assert answer.counts[0, 0] == 4


def test_a_condition_that_fails_is_counted_and_false(logs):
    answer, found = answered('process where number(process.name) == 1 or process.name : "mmc.exe"', logs)

    assert len(found) == 1
    assert answer.failures == 4


def test_optional_fields_that_are_in_no_schema_are_null(logs):
    asked = ask('process where ?no.such == null and ?process.name : "mmc*"', Request())

    assert asked.unmapped == ("no.such",)
    assert len(queried('process where ?no.such == null and ?process.name : "mmc*"', logs)) == 1


def test_standard_input_is_an_input(logs, monkeypatch):
    with Path(logs[0]).open("rb") as file:
        monkeypatch.setattr("sys.stdin", file)
        answer, found = answered(STARTS, ["-", logs[1]])

    assert [e["_source"]["comtrap"]["origin"]["path"] for e in found] == ["-", "-", logs[1], "-"]
    assert answer.witnesses


def test_events_without_a_time_of_their_own_field_are_left_out(tmp_path):
    path = write(
        tmp_path / "a.ndjson",
        [{"event": {"category": "x", "created": "2026-01-01"}, "host": {"name": "h"}}, {"event": {"category": "x"}}],
    )

    assert len(queried("x where true", [path], timestamp_field="event.created")) == 1
    assert len(queried("x where true", [path])) == 2


def test_the_numbers_of_a_run_are_told(logs, tmp_path):
    answer, _ = answered(
        'sequence by host.id [process where process.name : "mmc.exe"] [any where event.code == "4104"]',
        [*logs, str(tmp_path / "none.evtx")],
    )

    stats = answer.stats
    assert (stats["files"], stats["events"], stats["stages"], stats["found"]) == (3, 6, [1, 2], 1)
    assert list(stats["failed"]) == [str(tmp_path / "none.evtx")]
    assert (answer.interrupted, answer.tally.usable(answer.inputs)) == (False, True)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("process where true", {"size": 7}),
        ("process where true", {"size": 7, "position": "head"}),
        ("process where true", {"size": 50, "tiebreaker_field": "process.executable"}),
        ("sequence by process.entity_id with maxspan=9s [process where true] [registry where true]", {"size": 1000}),
    ],
)
def test_the_answer_is_the_same_for_any_number_of_jobs(tmp_path, monkeypatch, text, request_):
    monkeypatch.setattr(fill, "SHARED_BYTES", 1)
    paths = [
        write(
            tmp_path / f"{n}.ndjson",
            [process(s, n * 100 + s) for s in range(40)] + [event(13, 41, 90, TargetObject="x")],
        )
        for n in range(4)
    ]
    alone, one = answered(text, paths, 1, **request_)
    shared, two = answered(text, paths, 2, **request_)

    assert one == two
    assert (alone.counts, alone.tally.read) == (shared.counts, shared.tally.read)


def test_an_interrupted_run_gives_what_it_found(logs):
    stop = Stopping(lambda progress: progress.path == logs[1])

    with query(ask("process where true", Request()), logs, progress=stop) as answer:
        assert answer.interrupted
        assert len(events(answer)) == 3
