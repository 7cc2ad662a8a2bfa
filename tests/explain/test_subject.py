"""What a name on the command line stands for."""

from __future__ import annotations

import pytest
from tests.material import rule, rule_file

from comtrap.errors import ParseError, PluginError, QueryError, RuleError
from comtrap.explain.subject import find, of_rule
from comtrap.lang.parse import parse
from comtrap.rules.load import load_rules

SLUG = "com_surrogate_child"


def shipped():
    (found,) = (each for each in load_rules() if each.path.stem == SLUG)
    return found


@pytest.mark.parametrize("of", ["id", "name", "slug", "path", "any case"])
def test_a_rule_is_found_by_each_of_its_names(of):
    wanted = shipped()
    name = {
        "id": str(wanted.id),
        "name": wanted.name,
        "slug": SLUG,
        "path": str(wanted.path),
        "any case": wanted.name.upper(),
    }[of]

    assert find(name).rule == wanted


def test_anything_else_is_a_query():
    found = find("process where process.pid == 1")

    assert found.rule is None
    assert found.query == parse("process where process.pid == 1")


def test_a_query_may_be_on_several_lines_and_end_like_a_file():
    assert find('file where\n  file.path == "a.toml" // b.toml').rule is None


def test_rules_are_looked_for_where_one_says(tmp_path):
    path = rule_file(tmp_path / "mine.toml")

    assert find("mine", [str(path)]).rule.path == path
    with pytest.raises(ParseError):
        find("mine")


def test_what_is_neither_says_both():
    with pytest.raises(ParseError) as raised:
        find("com_surrogate_chld")

    assert raised.value.__notes__ == [
        "Nor is there a rule of this id, name or slug; did you mean `com_surrogate_child`?"
    ]


def test_a_query_of_several_words_is_never_taken_for_a_rule():
    with pytest.raises(ParseError) as raised:
        find("process where (")

    assert not hasattr(raised.value, "__notes__")


@pytest.mark.parametrize("query", ["process where no.such == 1", "process where ("])
def test_a_wrong_query_of_a_rule_points_into_its_file(tmp_path, query):
    path = rule_file(tmp_path / "a.toml", query)

    with pytest.raises(RuleError) as raised:
        find(str(path))
    assert raised.value.path == str(path)


def test_a_wrong_file_is_told_of_if_it_was_meant(tmp_path):
    rule_file(tmp_path / "good.toml")
    rule_file(tmp_path / "wrong.toml", "process where (", 2)

    assert find("good", [str(tmp_path)]).rule is not None
    with pytest.raises(RuleError):
        find("wrong", [str(tmp_path)])


def test_a_file_that_is_not_there():
    with pytest.raises(PluginError):
        find("no/such.toml")


def test_a_query_of_fields_that_are_not_there():
    with pytest.raises(QueryError, match="E201"):
        find("process where proces.name == null")


def test_runs_stand_for_as_many_stages():
    found = find("sequence by host.id [process where true] with runs=3 [file where true] until [any where true]")

    assert [at for at, _ in found.placed] == [0, 3, 4]
    assert len(found.written) == len(found.stages) == 5
    assert found.until == 4


def test_equal_stages_stand_apart():
    assert [at for at, _ in find("sequence [any where true] [any where true]").placed] == [0, 1]


def test_a_rule_sees_its_indices_only():
    found = of_rule(rule(index=("logs-a-*",)))

    assert "logs-a-*" in str(found.plan)
    assert "logs-a-*" not in str(found.checked)
    assert "_index" not in found.plan.columns
