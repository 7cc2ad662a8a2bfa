from __future__ import annotations

from datetime import timedelta

import pytest
from tests.material import rule_file

from comtrap.errors import RuleError
from comtrap.rules.load import load
from comtrap.rules.suppression import Suppression, as_suppression


def test_a_table_is_read():
    table = {"group_by": ["host.id", "process.name"], "duration": "30m", "missing_fields_strategy": "doNotSuppress"}
    expected = Suppression(("host.id", "process.name"), timedelta(minutes=30), "doNotSuppress")
    assert as_suppression(table) == expected


def test_without_a_duration_it_holds_for_the_whole_run():
    assert as_suppression({"group_by": ["host.id"]}) == Suppression(("host.id",), None, "suppress")


@pytest.mark.parametrize(
    "table",
    [
        [],
        {},
        {"group_by": []},
        {"group_by": ["a", "b", "c", "d"]},
        {"group_by": ["a", "a"]},
        {"group_by": "a"},
        {"group_by": ["a"], "duration": "0m"},
        {"group_by": ["a"], "duration": "2d"},
        {"group_by": ["a"], "duration": 5},
        {"group_by": ["a"], "missing_fields_strategy": "drop"},
        {"group_by": ["a"], "for": "5m"},
    ],
)
def test_what_kibana_would_refuse_is_refused(table):
    with pytest.raises((TypeError, ValueError)):
        as_suppression(table)


def test_a_rule_file_may_have_one(tmp_path):
    path = rule_file(tmp_path / "a.toml")
    path.write_text(path.read_text("utf-8") + '[suppression]\ngroup_by = ["host.id"]\n', "utf-8")
    ((rule,), wrong) = load([path])
    assert (rule.suppression, wrong) == (Suppression(("host.id",)), [])


def test_a_wrong_one_is_a_mistake_of_the_file(tmp_path):
    path = rule_file(tmp_path / "a.toml")
    path.write_text(path.read_text("utf-8") + "[suppression]\ngroup_by = ['a', 'a']\n", "utf-8")
    _, (error,) = load([path])
    assert isinstance(error, RuleError)
    assert "`suppression` is wrong: expected one to 3 different fields" in str(error)
