from __future__ import annotations

from pathlib import Path

from tests.material import rule

from comtrap.export import esql, sigma
from comtrap.export.target import file_names


def test_a_file_is_called_as_its_rule_is():
    one = rule()
    assert file_names([one]) == {one.id: "rule_1"}


def test_rules_of_one_name_do_not_take_each_others_file():
    rules = [rule(number=1, path=Path("a/same.toml")), rule(number=2, path=Path("b/Same.toml"))]
    for target in (sigma, esql):
        made = target.export(rules)
        assert len(made.files) == made.rules == 2
