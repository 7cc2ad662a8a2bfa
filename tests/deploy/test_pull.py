from __future__ import annotations

from tests.deploy.material import client, small
from tests.deploy.server import KibanaServer

from comtrap.deploy.apply import apply
from comtrap.deploy.pull import pull

THEIRS = {"id": "9", "list_id": "theirs", "type": "rule_default", "namespace_type": "agnostic"}


def pulled(server, want=None):
    with client(server) as kibana:
        apply(kibana, small())
        return pull(kibana, want or small())


def test_rules_lists_and_items_of_ours_are_read():
    with KibanaServer() as server:
        found = pulled(server)

    assert set(found.rules) == {one["rule_id"] for one in small().rules}
    assert set(found.lists) == found.ours == {one["list_id"] for one in small().lists}
    assert [len(items) for items in found.items.values()] == [2]
    assert found.users(next(iter(found.lists))) == [one["rule_id"] for one in small().rules[:2]]


def test_lists_that_a_rule_of_ours_refers_to_are_read_whoever_made_them():
    with KibanaServer() as server:
        pulled(server)
        server.save(server.lists, THEIRS | {"name": "t", "description": "t"}, None)
        server.save(server.items, {"list_id": "theirs", "item_id": "x", "name": "X"}, None)
        server.rules[2]["exceptions_list"].append(THEIRS)
        found = pulled(server)

    assert [one["name"] for one in found.items["theirs"]] == ["X"]
    assert "theirs" not in found.ours


def test_what_is_not_ours_is_passed_over_and_said():
    with KibanaServer() as server:
        pulled(server)
        server.rules[0]["tags"] = []
        server.save_rule(server.rules[1])
        with client(server) as kibana:
            found = pull(kibana, small())

    assert list(found.rules) == [small().rules[2]["rule_id"]]
    assert ["is not ours" in note for note in found.notes] == [True, False]
    assert ["2 times" in note for note in found.notes] == [False, True]
