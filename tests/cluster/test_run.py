"""The run on a real Spark: in one process here, and on a cluster of a master and two workers on loopback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from tests.cluster.spark import free_port, session, spark, standalone
from tests.material import process, rule, rule_file, script_block, write
from tests.sources.evtx_builder import chunk, event, file

from comtrap import sinks
from comtrap.cluster.run import Bounds, scan_on
from comtrap.errors import SourceError
from comtrap.match.streamed import Room
from comtrap.registry import load
from comtrap.rules.exceptions import Entry, ExceptionItem
from comtrap.rules.suppression import Suppression
from comtrap.scan import scan
from comtrap.sinks.summary import Summarised

SEQUENCE = (
    'sequence by host.id with maxspan=20s [process where process.name : "a.exe"] [process where process.name : "b.exe"]'
)
STEPS = '[process where process.name : "a.exe"] [process where process.name : "b.exe"]'
RULES = {
    "a single event": 'process where process.name : "a.exe"',
    "the first of single events": 'process where process.name : "b.exe" | head 3',
    "the last of single events": 'process where process.name : "b.exe" | tail 3',
    "a sequence": f"sequence by host.id with maxspan=20s {STEPS}",
    "a sequence without maxspan": f"sequence by host.id {STEPS}",
    "a sequence that something ends": f'sequence by host.id with maxspan=60s {STEPS} until [process where process.name : "c.exe"]',
    "the last of sequences": f"sequence by host.id with maxspan=20s {STEPS} | tail 2",
    "a sequence with a missing event": (
        'sequence by host.id with maxspan=15s [process where process.name : "a.exe"] ![process where process.name : "c.exe"]'
    ),
    "a missing event before": (
        'sequence by host.id with maxspan=9s ![process where process.name : "c.exe"] [process where process.name : "a.exe"]'
    ),
    "a sample": 'sample by host.id [process where process.name : "a.exe"] [process where process.name : "c.exe"]',
    "parts of a script": 'any where comtrap.powershell.script_block_text : "*needle*"',
    "an exception": 'process where process.name : "c.exe"',
    "what was suppressed": 'process where process.name : ("a.exe", "c.exe")',
}
SUPPRESSED = list(RULES).index("what was suppressed") + 1
EXCEPTED = list(RULES).index("an exception") + 1
PIECES = Bounds(piece_bytes=8_000, room=Room(20, 100_000))
"""Files in pieces, and few hits at once."""


def rules():
    return [
        rule(text, n, name=name, suppression=Suppression(("host.name",)) if n == SUPPRESSED else None)
        for n, (name, text) in enumerate(RULES.items(), 1)
    ]


def but_one_host():
    """An exception for the rule of that name."""
    entries = (Entry("host.name", "match", values=("h1",)),)
    expires = datetime(2100, 1, 1, tzinfo=UTC)
    return ExceptionItem(
        "list", "one", "One host", (UUID(int=EXCEPTED),), entries, "o", "r", "t", expires, Path("x.toml")
    )


def some_logs(folder):
    """Files whose events make sequences with each other's, an event log among them, and a script whose parts are far apart."""
    names = ["a.exe", "b.exe", "c.exe"]
    for number in range(3):
        events = [process(n * 4 + number, n * 4 + number, names[(n + number) % 3], host=f"h{n % 3}") for n in range(60)]
        if number == 1:
            events.insert(2, script_block(3, 901, "nee", 1, 2))
            events.insert(50, script_block(50, 902, "dle", 2, 2))
        write(folder / f"{number}.ndjson", events)
    recorded = [event(1, n, Image=f"C:\\{names[n % 3]}", ProcessGuid=f"{{{n}}}") for n in range(30)]
    (folder / "log.evtx").write_bytes(file(chunk(recorded[:15]), chunk(recorded[15:], 16)))
    return str(folder)


