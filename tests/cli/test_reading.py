"""The options that say how inputs are read, through to what a run says."""

from __future__ import annotations

import json

import pytest
from tests.sources.evtx.test_checksums import changed
from tests.sources.evtx.test_slack import NEW, OLD, over
from tests.sources.evtx_builder import file

from comtrap.cli.main import main


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.evtx"
    path.write_bytes(changed(4096 + 16, file(over(NEW, OLD), NEW)))
    return str(path)


@pytest.fixture
def told(tmp_path, log, capsys):
    """What a query for the image of every process start says of the log: the origins of hits, and its numbers."""

    def asked(*options):
        stats = tmp_path / "stats.json"
        eql = 'process where process.executable : "*.exe"'
        assert main(["query", eql, log, "--format", "ndjson", "--stats", str(stats), *options]) == 0
        hits = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [each["_source"]["comtrap"]["origin"] for each in hits], json.loads(stats.read_text())

    return asked


def test_by_default_neither_is_done(told):
    origins, stats = told("--jobs", "1")

    assert [(o.get("member"), o["position"]) for o in origins] == [(None, 0), (None, 1)]
    assert (stats["events"], stats["notes"]) == (2, {})


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_records_of_slack_space_are_hits_that_say_so(told, jobs):
    origins, stats = told("--slack", "--jobs", jobs)

    assert [(o.get("member"), o["position"]) for o in origins] == [(None, 0), (None, 1), ("[slack]", 0), ("[slack]", 1)]
    assert (stats["events"], stats["notes"]) == (4, {"slack record": 2})


def test_wrong_checksums_are_counted_and_cost_nothing(told):
    origins, stats = told("--verify")

    assert len(origins) == 2
    assert (stats["events"], stats["notes"], stats["skipped"]) == (2, {"bad checksum": 1}, {})


def test_convert_reads_slack_space_too(log, capsys):
    assert main(["convert", log, "--to", "ndjson", "--slack"]) == 0

    origins = [json.loads(line)["comtrap"]["origin"] for line in capsys.readouterr().out.splitlines()]
    assert [each.get("member") for each in origins] == [None, None, "[slack]", "[slack]"]


def test_scan_says_what_it_counted(log, capsys):
    assert main(["scan", log, "--slack", "--verify", "--jobs", "1"]) == 0

    assert "1 bad checksum, 2 slack record" in capsys.readouterr().err
