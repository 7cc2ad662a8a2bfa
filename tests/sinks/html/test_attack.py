from __future__ import annotations

from tests.material import process, rule, write

from comtrap.rules.attack import technique
from comtrap.rules.rule import Severity
from comtrap.scan import scan
from comtrap.sinks.html.attack import tactics

PERSISTENCE, EXECUTION = technique("T1546.015"), technique("T1559.001")


def found(tmp_path, *rules):
    result = scan([write(tmp_path / "a.ndjson", [process(0, 1), process(1, 2)])], rules)
    return tactics(list(result.alerts), result.summary([]), [EXECUTION])


def test_tactics_come_in_the_order_of_an_attack(tmp_path):
    shown = found(tmp_path, rule(techniques=(PERSISTENCE,)), rule(number=2, techniques=(EXECUTION,)))
    assert [tactic.name for tactic in shown] == ["Execution", "Persistence"]


def test_a_technique_found_has_its_count_and_the_worst_severity(tmp_path):
    rules = rule(severity=Severity.LOW), rule(number=2, severity=Severity.CRITICAL)
    (execution,) = found(tmp_path, *rules)
    assert [(t.id, t.count, t.severity, t.place) for t in execution.techniques] == [
        ("T1559.001", 4, Severity.CRITICAL, 0)
    ]


def test_a_technique_looked_for_in_vain_has_no_alerts(tmp_path):
    (persistence,) = found(tmp_path, rule('process where process.name : "no"', techniques=(PERSISTENCE,)))
    assert [(t.count, t.severity) for t in persistence.techniques] == [(0, None)]