def told(alerts):
    return [(a.id, a.key, a.count, a.evidence, a.why, a.suppressed) for a in alerts]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Spark in this process, for all tests of the module."""
    with session(tmp_path_factory.mktemp("poison")) as made:
        yield made


@pytest.fixture(scope="module")
def both(request, tmp_path_factory):
    """What one machine finds, and what Spark finds with files in pieces."""
    request.getfixturevalue("running")
    folder = some_logs(tmp_path_factory.mktemp("logs"))
    more = {"exceptions": [but_one_host()]}
    return scan([folder], rules(), **more), scan_on("local[2]", [folder], rules(), **more, bounds=PIECES)


@spark
@pytest.mark.parametrize("name", RULES)
def test_the_alerts_of_each_kind_of_rule_are_those_of_one_machine(both, name):
    here, there = ([a for a in result.alerts if a.rule.name == name] for result in both)
    assert here
    assert told(there) == told(here)


@spark
def test_an_exception_and_suppression_left_something_out(both):
    here, there = both
    assert all(e.host != "h1" for a in there.alerts if a.rule.name == "an exception" for e in a.evidence)
    assert there.alerts.suppressed == here.alerts.suppressed > 0


@spark
def test_what_was_counted_is_the_same(both):
    here, there = (result.stats for result in both)
    assert {n: v for n, v in here.items() if n != "seconds"} == {n: v for n, v in there.items() if n != "seconds"}


@spark
@pytest.mark.parametrize("name", ["console", "ndjson", "csv", "timesketch", "html", "navigator", "line"])
def test_each_output_gets_the_same(both, name):
    def written(result):
        out = io.StringIO()
        with load(sinks, name, "Sink").Sink(out) as sink:
            for alert in result.alerts:
                sink.write(alert)
            if isinstance(sink, Summarised):
                sink.finish(result.summary(["logs"]))
        return out.getvalue()

    here, there = map(written, both)
    assert there == here


@spark
def test_so_does_parquet(both, tmp_path):
    tables = []
    for number, result in enumerate(both):
        path = tmp_path / f"{number}.parquet"
        with path.open("w", encoding="utf-8") as out, load(sinks, "parquet", "Sink").Sink(out) as sink:
            for alert in result.alerts:
                sink.write(alert)
        tables.append(pq.read_table(path))
    assert tables[0].num_rows == len(both[0].alerts)
    assert tables[1].equals(tables[0])


@spark
@pytest.mark.usefixtures("both")
def test_a_session_that_was_there_is_still_there(running):
    assert running.range(3).count() == 3


@spark
@pytest.mark.usefixtures("running")
def test_a_host_with_half_of_all_events_is_matched_with_little_held(tmp_path):
    names = ["a.exe", "b.exe"]
    events = [process(n, n, names[n % 2], host="big" if n % 2 else f"h{n % 7}") for n in range(600)]
    events += [process(n + 0.5, 1_000 + n, names[n // 2 % 2], host="big") for n in range(600)]
    path = write(tmp_path / "a.ndjson", events)
    some = [rule(RULES["a sequence"], 1), rule(RULES["a missing event before"], 2)]
    found = scan_on("local[2]", [path], some, bounds=Bounds(piece_bytes=30_000, room=Room(50, 200)))
    assert told(found.alerts) == told(scan([path], some).alerts)
    assert len(found.alerts) > 200


@spark
@pytest.mark.usefixtures("running")
def test_a_key_with_more_hits_than_can_be_held_ends_the_run_with_what_to_do(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n / 1000, n, "a.exe") for n in range(3_000)])
    with pytest.raises(
        SourceError, match=r"000000000001 has 3,000 hits that share a key.* 2,000 can be held: narrow its"
    ):
        scan_on("local[2]", [path], [rule(RULES["a sequence"], 1)], bounds=Bounds(room=Room(100, 2_000)))


@spark
@pytest.mark.usefixtures("running")
def test_a_file_that_ends_its_reader_is_told_and_the_rest_is_read(tmp_path):
    for name in ("a", "dies", "z"):
        write(tmp_path / f"{name}.ndjson", [process(1, ord(name[0]), "a.exe")])
    found = scan_on("local[2]", [str(tmp_path)], [rule(RULES["a single event"], 1)])
    assert [Path(a.evidence[0].path).stem for a in found.alerts] == ["a", "z"]
    ((path, why),) = found.tally.problems.failed.items()
    assert Path(path).stem == "dies"
    assert "the process that read it ended" in why
    assert found.files == 3


@spark
@pytest.mark.slow
@pytest.mark.usefixtures("running")
def test_so_is_one_that_never_comes_to_an_end(tmp_path):
    for name in ("a", "hangs", "z"):
        write(tmp_path / f"{name}.ndjson", [process(1, ord(name[0]), "a.exe")])
    found = scan_on("local[2]", [str(tmp_path)], [rule(RULES["a single event"], 1)], bounds=Bounds(patience_s=20))
    assert [Path(a.evidence[0].path).stem for a in found.alerts] == ["a", "z"]
    assert [Path(path).stem for path in found.tally.problems.failed] == ["hangs"]


def scanned(*arguments):
    """Exit code, and the alerts as text, of a scan in a process of its own."""
    command = [sys.executable, "-m", "comtrap", "scan", *map(str, arguments), "--format", "ndjson", "--quiet"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=570, check=False)
    return found.returncode, found.stdout, found.stderr


@pytest.fixture
def some(tmp_path):
    """A folder of files whose events make sequences with each other's, and rules."""
    names = ["a.exe", "b.exe", "c.exe"]
    for number in range(4):
        events = [process(n * 4 + number, n * 4 + number, names[(n + number) % 3], host=f"h{n % 3}") for n in range(40)]
        write(tmp_path / "logs" / f"{number}.ndjson", events)
    (tmp_path / "rules").mkdir()
    rule_file(tmp_path / "rules" / "one.toml", 'process where process.name : "c.exe"', 1)
    rule_file(tmp_path / "rules" / "two.toml", SEQUENCE, 2)
    return [tmp_path / "logs", "--rules", tmp_path / "rules"]


