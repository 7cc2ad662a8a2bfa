"""Leaves out what decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.check.typed import AllOf, AnyOf, Constant, Expr, Not
from comtrap.plan.plan import with_all_predicates
from comtrap.plan.shape import can_fail
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.plan.plan import Plan


def fold_constants(plan: Plan) -> Plan:
    """``and`` and ``or`` without constants, repeats and nesting; ``not not`` taken away.

    Nothing that can fail is dropped or passed over: an event on which a condition fails is counted all the same.
    """
    return with_all_predicates(plan, folded)


def folded(expr: Expr) -> Expr:
    """A condition without what decides nothing."""
    match expr:
        case Not():
            return _negated(folded(expr.operand))
        case AllOf():
            return _joined(AllOf, expr.operands)
        case AnyOf():
            return _joined(AnyOf, expr.operands)
        case Constant(value=None):  # above the leaves null is false
            return _constant(value=False)
        case _:
            return expr


def _constant(*, value: bool) -> Constant:
    return Constant(value, Type.BOOLEAN)


def _negated(operand: Expr) -> Expr:
    match operand:
        case Constant():
            return _constant(value=operand.value is not True)
        case Not():
            return operand.operand
        case _:
            return Not(operand)


def _joined(kind: type[AllOf | AnyOf], operands: tuple[Expr, ...]) -> Expr:
    deciding = kind is AnyOf  # the constant that decides the whole; the other one adds nothing
    kept: list[Expr] = []
    there: set[Expr] = set()
    for operand in _flat(kind, operands):
        if isinstance(operand, Constant):
            if operand.value is deciding:
                kept.append(operand)
                break  # nothing after it is ever evaluated
        elif operand not in there or can_fail(operand):
            kept.append(operand)
            there.add(operand)
    if kept and isinstance(kept[-1], Constant) and not any(map(can_fail, kept)):
        return kept[-1]
    if not kept:
        return _constant(value=not deciding)
    return kept[0] if len(kept) == 1 else kind(tuple(kept))


def _flat(kind: type[AllOf | AnyOf], operands: tuple[Expr, ...]) -> Iterator[Expr]:
    for operand in map(folded, operands):
        if isinstance(operand, kind):
            yield from operand.operands
        else:
            yield operand
