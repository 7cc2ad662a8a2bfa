from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.asking import ELEVATED, FALSE, NAME, NULL, PID, TRUE, double, long, text

from comtrap.check import fold
from comtrap.check.calls import ValueFailed
from comtrap.check.functions import SIGNATURES
from comtrap.check.typed import AllOf, AnyOf, Arithmetic, Call, Compare, Constant, IsNull, Not, OneOf
from comtrap.schema.types import Type

LEAF = Compare("==", PID, long(1))
TRUTHS = (TRUE, FALSE, NULL)


def test_negation():
    assert [fold.negation(t) for t in TRUTHS] == [FALSE, TRUE, NULL]
    assert fold.negation(LEAF) == Not(LEAF)
    assert fold.negation(Not(LEAF)) == LEAF


@pytest.mark.parametrize("in_leaf", [False, True])
def test_and_and_or_of_constants_are_three_valued(in_leaf):
    for a, b in product(TRUTHS, repeat=2):
        both = FALSE if FALSE in (a, b) else NULL if NULL in (a, b) else TRUE
        either = TRUE if TRUE in (a, b) else NULL if NULL in (a, b) else FALSE
        assert fold.all_of([a, b], in_leaf=in_leaf) == both
        assert fold.any_of([a, b], in_leaf=in_leaf) == either


def test_a_null_decides_an_and_above_the_leaves_and_waits_inside_one():
    assert fold.all_of([LEAF, NULL], in_leaf=False) == NULL
    assert fold.all_of([LEAF, NULL], in_leaf=True) == AllOf((LEAF, NULL))


def test_a_null_counts_for_nothing_in_an_or_above_the_leaves():
    assert fold.any_of([LEAF, NULL], in_leaf=False) == LEAF
    assert fold.any_of([LEAF, NULL], in_leaf=True) == AnyOf((LEAF, NULL))


def test_neutral_and_repeated_parts_go():
    other = Compare("==", PID, long(2))

    assert fold.all_of([LEAF, TRUE, LEAF], in_leaf=False) == LEAF
    assert fold.any_of([LEAF, FALSE, other, LEAF], in_leaf=False) == AnyOf((LEAF, other))
    assert fold.all_of([LEAF, AllOf((other, ELEVATED))], in_leaf=False) == AllOf((LEAF, other, ELEVATED))


def test_null_checks():
    assert fold.null_check(NULL) == TRUE
    assert fold.null_check(text("")) == FALSE
    assert fold.null_check(PID) == IsNull(PID)


@pytest.mark.parametrize(
    ("op", "left", "right", "meant"),
    [
        ("==", text("a"), text("a"), TRUE),
        ("<", text("Z"), text("a"), TRUE),
        ("<", text("z"), text("é"), TRUE),
        (">", text("\U0001f600"), text("\uffff"), TRUE),
        ("==", long(3), double(3.0), TRUE),
        ("<=", long(9007199254740993), double(9007199254740992.0), FALSE),
        ("==", TRUE, FALSE, FALSE),
        (">", NULL, long(1), NULL),
        ("==", PID, long(1), LEAF),
    ],
)
def test_comparison(op, left, right, meant):
    assert fold.comparison(op, left, right) == meant


FINITE = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(1 << 63), (1 << 63) - 1)


@given(st.sampled_from("+-*/%"), WHOLE, WHOLE)
def test_whole_arithmetic_is_that_of_64_bits(op, a, b):
    fails = (op in "/%" and b == 0) or not -(1 << 63) <= _exact(op, a, b) < 1 << 63
    if fails:
        with pytest.raises(ValueFailed):
            fold.arithmetic(op, long(a), long(b))
    else:
        assert fold.arithmetic(op, long(a), long(b)) == long(_exact(op, a, b))


def _exact(op: str, a: int, b: int) -> int:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return (
                math.trunc(a / b)
                if abs(a) < 1 << 50 and abs(b) < 1 << 50
                else abs(a) // abs(b) * (1 if a * b >= 0 else -1)
            )
    return int(math.copysign(abs(a) % abs(b), a)) if abs(a) < 1 << 50 else (abs(a) % abs(b)) * (1 if a >= 0 else -1)


@given(st.sampled_from("+-*/%"), FINITE, FINITE)
def test_fractions_always_fold(op, a, b):
    found = fold.arithmetic(op, double(a), double(b))

    assert isinstance(found, Constant)
    assert found.type is Type.DOUBLE


def test_arithmetic_of_null_is_null():
    assert fold.arithmetic("+", PID, NULL) == NULL
    assert fold.arithmetic("+", NULL, double(1.0)) == NULL


def test_membership():
    assert fold.membership(NULL, [text("a")], ignore_case=False) == NULL
    assert fold.membership(NAME, [text("a"), NULL, text("a")], ignore_case=False) == OneOf(NAME, (text("a"),))
    assert fold.membership(NAME, [NULL], ignore_case=False) == FALSE
    assert fold.membership(text("A"), [text("a")], ignore_case=True) == TRUE
    assert fold.membership(text("A"), [text("a")], ignore_case=False) == FALSE
    assert fold.membership(long(1), [double(1.0)], ignore_case=False) == TRUE


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("indexOf", (text("abc"), text("x")), NULL),
        ("indexOf", (text("abc"), text("c"), NULL), long(2)),
        ("concat", (text("a"), NULL), NULL),
        ("substring", (text("abc"), NULL), text("abc")),
        ("number", (text("1.5"),), double(1.5)),
        ("add", (long(1), double(1.0)), double(2.0)),
        ("cidrMatch", (text("10.0.0.1"), text("10.0.0.0/8")), TRUE),
        ("length", (NAME,), Call("length", (NAME,), False, Type.LONG)),
        ("add", (PID, long(1)), Arithmetic("+", PID, long(1), Type.LONG)),
    ],
)
def test_a_call_of_constants_is_what_it_gives(name, arguments, expected):
    assert fold.call(SIGNATURES[name], arguments, ignore_case=False) == expected


def test_a_call_of_constants_without_a_result_fails():
    with pytest.raises(ValueFailed, match="not a number"):
        fold.call(SIGNATURES["number"], (text("x"),), ignore_case=False)


def test_what_depends_on_the_event_is_found_anywhere():
    call = Call("concat", (text("a"), NAME), False, Type.KEYWORD)

    assert fold.has_column(Not(AllOf((TRUE, IsNull(call)))))
    assert fold.has_column(OneOf(Arithmetic("+", long(1), PID, Type.LONG), ()))
    assert not fold.has_column(Call("concat", (text("a"),), False, Type.KEYWORD))
