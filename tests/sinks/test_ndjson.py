from __future__ import annotations

import io
import json

from tests.material import process, rule, write

from comtrap.scan import scan
from comtrap.sinks.ndjson import Sink

SEQUENCE = (
    'sequence by host.id with maxspan=1m [process where process.name : "f.exe"] [process where process.name : "s.exe"]'
)


def lines(tmp_path, *rules, **options):
    path = write(tmp_path / "a.ndjson", [process(1, 1, "f.exe"), process(2, 2, "s.exe")])
    out = io.StringIO()
    with Sink(out, **options) as sink:
        for alert in scan([path], rules).alerts:
            sink.write(alert)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_alert_is_one_line(tmp_path):
    assert [e["stage"] for (made,) in [lines(tmp_path, rule(SEQUENCE))] for e in made["comtrap.evidence"]] == [0, 1]


def test_building_blocks_come_before_their_sequence_if_asked_for(tmp_path):
    made = lines(tmp_path, rule(SEQUENCE), blocks=True)
    assert [line.get("kibana.alert.group.index") for line in made] == [0, 1, None]


def test_no_alerts_are_no_lines(tmp_path):
    assert lines(tmp_path, rule("process where false")) == []
