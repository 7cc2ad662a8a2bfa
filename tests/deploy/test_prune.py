from __future__ import annotations

import pytest
from tests.deploy.material import client, excepting, small, wanted
from tests.deploy.server import Fault, KibanaServer
from tests.material import rule

from comtrap.deploy.apply import apply
from comtrap.deploy.prune import prunable, prune
from comtrap.deploy.space import Wanted
from comtrap.errors import PluginError
from comtrap.export.kibana import bundle
from comtrap.export.kibana_rule import MARK

FEWER = wanted(bundle([rule(number=1)], ()))


@pytest.fixture
def server():
    with KibanaServer() as made, client(made) as kibana:
        apply(kibana, small())
        yield made


def pruned(server, want=FEWER):
    with client(server) as kibana:
        apply(kibana, want)
        changes = prunable(kibana, want)
        return [(change.kind, change.name) for change in changes], prune(kibana, changes)


def test_what_is_no_longer_wanted_goes(server):
    changes, kept = pruned(server)

    assert [kind for kind, _ in changes] == ["rule", "rule", "item", "item", "list"]
    assert kept == {}
    assert [one["name"] for one in server.rules] == ["Rule 1"]
    assert (server.lists, server.items) == ([], [])
    assert server.complaints == []


def test_nothing_is_pruned_where_all_is_wanted(server):
    assert pruned(server, small()) == ([], {})


@pytest.mark.parametrize("theirs", [{"tags": ["mine"]}, {"immutable": True}, {"rule_source": {"type": "external"}}])
def test_what_is_prebuilt_or_foreign_stays(server, theirs):
    server.rules[1] |= theirs
    changes, _ = pruned(server)

    assert ("rule", "Rule 2") not in changes
    assert "Rule 2" in {one["name"] for one in server.rules}


def test_a_list_that_a_rule_of_someone_else_refers_to_stays(server):
    theirs = server.save_rule(server.rules[0] | {"rule_id": "theirs", "tags": []})
    _, kept = pruned(server)

    assert kept == {theirs["exceptions_list"][0]["list_id"]: "a rule refers to it"}
    assert len(server.lists) == 1


def test_a_list_with_an_exception_of_someone_else_stays(server):
    server.items[0]["tags"] = []
    _, kept = pruned(server)

    assert list(kept.values()) == ["it has exceptions that are not ours"]
    assert len(server.items) == 1


def test_an_exception_alone_can_go(server):
    want = wanted(bundle([rule(number=n) for n in (1, 2, 3)], [excepting(1, 2)]))

    assert pruned(server, want) == ([("item", "Job 1")], {})
    assert [one["name"] for one in server.items] == ["Job 0"]


def test_without_rules_nothing_is_pruned(server):
    with client(server) as kibana, pytest.raises(PluginError, match="no rules to go by"):
        prunable(kibana, Wanted((), (), (), MARK))


@pytest.mark.parametrize(
    "at", ["DELETE /api/detection_engine/rules", "DELETE /api/exception_lists/items", "DELETE /api/exception_lists"]
)
def test_a_deletion_whose_answer_is_lost_is_a_deletion(server, at):
    server.faults = [Fault("lost", at)]
    pruned(server)

    assert (len(server.rules), server.lists, server.items) == (1, [], [])
