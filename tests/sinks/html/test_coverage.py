from __future__ import annotations

from tests.material import rule

from comtrap.sinks.html.coverage import ROWS, blind, sources, troubles
from comtrap.sinks.summary import Summary

RULES = (rule(sources=("sysmon",)), rule(number=2, sources=("endpoint", "sysmon")))


def test_sources_there_come_first_and_missing_ones_are_told():
    found = sources(Summary(sources={"other": 3, "sysmon": 9}, rules=RULES))
    assert [(s.name, s.events, s.rules) for s in found] == [("sysmon", 9, 2), ("other", 3, 0), ("endpoint", 0, 1)]


def test_blind_rules_are_in_the_order_of_what_they_need():
    told = blind(Summary(rules=RULES, blind=((RULES[0], "b"), (RULES[1], "a"))))
    assert told == [("Rule 2", "a"), ("Rule 1", "b")]


def test_inputs_that_failed_are_named_with_the_reason():
    (told,) = troubles(Summary(failed={"x\u202e.evtx": "no such file"}))
    assert told == ("1 input could not be read", ["x\\u{202e}.evtx: no such file"])


def test_of_many_failures_the_rest_is_counted():
    ((title, rows),) = troubles(Summary(failed={f"{n:04}": "why" for n in range(ROWS + 5)}))
    assert (title, len(rows), rows[-1]) == (f"{ROWS + 5} inputs could not be read", ROWS + 1, "… 5 more")


def test_conditions_that_failed_are_told_by_the_rules_name():
    failures = {str(RULES[0].id): 7}
    ((title, rows),) = troubles(Summary(rules=RULES, failures=failures))
    assert (title.startswith("1 rule failed on events"), rows) == (True, ["Rule 1: 7 events"])


def test_without_a_summary_there_is_nothing_to_tell():
    assert (sources(None), blind(None), troubles(None)) == ([], [], [])


def test_what_exceptions_took_away_is_said_by_rule():
    taken = {"a/one": {str(RULES[0].id): 1_200, str(RULES[1].id): 1}, "a/two": {}}
    ((title, rows),) = troubles(Summary(rules=RULES, exceptions=taken))
    assert title == "2 exceptions applied"
    assert rows == [f"a/one: 1,201 events (1,200 of {RULES[0].name}, 1 of {RULES[1].name})", "a/two: no event"]


def test_suppressed_alerts_are_said_by_rule():
    ((title, rows),) = troubles(Summary(rules=RULES, suppressed={str(RULES[0].id): 3}))
    assert title == "1 rule had alerts suppressed, as others stand for them"
    assert rows == [f"{RULES[0].name}: 3 alerts"]
