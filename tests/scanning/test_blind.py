from __future__ import annotations

import pytest
from tests.material import event, process, rule, script_block, write

from comtrap.scan import scan

START = 'process where event.type == "start"'
LOAD = 'library where dll.name : "cmlua.dll"'


def needs(tmp_path, *events, rules, jobs=1):
    result = scan([write(tmp_path / "a.ndjson", events)], rules, jobs=jobs)
    return {str(rule.name): what for rule, what in result.blind}


def test_a_rule_whose_events_are_there_is_not_blind_though_it_finds_nothing(tmp_path):
    assert needs(tmp_path, process(0, 1), rules=[rule('process where process.name : "no.exe"')]) == {}


def test_a_rule_of_another_category_is_blind(tmp_path):
    loads = rule(LOAD, sources=("sysmon", "endpoint"))
    assert needs(tmp_path, process(0, 1), rules=[loads]) == {"Rule 1": "library events of sysmon or endpoint"}


def test_an_event_of_the_category_opens_its_eyes(tmp_path):
    loaded = event(7, 0, 1, Image="C:\\a.exe", ImageLoaded="C:\\b.dll", ProcessId="5")
    assert needs(tmp_path, loaded, rules=[rule(LOAD)]) == {}


def test_a_rule_of_a_source_that_is_not_there_needs_it(tmp_path):
    scripts = rule('any where powershell.file.script_block_text : "x*"', sources=("powershell",))
    assert needs(tmp_path, process(0, 1), rules=[scripts]) == {"Rule 1": "powershell events"}
    assert needs(tmp_path, script_block(0, 1, "abc"), rules=[scripts]) == {}


def test_a_rule_of_an_index_that_is_not_there_is_blind(tmp_path):
    elsewhere = rule(START, index=("logs-endpoint.events.process-*",), sources=("endpoint",))
    assert needs(tmp_path, process(0, 1), rules=[elsewhere]) == {"Rule 1": "endpoint events"}


def test_a_sequence_needs_each_of_its_stages(tmp_path):
    both = rule(f"sequence by host.id [{START}] [{LOAD}]")
    assert needs(tmp_path, process(0, 1), rules=[both]) == {"Rule 1": "library events of sysmon"}


@pytest.mark.parametrize("more", [f"until [{LOAD}]", ""])
def test_what_may_be_missing_is_not_needed(tmp_path, more):
    stages = f"[{START}] [{START}] {more}" if more else f"[{START}] ![{LOAD}] [{START}]"
    span = "" if more else "with maxspan=1m "
    assert needs(tmp_path, process(0, 1), rules=[rule(f"sequence by host.id {span}{stages}")]) == {}


def test_without_events_every_rule_is_blind(tmp_path):
    assert needs(tmp_path, rules=[rule(START), rule(LOAD, 2)]) == {"Rule 1": "sysmon events", "Rule 2": "sysmon events"}


def test_any_number_of_processes_sees_the_same(tmp_path):
    events = [process(n, n) for n in range(1, 50)]
    rules = [rule(START), rule(LOAD, 2)]
    assert needs(tmp_path, *events, rules=rules, jobs=2) == needs(tmp_path, *events, rules=rules)
