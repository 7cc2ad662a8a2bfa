"""Evaluating one typed expression on a frame: everything here is three-valued.

A result is a vector: an Arrow array of the frame's length, an Arrow scalar for a constant, or a list of Python values
where numbers of both kinds may mix (what ``number`` and arithmetic give).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce, singledispatch
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.check import typed
from comtrap.check.calls import FUNCTIONS, LONG, OPERATORS, ORDERS, Value, ValueFailed
from comtrap.events.batch import ARROW
from comtrap.execute import patterns
from comtrap.execute.order import keys
from comtrap.execute.text import texts
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.execute.columns import Frame

Vector: TypeAlias = pa.Array | pa.Scalar | list[Value]

_ARROW_OPS: dict[str, Callable[[Any, Any], pa.Array]] = {
    "==": pc.equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


@dataclass(slots=True)
class Work:
    """A frame, and the places where evaluating failed; what failed there is null.

    Attributes:
        failed: one flag a place; None while nothing failed.
        message: what failed first.
    """

    frame: Frame
    failed: np.ndarray | None = None
    message: str = ""

    def fail(self, place: int, why: str) -> None:
        """Note a failure."""
        if self.failed is None:
            self.failed = np.zeros(self.frame.size, bool)
            self.message = why
        self.failed[place] = True

    def array(self, vector: Vector, kind: pa.DataType) -> pa.Array:
        """A vector as an array of the frame's length."""
        if isinstance(vector, list):
            return pa.array(vector, kind)
        if isinstance(vector, pa.Scalar):
            return pa.repeat(vector.cast(kind) if vector.is_valid else pa.scalar(None, kind), self.frame.size)
        return vector

    def scalars(self, vector: Vector) -> list[Value]:
        """A vector as Python values."""
        if isinstance(vector, list):
            return vector
        if isinstance(vector, pa.Scalar):
            return [vector.as_py()] * self.frame.size
        return vector.to_pylist()


@singledispatch
def lower(expr: typed.Expr, work: Work) -> Vector:  # noqa: ARG001 - what is registered looks at it
    """The value of the expression in each place of the frame."""
    raise TypeError(f"no such expression: {type(expr).__name__}")


@lower.register
def _(expr: typed.Constant, work: Work) -> Vector:  # noqa: ARG001 - a constant looks at nothing
    assert not isinstance(expr.value, typed.Range), "a range stands only on the right of a comparison"
    return pa.scalar(expr.value, ARROW[expr.type])


@lower.register
def _(expr: typed.Column, work: Work) -> Vector:
    return work.frame.column(expr.name)


@lower.register
def _(expr: typed.Not, work: Work) -> Vector:
    return pc.invert(_truth(expr.operand, work))


@lower.register
def _(expr: typed.AllOf, work: Work) -> Vector:
    return reduce(pc.and_kleene, (_truth(operand, work) for operand in expr.operands))


@lower.register
def _(expr: typed.AnyOf, work: Work) -> Vector:
    return reduce(pc.or_kleene, (_truth(operand, work) for operand in expr.operands))


@lower.register
def _(expr: typed.IsNull, work: Work) -> Vector:
    vector = lower(expr.operand, work)
    return pa.array([v is None for v in vector], pa.bool_()) if isinstance(vector, list) else pc.is_null(vector)


@lower.register
def _(expr: typed.Compare, work: Work) -> Vector:
    if isinstance(expr.right, typed.Constant) and isinstance(expr.right.value, typed.Range):
        return _against(expr.op, _ordered(expr.left, work), expr.right.value, expr.left.type)
    if Type.VERSION in {expr.left.type, expr.right.type}:
        return _ARROW_OPS[expr.op](_versions(expr.left, work), _versions(expr.right, work))
    left, right = lower(expr.left, work), lower(expr.right, work)
    if isinstance(left, list) or isinstance(right, list) or left.type != right.type:
        return _one_by_one(expr.op, work.scalars(left), work.scalars(right))
    return _ARROW_OPS[expr.op](left, right)


@lower.register
def _(expr: typed.Arithmetic, work: Work) -> Vector:
    return _called(OPERATORS[expr.op], (expr.left, expr.right), {}, work)


@lower.register
def _(expr: typed.Matches, work: Work) -> Vector:
    wanted = patterns.lowered(expr.patterns) if expr.ignore_case and not expr.regex else expr.patterns
    return patterns.matching(_text(expr.value, work, folded=expr.ignore_case), wanted, regex=expr.regex)


