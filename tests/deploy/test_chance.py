"""Faults and answers by chance: nothing is lost or made twice, and nothing but an error of ours is raised."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deploy.material import client, small
from tests.deploy.server import Fault, KibanaServer
from tests.material import rule

from comtrap.deploy.apply import apply
from comtrap.deploy.plan import plan
from comtrap.deploy.pull import pull
from comtrap.deploy.space import read_space
from comtrap.errors import DeployError
from comtrap.export.from_kibana import FoundList, exceptions_from, rule_from
from comtrap.export.kibana_rule import MARK, kibana_rule
from comtrap.export.target import NoFormError

HOW = ["reset", "lost", "garbage", 429, 500, 503, "half", "drop", "drop_quietly", "duplicate", "refuse"]
AT = ["", "GET", "POST", "PUT", "DELETE", "_import", "items", "exception_lists", "_find", "_bulk_action"]
FAULTS = st.builds(Fault, st.sampled_from(HOW), st.sampled_from(AT), st.integers(1, 6), st.integers(0, 8))
EDITS = st.lists(st.sampled_from(["rule", "item", "list", "copy", "gone"]), max_size=3)


def edit(server, what):
    if what == "rule" and server.rules:
        server.rules[0]["severity"] = "low"
    if what == "item" and server.items:
        server.items[0]["name"] = "Other"
    if what == "list" and server.lists:
        server.lists[0]["name"] = "Other"
    if what == "copy" and server.rules:
        server.save_rule(server.rules[-1])
    if what == "gone" and server.items:
        del server.items[-1]


@settings(max_examples=25)
@given(st.lists(st.tuples(EDITS, st.lists(FAULTS, max_size=4)), max_size=3))
def test_whatever_fails_nothing_is_lost_and_a_last_run_mends_it(runs):
    want = small()
    with KibanaServer() as server, client(server, retries=2) as kibana:
        seen = set()
        for edits, faults in runs:
            for what in edits:
                edit(server, what)
            server.faults = [Fault(f.how, f.at, f.times, f.after) for f in faults]
            with contextlib.suppress(DeployError):
                apply(kibana, want)
            there = {one["rule_id"] for one in server.rules}
            assert seen <= there
            seen = there
        server.faults = []

        assert apply(kibana, want).left == ()
        assert Counter(one["rule_id"] for one in server.rules) == Counter(one["rule_id"] for one in want.rules)
        assert plan(want, read_space(kibana, want)).pending == ()
        assert server.complaints == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SENT = kibana_rule(rule(number=1, note="x", highlighted=("a",)))
ANY_RULE = st.fixed_dictionaries({"id": st.just("1"), "rule_id": st.just(SENT["rule_id"])}, optional=dict.fromkeys(sorted({*SENT, "actions", "rule_source", "alert_suppression", "exceptions_list", "filters", "created_at", "immutable"} - {"rule_id"}), JSON))  # fmt: skip
LIKELY_RULE = st.dictionaries(st.sampled_from(sorted(SENT)), JSON, max_size=2).map(
    lambda odd: SENT | {"id": "1"} | odd | {"rule_id": SENT["rule_id"]}
)
ITEM = st.fixed_dictionaries({"id": st.just("1")}, optional=dict.fromkeys(("item_id", "name", "description", "entries", "tags", "expire_time", "os_types", "created_by", "comments", "_version"), JSON))  # fmt: skip


class Odd:
    """A Kibana whose objects are of any form."""

    def __init__(self, rules, items):
        self.rules, self.items = rules, items

    def read(self, path, **_):
        if path.endswith("rules/_find"):
            return {"total": len(self.rules), "data": self.rules}
        if path.endswith("items/_find"):
            return {"total": len(self.items), "data": self.items}
        if path.endswith("lists/_find"):
            return {"total": 0, "data": []}
        return small().lists[0] | {"id": "1"}

    get = read

    def send(self, *_, **__):
        return self.items

    def upload(self, *_, **__):
        return {"errors": self.items, "exceptions_errors": self.rules}

    def pause(self, _):
        pass


@settings(max_examples=150)
@given(st.lists(ANY_RULE | LIKELY_RULE, max_size=2), st.lists(ITEM, max_size=2))
def test_objects_of_any_form_are_planned_applied_and_pulled(rules, items):
    kibana = Odd(rules, items)
    for step in (lambda: list(map(str, plan(small(), read_space(kibana, small())).changes)), lambda: apply(kibana, small()),
                 lambda: pull(kibana, small())):  # fmt: skip
        with contextlib.suppress(DeployError):
            step()


@settings(max_examples=200)
@given(ANY_RULE | LIKELY_RULE, st.booleans())
def test_a_rule_of_any_form_is_a_file_or_has_none(found, known):
    local = rule(number=1) if known else None
    try:
        made, _ = rule_from(found, sorted(found), Path("a.toml"), local, MARK)
    except NoFormError:
        return
    kibana_rule(made)


@settings(max_examples=200)
@given(st.lists(ITEM, max_size=3), JSON, JSON)
def test_exceptions_of_any_form_are_a_file_or_are_named(items, name, tags):
    one = {"list_id": "a", "name": name, "description": name, "tags": tags}
    made, notes = exceptions_from([FoundList(one, tuple(items), (SENT["rule_id"], "odd"))], None, {}, Path("a.toml"))

    assert len(notes) + (len(made.items) if made else 0) == len(items)
