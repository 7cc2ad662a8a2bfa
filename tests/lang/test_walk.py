from __future__ import annotations

from hypothesis import given
from tests.lang import strategies

from comtrap.lang import ast
from comtrap.lang.parse import parse_expression
from comtrap.lang.unparse import unparse_expression
from comtrap.lang.walk import children, deepest, walk


def test_a_node_comes_before_its_parts_and_those_in_text_order():
    tree = parse_expression('a and not f(b, -c) == 1 or d in (2) or e : "x"')

    assert [unparse_expression(node) for node in walk(tree) if isinstance(node, ast.Field | ast.Literal)] == [
        "a", "b", "c", "1", "d", "2", "e", '"x"',
    ]  # fmt: skip
    assert next(walk(tree)) is tree


@given(strategies.expressions())
def test_every_node_but_the_first_is_the_part_of_one_other(expr):
    nodes = list(walk(expr))

    assert len(nodes) == 1 + sum(len(children(node)) for node in nodes)


def test_the_depth_is_that_of_the_deepest_part():
    tree = parse_expression("a and not (b + 1 == 2)")  # And, Not, Compare, Arithmetic, Field

    assert deepest(tree, 5) is None
    assert deepest(tree, 4) == ast.Field("b")
    assert deepest(ast.Field("a"), 1) is None
