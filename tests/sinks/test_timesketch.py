from __future__ import annotations

import io
import json

from tests.material import process, rule, write

from comtrap.scan import scan
from comtrap.sinks.timesketch import Sink

SEQUENCE = (
    'sequence by host.id with maxspan=1m [process where process.name : "f.exe"] [process where process.name : "s.exe"]'
)


def lines(tmp_path, query, *events):
    out = io.StringIO()
    with Sink(out) as sink:
        for alert in scan([write(tmp_path / "a.ndjson", events)], [rule(query)]).alerts:
            sink.write(alert)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_has_what_timesketch_requires(tmp_path):
    (line,) = lines(tmp_path, "process where true", process(1, 1))
    assert line["message"] == "[high] Rule 1: cmd.exe /c whoami"
    assert (line["datetime"], line["timestamp_desc"]) == ("2026-01-05T08:00:01.000+00:00", "Event logged")
    assert line["timestamp"] == 1_767_600_001_000_000
    assert line["tag"] == ["high", "T1559.001"]


def test_each_event_of_a_sequence_has_its_own_line_and_time(tmp_path):
    found = lines(tmp_path, SEQUENCE, process(1, 1, "f.exe"), process(2, 2, "s.exe"))
    assert [line["datetime"][17:19] for line in found] == ["01", "02"]
    assert [line["message"] for line in found] == [
        "[high] Rule 1 (1 of 2): f.exe /c whoami",
        "[high] Rule 1 (2 of 2): s.exe /c whoami",
    ]


def test_what_is_not_known_is_left_out(tmp_path):
    (line,) = lines(tmp_path, "process where true", process(1, 1))
    assert None not in line.values()


def test_no_alerts_are_no_lines(tmp_path):
    assert lines(tmp_path, "process where false", process(1, 1)) == []
