from __future__ import annotations

import io
import json

from tests.material import process, rule, write

from comtrap.rules.rule import Severity
from comtrap.scan import scan
from comtrap.sinks.navigator import COLOURS, Sink


def layer(tmp_path, *rules):
    path = write(tmp_path / "a.ndjson", [process(1, 1), process(2, 2)])
    out = io.StringIO()
    with Sink(out) as sink:
        for alert in scan([path], rules).alerts:
            sink.write(alert)
    return json.loads(out.getvalue())


def test_a_technique_scores_its_alerts_in_the_colour_of_the_worst(tmp_path):
    low = rule("process where true", 1, severity=Severity.LOW)
    critical = rule('process where process.name == "cmd.exe"', 2, severity=Severity.CRITICAL)
    (found,) = layer(tmp_path, low, critical)["techniques"]
    assert (found["techniqueID"], found["tactic"], found["score"]) == ("T1559.001", "execution", 4)
    assert found["color"] == COLOURS[Severity.CRITICAL]
    assert sorted(found["comment"].split("; ")) == ["Rule 1: 2", "Rule 2: 2"]


def test_no_alerts_are_a_layer_without_techniques(tmp_path):
    assert layer(tmp_path, rule("process where false"))["techniques"] == []
