"""Hunting queries: each runs, in Elastic as well as here, and says what to look for."""

from __future__ import annotations

import tomllib

import pytest
from tests.packs.running import PACK

from comtrap.check.check import check
from comtrap.check.typed import EventQuery
from comtrap.lang.parse import parse
from comtrap.plan.build import build, query_plan
from comtrap.proof.run import fired
from comtrap.rules.attack import technique
from comtrap.rules.load import load_rules
from comtrap.schema.telemetry import telemetry

HUNTS = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((PACK / "hunts").glob("*.toml"))}
SOURCES = {"sysmon", "endpoint", "security", "powershell", "system", "taskscheduler"}

# A sample of a rule that the hunt must come across.
SEEN = {
    "surrogate_children": "com_surrogate_child/sysmon.hit.ndjson",
    "user_class_registrations": "com_hijack_user_server/sysmon.hit.ndjson",
    "treat_as": "com_hijack_redirect/sysmon.hit.ndjson",
    "typelib_monikers": "typelib_hijack/sysmon.hit.ndjson",
    "powershell_com": "powershell_com_execution/powershell.hit.ndjson",
}


def plan(hunt):
    text = hunt["query"]
    return build([query_plan("hunt", check(parse(text), telemetry(), text))])


@pytest.mark.parametrize("hunt", HUNTS.values(), ids=HUNTS)
def test_a_hunt_says_what_it_is_and_what_to_look_for(hunt):
    assert set(hunt) == {"title", "sources", "techniques", "behaviours", "look_for", "query"}
    assert set(hunt["sources"]) <= SOURCES
    assert all(technique(name) for name in hunt["techniques"])
    assert len(hunt["look_for"].split()) > 15


@pytest.mark.parametrize("hunt", HUNTS.values(), ids=HUNTS)
def test_a_hunt_asks_for_fields_that_elastic_has(hunt):
    assert not any(name.startswith("comtrap.") for name in plan(hunt).columns)


@pytest.mark.parametrize("name", SEEN)
def test_a_hunt_comes_across_what_it_is_for(name):
    assert fired(plan(HUNTS[name]), PACK / "samples" / SEEN[name])


@pytest.mark.parametrize("hunt", HUNTS.values(), ids=HUNTS)
def test_a_hunt_goes_on_from_behaviours_that_rules_have(hunt):
    assert set(hunt["behaviours"]) <= {rule.behaviour for rule in load_rules()}


def test_most_hunts_are_about_single_events():
    kinds = [check(parse(h["query"]), telemetry(), h["query"]).body for h in HUNTS.values()]
    assert sum(isinstance(kind, EventQuery) for kind in kinds) >= len(kinds) - 2
