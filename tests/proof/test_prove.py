from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from tests.material import process, rule, write

from comtrap.lang.parse import parse
from comtrap.proof.junit import junit, problems
from comtrap.proof.promises import Capture, Promises
from comtrap.proof.prove import Check, promises_of, prove_attacks, prove_capture
from comtrap.rules.load import DEFAULT, load_rules, locate


@pytest.fixture(scope="module")
def pack():
    return load_rules(), promises_of(locate(DEFAULT))


def test_every_promise_of_the_pack_is_kept(pack):
    checks = list(prove_attacks(*pack))
    assert len(checks) == 40
    assert [(c.name, c.source, problems(c)) for c in checks if not c.kept] == []
    assert all(c.fired or c.reason for c in checks)


def test_a_rule_that_finds_nothing_any_more_breaks_a_promise(pack):
    rules, promises = pack
    query = "process where false"
    broken = [replace(r, text=query) if r.path.stem == "script_host_com_object" else r for r in rules]
    found = [c for c in prove_attacks(broken, promises) if not c.kept]
    assert {c.name for c in found} >= {"task", "shell-application", "wscript-shell"}
    assert all(c.silent == ("script_host_com_object",) for c in found)


def test_an_event_that_is_not_left_breaks_a_promise(pack):
    rules, promises = pack
    query = 'any where event.code == "9999"'
    signals = [replace(s, query=parse(query), written=query) for s in promises.signals if s.attack == "task"]
    checks = [c for c in prove_attacks(rules, replace(promises, signals=tuple(signals))) if c.name == "task"]
    assert all(c.missing and not c.present for c in checks)


def test_a_sensor_without_a_promise_is_wrong(pack):
    rules, promises = pack
    some = Promises(promises.signals, tuple(p for p in promises.promises if (p.attack, p.sensor) == ("task", "sysmon")))
    wrong = {c.source: c.wrong for c in prove_attacks(rules, some)}
    assert wrong.pop("sysmon") is None
    assert set(wrong.values()) == {"nothing is promised of this sensor"}


def test_captures_must_alert_and_may_have_to_be_quiet_otherwise(tmp_path):
    path = tmp_path / "a.ndjson"
    write(path, [process(0, 1)])
    rules = [rule(), rule("process where true", 2)]
    assert prove_capture(rules, Capture(path, ("rule_1",), quiet=False)).kept
    noisy = prove_capture(rules, Capture(path, ("rule_1",), quiet=True))
    assert noisy.wrong == "alerts that were not to be: rule_2"
    assert prove_capture(rules, Capture(path, ("rule_3",), quiet=False)).silent == ("rule_3",)
    assert not prove_capture(rules, Capture(tmp_path / "absent", (), quiet=False)).kept


def test_junit_tells_each_check_and_what_was_not_kept():
    checks = [
        Check("attack", "a", "sysmon"),
        Check("attack", "b", silent=("r",), missing=("\x00<x>",)),
        Check("sample", "c", wrong="w"),
    ]
    top = fromstring(junit(checks))
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in top] == [
        ("attack", "2", "1"),
        ("sample", "1", "1"),
    ]
    assert [f.text for f in top.iter("failure")] == ["r does not alert\nmissing: \ufffd<x>", "w"]
