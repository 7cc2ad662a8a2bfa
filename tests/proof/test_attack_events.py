from __future__ import annotations

import pytest
from tests.material import event, process, rule_file, write

from comtrap.proof.attack_events import Place, captured, sampled, simulated
from comtrap.proof.promises import Capture
from comtrap.proof.prove import promises_of
from comtrap.rules.load import DEFAULT, load_rules, locate


@pytest.fixture
def rules(tmp_path):
    """One rule in a folder, with a sample of two hits."""
    (tmp_path / "rules").mkdir()
    rule_file(tmp_path / "rules" / "surrogate.toml")
    write(tmp_path / "samples" / "surrogate" / "sysmon.hit.ndjson", [process(0, 1), process(1, 2)])
    write(tmp_path / "samples" / "surrogate" / "sysmon.miss.ndjson", [process(0, 1, parent="explorer.exe")])
    return load_rules(tmp_path / "rules")


def test_the_hits_of_a_source_are_one_attack(rules):
    (attack,) = sampled(rules)
    assert (attack.kind, attack.name, attack.source) == ("sample", "surrogate", "sysmon")
    assert {place.position for place in attack.shown_by} == {0, 1}


def test_a_sample_made_for_single_clauses_is_no_attack(tmp_path, rules):
    write(tmp_path / "samples" / "surrogate" / "sysmon.clauses.hit.ndjson", [process(0, 1)])
    assert len(list(sampled(rules))) == 1


def test_a_capture_is_shown_by_what_the_rules_alert_on(tmp_path, rules):
    path = write(tmp_path / "a.ndjson", [process(0, 1, parent="explorer.exe"), process(1, 2)])
    attack = captured(rules, Capture(tmp_path / "a.ndjson", (), quiet=False))
    assert attack.shown_by == {Place(path, None, 1)}


def test_a_capture_is_shown_by_the_events_named(tmp_path, rules):
    path = write(tmp_path / "a.ndjson", [process(0, 1, parent="explorer.exe"), process(1, 2)])
    attack = captured(rules, Capture(tmp_path / "a.ndjson", (), quiet=False, events=(0,)))
    assert attack.shown_by == {Place(path, None, 0)}


def test_of_a_capture_without_alerts_nothing_is_known(tmp_path, rules):
    write(tmp_path / "a.ndjson", [event(3, 0, 1)])
    attack = captured(rules, Capture(tmp_path / "a.ndjson", (), quiet=False))
    assert attack.wrong == "no rule alerts, and no event is named"


def test_a_simulated_attack_is_shown_by_the_events_its_promises_name():
    promises = promises_of(locate(DEFAULT))
    hijack = next(a for a in simulated([], promises) if (a.name, a.source) == ("hijack", "winlogbeat"))
    named = [s for s in promises.signals if s.attack == "hijack" and "winlogbeat" in s.sensors]
    assert len(hijack.shown_by) >= len(named) == 4
