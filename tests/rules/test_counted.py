"""What exceptions take away, counted."""

from __future__ import annotations

import pytest
from tests.material import process, rule, write
from tests.proof.test_lint import EXCEPTION

from comtrap.rules.exception_file import load_exceptions
from comtrap.scan import scan
from comtrap.scanning import fill as filling

RULE = str(rule().id)
STARTS = 'process where process.name : "*.exe"'


@pytest.fixture
def excepted(tmp_path):
    """Scans events with an exception for agent.exe; gives what it took away, by rule, and the result."""

    def scanned(events, rules, exception=EXCEPTION, **options):
        (tmp_path / "agent.toml").write_text(exception)
        (lists, wrong) = load_exceptions([tmp_path / "agent.toml"])
        assert not wrong
        paths = [write(tmp_path / f"{n}.ndjson", [event]) for n, event in enumerate(events)]
        result = scan(paths, rules, exceptions=lists[0].items, **options)
        return result.stats["exceptions"], result

    return scanned


EVENTS = [process(0, 1, "agent.exe"), process(1, 2, "cmd.exe"), process(2, 3, "agent.exe")]


def test_each_event_a_rule_does_not_see_is_counted(excepted):
    told, result = excepted(EVENTS, [rule(STARTS)])
    assert told == {"agent/starts": {RULE: 2}}
    assert len(result.alerts) == 1


def test_several_processes_count_the_same(excepted, monkeypatch):
    monkeypatch.setattr(filling, "SHARED_BYTES", 1)
    assert excepted(EVENTS, [rule(STARTS)], jobs=2)[0] == {"agent/starts": {RULE: 2}}


def test_an_exception_that_takes_nothing_away_is_there_with_nothing(excepted):
    assert excepted(EVENTS[1:2], [rule(STARTS)])[0] == {"agent/starts": {}}


def test_an_exception_for_a_rule_that_does_not_run_takes_nothing_away(excepted):
    told, result = excepted(EVENTS, [rule(STARTS, 2)])
    assert told == {"agent/starts": {}}
    assert len(result.alerts) == 3


def test_events_that_the_rule_would_not_have_seen_are_not_counted(excepted):
    told, _ = excepted(EVENTS, [rule('process where process.name : "*.exe" and process.name : "cmd*"')])
    assert told == {"agent/starts": {}}


def test_an_event_of_two_stages_counts_once(excepted):
    sequence = 'sequence [process where process.name : "*"] [process where process.name : "*.exe"]'
    assert excepted(EVENTS, [rule(sequence)])[0] == {"agent/starts": {RULE: 2}}


def test_what_fails_on_events_that_are_only_counted_is_no_failure_of_a_rule(excepted):
    failing = 'process where process.name : "*.exe" and number(process.command_line) == 1'
    _, result = excepted([process(0, 1, "agent.exe", CommandLine="x")], [rule(failing)])
    assert set(result.failures) <= {RULE}


def test_an_exception_of_another_field_reads_it(excepted):
    """The rule alone would not have it read."""
    by_user = EXCEPTION.replace("process.name", "user.name").replace("agent.exe", "agent")
    events = [process(0, 1, "a.exe", User="EXAMPLE\\agent"), process(1, 2, "b.exe", User="EXAMPLE\\other")]
    assert excepted(events, [rule(STARTS)], by_user)[0] == {"agent/starts": {RULE: 1}}