@spark
def test_the_alerts_are_those_of_one_machine_to_the_byte(some):
    code, out, err = scanned(*some, "--cluster", "local[2]")
    assert (code, err) == (0, "") or code == 0
    assert out == scanned(*some)[1]
    assert len({json.loads(line)["kibana.alert.rule.name"] for line in out.splitlines()}) == 2


@spark
@pytest.mark.parametrize("port", [f":{free_port()}", ":nonsense"], ids=["nobody", "no port"])
def test_a_connect_server_that_is_not_there_is_told_at_once(tmp_path, port):
    code, _, err = scanned(write(tmp_path / "a.ndjson", [process(1, 1)]), "--cluster", f"sc://127.0.0.1{port}")
    assert code == 3
    assert f"sc://127.0.0.1{port} cannot be reached: " in err


def test_standard_input_is_refused():
    code, _, err = scanned("-", "--cluster", "local[1]")
    assert code == 3
    assert "standard input is on this machine only" in err


def test_without_spark_it_says_what_to_install(tmp_path):
    (tmp_path / "pyspark.py").write_text("raise ImportError")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "comtrap", "scan", str(tmp_path), "--cluster", "local[1]"]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert found.returncode == 3
    assert "pip install 'comtrap[spark]'" in found.stderr


@spark
@pytest.mark.slow
def test_on_a_cluster_the_alerts_are_the_same_also_of_paths_that_start_from_this_folder(some, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    some[0] = "logs"
    with standalone(tmp_path) as (url, _):
        code, out, err = scanned(*some, "--cluster", url)
    assert code == 0, err[-2000:]
    assert out == scanned(*some)[1]
    assert out
