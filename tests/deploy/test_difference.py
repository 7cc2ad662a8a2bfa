from __future__ import annotations

import pytest

from comtrap.deploy.difference import Difference, list_differences, rule_differences

RULE = {"rule_id": "1", "name": "a", "query": "any where true"}
OURS = {"list_id": "ours", "namespace_type": "single", "type": "detection", "id": "1"}
THEIRS = {"list_id": "theirs", "namespace_type": "single", "type": "detection", "id": "2"}


def differ(wanted, found):
    return [one.field for one in rule_differences(RULE | wanted, RULE | found, {"ours"})]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"id": "x", "revision": 3, "created_at": "x", "immutable": False, "rule_source": {"type": "internal"}}),
        ({}, {"version": 1, "interval": "5m", "from": "now-6m", "to": "now", "max_signals": 100}),
        ({}, {"tags": [], "setup": "", "note": None, "references": [], "threat": [], "meta": {"from": "1m"}}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
        ({"note": "a\nb"}, {"note": "a\r\nb\n\n"}),
        ({"query": "any where true\n"}, {}),
        ({"required_fields": [{"name": "a", "type": "keyword"}]}, {"required_fields": [{"name": "a", "type": "keyword", "ecs": True}]}),
        ({"investigation_fields": {"field_names": ["a"]}}, {"investigation_fields": ["a"]}),
        ({"exceptions_list": [OURS]}, {"exceptions_list": [THEIRS, OURS | {"id": "other"}]}),
        ({"actions": []}, {"actions": [{"id": "1"}]}),
        ({}, {"timeline_id": "1", "timeline_title": "a", "throttle": "rule", "response_actions": [{"a": 1}]}),
        ({"enabled": False}, {"enabled": True}),
        ({"alert_suppression": {"group_by": ["a"], "missing_fields_strategy": "suppress"}}, {"alert_suppression": {"group_by": ["a"]}}),
        ({"threat": [{"tactic": {"id": "1"}}]}, {"threat": [{"tactic": {"id": "1"}, "technique": []}]}),
    ],
)  # fmt: skip
def test_what_means_the_same_does_not_differ(wanted, found):
    assert differ(wanted, found) == []


@pytest.mark.parametrize(
    ("wanted", "found", "field"),
    [
        ({}, {"query": "any where false"}, "query"),
        ({}, {"severity": "low"}, "severity"),
        ({"version": 2}, {}, "version"),
        ({"interval": "30m"}, {"interval": "5m"}, "interval"),
        ({"references": ["a", "b"]}, {"references": ["b", "a"]}, "references"),
        ({"exceptions_list": [OURS]}, {"exceptions_list": [THEIRS]}, "exceptions_list"),
        ({}, {"exceptions_list": [OURS]}, "exceptions_list"),
        ({"actions": [{"id": "1"}]}, {"actions": []}, "actions"),
        ({}, {"index": ["a"]}, "index"),
        ({"timeline_id": "1"}, {"timeline_id": "2"}, "timeline_id"),
        ({}, {"alert_suppression": {"group_by": ["a"]}}, "alert_suppression"),
        ({}, {"filters": [{"a": 1}]}, "filters"),
    ],
)
def test_what_means_something_else_differs(wanted, found, field):
    assert differ(wanted, found) == [field]


def test_a_difference_has_both_sides():
    assert rule_differences(RULE, RULE | {"name": "b"}, ()) == (Difference("name", "a", "b"),)


def test_lists_and_items_differ_in_meaning_only():
    wanted = {"list_id": "a", "tags": ["x", "y"], "expire_time": "2027-01-01T00:00:00.000Z"}
    found = {"id": "1", "list_id": "a", "tags": ["y", "x"], "os_types": [], "namespace_type": "single", "_version": "v1",
             "comments": [{"comment": "x"}], "expire_time": "2027-01-01T00:00:00.000+00:00"}  # fmt: skip

    assert list_differences(wanted, found) == ()
    assert [one.field for one in list_differences(wanted, found | {"os_types": ["linux"]})] == ["os_types"]
