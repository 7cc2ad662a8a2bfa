"""Nodes of typed expressions, made as small as their constants allow: what looks at no column is a constant.

Folding is three-valued, as Elasticsearch's: an optional field that is not mapped is the literal null, and null spreads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.check import literals, typed
from comtrap.check.calls import FUNCTIONS, OPERATORS, ORDERS
from comtrap.check.case import lower
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.check.functions import Signature

NULL = typed.Constant(None, Type.NULL)
TRUE = typed.Constant(True, Type.BOOLEAN)  # noqa: FBT003 - the value itself
FALSE = typed.Constant(False, Type.BOOLEAN)  # noqa: FBT003


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
    if is_null(left) or is_null(right):
        return NULL
    if isinstance(left, typed.Constant) and isinstance(right, typed.Constant):
        return boolean(value=ORDERS[op](left.value, right.value))
    return typed.Compare(op, left, right)


def arithmetic(op: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """``left op right`` of numbers.

    Raises:
        ValueFailed: the constants have no result.
    """
    if is_null(left) or is_null(right):
        return NULL
    if isinstance(left, typed.Constant) and isinstance(right, typed.Constant):
        return literals.of(OPERATORS[op](left.value, right.value))
    return typed.Arithmetic(op, left, right, Type.LONG if left.type is right.type is Type.LONG else Type.DOUBLE)


def call(function: Signature, arguments: tuple[typed.Expr, ...], *, ignore_case: bool) -> typed.Expr:
    """A function of arguments that are right.

    Raises:
        ValueFailed: the constants have no result.
    """
    strict = (not function.parameter(number).null_is_default for number in range(len(arguments)))
    if any(wanted and is_null(argument) for wanted, argument in zip(strict, arguments, strict=True)):
        return NULL
    if function.operator is not None:
        return arithmetic(function.operator, *arguments)
    if all(isinstance(argument, typed.Constant) for argument in arguments):
        flags = {"ignore_case": True} if ignore_case else {}
        return literals.of(
            FUNCTIONS[function.name](*(a.value for a in arguments if isinstance(a, typed.Constant)), **flags)
        )
    assert function.result is not None
    return typed.Call(function.name, arguments, ignore_case, function.result)


def membership(value: typed.Expr, constants: Sequence[typed.Constant], *, ignore_case: bool) -> typed.Expr:
    """``value in (constants)``; nulls among them are skipped."""
    if is_null(value):
        return NULL
    distinct = tuple(dict.fromkeys(c for c in constants if c.value is not None))
    if not distinct:
        return FALSE
    if isinstance(value, typed.Constant):
        return boolean(value=any(_is(value.value, each.value, ignore_case=ignore_case) for each in distinct))
    return typed.OneOf(value, distinct, ignore_case)


def _is(value: object, other: object, *, ignore_case: bool) -> bool:
    if ignore_case and isinstance(value, str) and isinstance(other, str):
        return lower(value) == lower(other)
    return value == other
