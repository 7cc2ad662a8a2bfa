from __future__ import annotations

import math

import pytest

from comtrap.check.typed import AnyOf, Column, Compare, Constant, Range
from comtrap.plan.written_nodes import Writer, read_nodes
from comtrap.schema.types import Type

COLUMN = Column("k", Type.KEYWORD)


def again(expr):
    trees = Writer()
    place = trees.place(expr)
    return read_nodes(trees.nodes)[place]


@pytest.mark.parametrize("value", [0.0, -0.0, 1e308, 5e-324, math.inf, -math.inf, 0.1])
def test_floats_are_the_same_to_the_last_bit(value):
    assert again(Constant(value, Type.DOUBLE)).value.hex() == value.hex()


@pytest.mark.parametrize("value", [0, -1, 2**63 - 1, -(2**63)])
def test_whole_numbers_are_the_same(value):
    assert again(Constant(value, Type.LONG)) == Constant(value, Type.LONG)


def test_ranges_have_128_bits():
    constant = Constant(Range(-5, 2**128 - 1), Type.IP)

    assert again(constant) == constant


def test_equal_expressions_are_written_once():
    trees = Writer()
    same = [Compare("==", Column("k", Type.KEYWORD), Constant("a", Type.KEYWORD)) for _ in range(3)]
    trees.place(AnyOf(tuple(same)))

    assert len(trees.nodes) == 4


def test_zero_and_minus_zero_are_two():
    trees = Writer()

    assert trees.place(Constant(0.0, Type.DOUBLE)) != trees.place(Constant(-0.0, Type.DOUBLE))


def test_what_no_query_has_is_not_written():
    with pytest.raises(ValueError, match="no query has a Constant"):
        Writer().place(Constant("text", Type.LONG))
