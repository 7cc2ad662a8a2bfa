from __future__ import annotations

import json

import pytest
from tests.deploy.material import client, small
from tests.deploy.server import KibanaServer

from comtrap.deploy.apply import apply
from comtrap.deploy.plan import Step, plan
from comtrap.deploy.space import Wanted, read_space
from comtrap.errors import DeployError


def planned(server, want):
    with client(server) as kibana:
        return plan(want, read_space(kibana, want))


def test_a_plan_changes_nothing():
    with KibanaServer() as server:
        assert len(planned(server, small()).pending) == 6
        assert {method for method, _ in server.requests} == {"GET"}


def test_rules_are_found_in_many_pages():
    with KibanaServer() as server:
        for number in range(250):
            server.save_rule({"rule_id": str(number), "name": "x", "type": "eql", "tags": [small().mark]})

        assert len(planned(server, small()).steps(Step.PRUNE)) == 250


def test_a_plan_says_what_the_space_has_of_its_own():
    theirs = {"id": "9", "list_id": "theirs", "type": "rule_default", "namespace_type": "single"}
    with KibanaServer() as server, client(server) as kibana:
        apply(kibana, small())
        server.rules[0]["exceptions_list"].append(theirs)
        item = {"list_id": server.lists[0]["list_id"], "item_id": "quick", "name": "Quick", "tags": []}
        server.save(server.items, item, None)
        found = planned(server, small())

    assert found.pending == ()
    assert [note.partition(" also has ")[2] for note in found.notes] == [
        "the exceptions theirs",
        "the exception Quick (quick)",
    ]


def test_a_change_says_what_differs():
    with KibanaServer() as server, client(server) as kibana:
        apply(kibana, small())
        server.rules[0]["severity"] = "low"
        [change] = planned(server, small()).pending

    assert str(change) == f"change rule Rule 1 ({small().rules[0]['rule_id']}): severity"


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"data": 1},
        {"total": "1", "data": []},
        {"total": 1, "data": [{"id": 1}]},
        {"total": 1, "data": [{"id": "1"}]},
    ],
)
def test_an_answer_of_another_form_is_an_error(answer):
    class Odd:
        def read(self, *_, **__):
            return json.loads(json.dumps(answer))

    with pytest.raises(DeployError):
        read_space(Odd(), Wanted(small().rules, (), (), small().mark))
