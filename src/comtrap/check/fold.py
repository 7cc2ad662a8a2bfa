"""Nodes of typed expressions, made as small as their constants allow.

Folding is three-valued, as Elasticsearch's: an optional field that is not mapped is the literal null, and null spreads.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

NULL = typed.Constant(None, Type.NULL)
TRUE = typed.Constant(True, Type.BOOLEAN)  # noqa: FBT003 - the value itself
FALSE = typed.Constant(False, Type.BOOLEAN)  # noqa: FBT003

_LONG = range(-(1 << 63), 1 << 63)


def is_null(expr: typed.Expr) -> bool:
    """Whether the expression is the constant null."""
    return isinstance(expr, typed.Constant) and expr.value is None


def boolean(*, value: bool) -> typed.Constant:
    """A constant truth."""
    return TRUE if value else FALSE


def has_column(expr: typed.Expr) -> bool:
    """Whether the value depends on the event."""
    match expr:
        case typed.Column():
            return True
        case typed.Constant():
            return False
        case typed.Not() | typed.IsNull():
            return has_column(expr.operand)
        case typed.AllOf() | typed.AnyOf():
            return any(map(has_column, expr.operands))
        case typed.Compare() | typed.Arithmetic():
            return has_column(expr.left) or has_column(expr.right)
        case typed.Matches() | typed.OneOf():
            return has_column(expr.value)
        case typed.Call():
            return any(map(has_column, expr.arguments))


def negation(operand: typed.Expr) -> typed.Expr:
    """``not operand``."""
    match operand:
        case typed.Constant(value=None):
            return NULL
        case typed.Constant():
            return boolean(value=not operand.value)
        case typed.Not():
            return operand.operand
    return typed.Not(operand)


def all_of(operands: Sequence[typed.Expr], *, in_leaf: bool) -> typed.Expr:
    """And: a false decides it; a null does above the leaves, and inside one if none of the others can be false."""
    flat = [part for o in operands for part in (o.operands if isinstance(o, typed.AllOf) else (o,))]
    if FALSE in flat:
        return FALSE
    rest = [part for part in flat if part != TRUE]
    open_ = [part for part in rest if not is_null(part)]
    if len(open_) < len(rest) and not (in_leaf and open_):
        return NULL
    return _joined(typed.AllOf, rest, TRUE)


def any_of(operands: Sequence[typed.Expr], *, in_leaf: bool) -> typed.Expr:
    """Or: a true decides it; a null among others counts for nothing above the leaves."""
    flat = [part for o in operands for part in (o.operands if isinstance(o, typed.AnyOf) else (o,))]
    if TRUE in flat:
        return TRUE
    rest = [part for part in flat if part != FALSE]
    open_ = [part for part in rest if not is_null(part)]
    if len(open_) < len(rest) and not open_:
        return NULL
    return _joined(typed.AnyOf, rest if in_leaf else open_, FALSE)


def _joined(shape: type[typed.AllOf | typed.AnyOf], parts: list[typed.Expr], empty: typed.Expr) -> typed.Expr:
    distinct = tuple(dict.fromkeys(parts))
    if not distinct:
        return empty
    return distinct[0] if len(distinct) == 1 else shape(distinct)


def null_check(operand: typed.Expr) -> typed.Expr:
    """``operand == null``."""
    return boolean(value=operand.value is None) if isinstance(operand, typed.Constant) else typed.IsNull(operand)


def comparison(op: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """``left op right`` of comparable sides; `op` is not ``!=``."""
    match left, right:
        case (typed.Constant(value=None), _) | (_, typed.Constant(value=None)):
            return NULL
        case typed.Constant(value=str(a)), typed.Constant(value=str(b)) if left.type is right.type is Type.KEYWORD:
            return boolean(value=_holds(op, (a > b) - (a < b)))
        case typed.Constant(value=bool(a)), typed.Constant(value=bool(b)):
            return boolean(value=_holds(op, a - b))
        case typed.Constant(value=int(a) | float(a)), typed.Constant(value=int(b) | float(b)):
            return boolean(value=_holds(op, (a > b) - (a < b)))
    return typed.Compare(op, left, right)


def _holds(op: str, order: int) -> bool:
    """Whether the comparison holds of sides of which the left one is less (-1), equal (0) or greater (1)."""
    return {"==": order == 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[op]


def arithmetic(op: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """``left op right`` of numbers; what fails or leaves 64 bits is left to fail when it runs."""
    if is_null(left) or is_null(right):
        return NULL
    kind = Type.LONG if left.type is right.type is Type.LONG else Type.DOUBLE
    if isinstance(left, typed.Constant) and isinstance(right, typed.Constant):
        a, b = left.value, right.value
        assert isinstance(a, int | float)
        assert isinstance(b, int | float)
        result = _whole(op, int(a), int(b)) if kind is Type.LONG else _fraction(op, float(a), float(b))
        if result is not None:
            return typed.Constant(result, kind)
    return typed.Arithmetic(op, left, right, kind)


def _whole(op: str, a: int, b: int) -> int | None:
    if op in "/%":
        if b == 0:
            return None
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        result = quotient if op == "/" else a - quotient * b
    else:
        result = a + b if op == "+" else a - b if op == "-" else a * b
    return result if result in _LONG else None


def _fraction(op: str, a: float, b: float) -> float | None:
    if op in "/%" and b == 0:
        return None
    result = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "%": lambda: math.fmod(a, b),
    }[op]()
    return result if math.isfinite(result) else None


def membership(value: typed.Expr, constants: Sequence[typed.Constant], *, ignore_case: bool) -> typed.Expr:
    """``value in (constants)``; nulls among them are skipped."""
    if is_null(value):
        return NULL
    distinct = tuple(dict.fromkeys(c for c in constants if c.value is not None))
    if not distinct:
        return FALSE
    if isinstance(value, typed.Constant) and not ignore_case and not isinstance(distinct[0].value, typed.Range):
        return any_of([comparison("==", value, constant) for constant in distinct], in_leaf=False)
    return typed.OneOf(value, distinct, ignore_case)