@lower.register
def _(expr: typed.OneOf, work: Work) -> Vector:
    options = [constant.value for constant in expr.constants if constant.value is not None]
    ranges = [option for option in options if isinstance(option, typed.Range)]
    if ranges:
        ordered = _ordered(expr.value, work)
        return reduce(pc.or_, (_against("==", ordered, each, expr.value.type) for each in ranges))
    if expr.value.type is Type.VERSION:
        values = _versions(expr.value, work)
        return patterns.member(values, keys(pa.array(options, pa.string()), Type.VERSION))
    if expr.value.type.is_string:
        values = _text(expr.value, work, folded=expr.ignore_case)
        wanted = tuple(map(str, options))
        return patterns.member(values, pa.array(patterns.lowered(wanted) if expr.ignore_case else wanted, pa.string()))
    found = lower(expr.value, work)
    if isinstance(found, pa.Array) and pa.types.is_int64(found.type):
        longs = [
            int(v)
            for v in options
            if isinstance(v, int | float) and math.isfinite(v) and v == int(v) and int(v) in LONG
        ]
        return patterns.member(found, pa.array(longs, pa.int64()))
    known = frozenset(options)  # Python takes 3 and 3.0 for the same
    return pa.array([None if v is None else v in known for v in work.scalars(found)], pa.bool_())


@lower.register
def _(expr: typed.Call, work: Work) -> Vector:
    at_once = _vectorised(expr, work)
    if at_once is not None:
        return at_once
    flags = {"ignore_case": True} if expr.ignore_case else {}
    found = _called(FUNCTIONS[expr.name], expr.arguments, flags, work)
    return found if expr.type.is_numeric else pa.array(found, ARROW[expr.type])


def _vectorised(expr: typed.Call, work: Work) -> pa.Array | None:
    """The call by one kernel over the whole column, or None where there is none."""
    if not isinstance(expr.arguments[0], typed.Column):
        return None
    if expr.name == "length":
        values = _text(expr.arguments[0], work, folded=False)
        plain = pc.all(pc.string_is_ascii(values)).as_py() is not False
        return pc.binary_length(values).cast(pa.int64()) if plain else None
    if expr.name not in {"startsWith", "endsWith", "stringContains"}:
        return None
    wanted = expr.arguments[1]
    if not (isinstance(wanted, typed.Constant) and isinstance(wanted.value, str) and wanted.value):
        return None
    part = patterns.lowered((wanted.value,))[0] if expr.ignore_case else wanted.value
    values = _text(expr.arguments[0], work, folded=expr.ignore_case)
    if expr.name == "stringContains":
        return patterns.containing(values, part)
    return pc.starts_with(values, part) if expr.name == "startsWith" else pc.ends_with(values, part)


def _called(
    function: Callable[..., Value], arguments: tuple[typed.Expr, ...], flags: dict[str, bool], work: Work
) -> list[Value]:
    columns = [_arguments(argument, work) for argument in arguments]
    results: list[Value] = []
    for place, values in enumerate(zip(*columns, strict=True)):
        try:
            results.append(function(*values, **flags))
        except ValueFailed as failure:
            work.fail(place, str(failure))
            results.append(None)
    return results


def _arguments(expr: typed.Expr, work: Work) -> list[Value]:
    vector = lower(expr, work)
    if expr.type.is_date and isinstance(vector, pa.Array):
        vector = texts(vector, expr.type)
    return work.scalars(vector)


def _truth(expr: typed.Expr, work: Work) -> Vector:
    vector = lower(expr, work)
    return vector if isinstance(vector, pa.Array) else work.array(vector, pa.bool_())


def _text(expr: typed.Expr, work: Work, *, folded: bool) -> pa.Array:
    if isinstance(expr, typed.Column):
        return work.frame.lowered(expr.name) if folded else work.frame.column(expr.name)
    values = work.array(lower(expr, work), pa.string())
    return patterns.lower(values) if folded else values


def _versions(expr: typed.Expr, work: Work) -> pa.Array:
    return keys(work.array(lower(expr, work), pa.string()), Type.VERSION)


def _ordered(expr: typed.Expr, work: Work) -> pa.Array:
    """Dates as nanoseconds, addresses as bytes that order as they do."""
    values = lower(expr, work)
    if expr.type.is_date:
        return work.array(values, ARROW[expr.type]).cast(pa.int64())
    return keys(work.array(values, pa.string()), Type.IP)


def _against(op: str, values: pa.Array, span: typed.Range, kind: Type) -> pa.Array:
    if kind.is_date:
        low, high = (pa.scalar(min(max(end, LONG.start), LONG.stop - 1), pa.int64()) for end in (span.low, span.high))
    else:
        low, high = (pa.scalar(end.to_bytes(16, "big"), pa.binary()) for end in (span.low, span.high))
    if op == "==":
        return pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return _ARROW_OPS[op](values, low if op in {"<", ">="} else high)


def _one_by_one(op: str, left: list[Value], right: list[Value]) -> pa.Array:
    compare = ORDERS[op]
    found = [None if a is None or b is None else compare(a, b) for a, b in zip(left, right, strict=True)]
    return pa.array(found, pa.bool_())
