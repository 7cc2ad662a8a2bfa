"""Conditions as trees: the author's words with their meaning."""

from __future__ import annotations

import pytest

from comtrap.check import typed
from comtrap.check.fold import NULL
from comtrap.explain.condition import Kind, Node, Reader, clauses, computed, guarded, listed, some_of
from comtrap.explain.subject import find
from comtrap.lang.parse import parse_expression


def tree(text: str) -> Node:
    return Reader(text).condition(parse_expression(text))


def drawn(node: Node) -> object:
    return (node.kind.value, *map(drawn, node.parts)) if node.parts else node.text


def test_and_or_and_not_are_branches_and_everything_else_a_clause():
    found = tree('process.name : "a" and not (process.pid == 1 or length(process.name) > 3)')

    assert drawn(found) == (
        "and",
        'process.name : "a"',
        ("not", ("or", "process.pid == 1", "length(process.name) > 3")),
    )


def test_an_and_inside_an_and_is_taken_apart():
    assert drawn(tree("process.pid == 1 and (process.pid == 2 and process.pid == 3)")) == (
        "and",
        "process.pid == 1",
        "process.pid == 2",
        "process.pid == 3",
    )


@pytest.mark.parametrize(
    ("clause", "ignores"),
    [
        ('process.name == "a"', False), ('process.name : "a"', True), ('process.name like "a*"', False), ('process.name like~ "a*"', True),
        ('process.name in ("a", "b")', False), ('process.name in~ ("a", "b")', True), ('process.name regex "a"', False), ('process.name regex~ "a"', True),
        ("process.pid == 1", None), ("process.pid in (1, 2)", None), ('process.name.caseless == "a"', True), ("process.name != null", None),
        ('startsWith(process.name, "a")', False), ('startsWith~(process.name, "a")', True), ("length(process.name) > 1", None),
        ('process.name != "a"', False),
    ],
)  # fmt: skip
def test_whether_case_counts(clause, ignores):
    assert tree(clause).ignores_case is ignores


@pytest.mark.parametrize(
    ("clause", "always"),
    [
        ("true", "true"), ("1 == 2", "false"), ('?no.such : "a"', "null"), ("?no.such == null", "true"), ('?no.such == "a"', "false"), ("process.pid == 1", None), ("not false", "true"),
        ('process.pid == 1 and ?no.such : "a"', "null"), ("process.pid == 1 or true", "true"), ("process.name in (null)", None),
    ],
)  # fmt: skip
def test_what_is_the_same_whatever_the_event(clause, always):
    expected = "false" if clause == "process.name in (null)" else always
    assert tree(clause).always == expected


def test_null_is_kept_apart_from_false():
    assert tree('?no.such : "a"').expr == NULL
    assert tree('not ?no.such : "a"').expr == NULL


def test_the_fields_that_are_named():
    fields = tree('startsWith~(process.name.caseless, ?no.such) or user.name == "a"').parts[1].fields
    assert [(f.name, f.column, f.type) for f in fields] == [("user.name", "user.name", "keyword")]

    (optional,) = tree('?no.such == "a"').fields
    assert (optional.column, optional.type, optional.optional) == (None, "not mapped", True)


def test_a_multi_field_reads_the_field_it_is_of():
    (field,) = tree('process.name.caseless == "a"').fields
    assert (field.name, field.column) == ("process.name.caseless", "process.name")


def test_lists_come_apart():
    node = tree('process.name : ("a", "b*")')
    assert (node.lead, node.options) == ("process.name :", ('"a"', '"b*"'))
    assert tree('process.name : "a"').options == ()


def test_what_takes_several_lines_is_put_on_one():
    assert tree('process.name : (\n  "a", // first\n  "b"\n)').text == 'process.name : ("a", "b")'


def test_part_of_a_list_is_never_negated():
    expr = parse_expression("process.pid not in (1, 2, 3)")
    assert len(listed(expr)) == 3
    assert some_of(expr, 1, 2) == parse_expression("process.pid in (2)")


def test_a_clause_without_a_list_has_no_part_of_one():
    with pytest.raises(TypeError):
        some_of(parse_expression("process.pid == 1"), 0, 1)


def test_what_is_computed_of_fields():
    text = "length(concat(process.name, 1)) > 1 + 1"
    assert list(computed(parse_expression(text))) == [parse_expression("length(concat(process.name, 1))")]
    assert list(computed(parse_expression('startsWith(process.name, "a")'))) == []


def test_indices_come_first_and_exceptions_last():
    subject = find("process where process.pid == 1 and process.pid == 2")
    excepted = typed.Compare("==", typed.Column("user.name", subject.stages[0].predicate.operands[0].left.type), NULL)
    node = guarded(subject.written[0], subject.text, ("logs-*",), [("list/item", excepted)])

    assert [part.kind for part in node.parts] == [Kind.INDEX, Kind.CLAUSE, Kind.CLAUSE, Kind.EXCEPTION]
    assert node.parts[3].text == "list/item"
    assert [f.name for f in node.parts[3].fields] == ["user.name"]


def test_a_condition_of_one_clause_is_one_part():
    subject = find("process where process.pid == 1 or process.pid == 2")
    assert [part.kind for part in guarded(subject.written[0], subject.text).parts] == [Kind.OR]


def test_clauses_are_what_is_not_made_of_others():
    assert [n.text for n in clauses(tree("not process.pid == 1 and (true or process.pid == 2)"))] == [
        "process.pid == 1",
        "true",
        "process.pid == 2",
    ]
