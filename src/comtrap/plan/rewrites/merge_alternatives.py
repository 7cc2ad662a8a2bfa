"""One pass for several patterns on the same value."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from comtrap.check.typed import AllOf, AnyOf, Compare, Constant, Expr, Matches, Not, OneOf
from comtrap.plan.plan import with_all_predicates
from comtrap.plan.shape import can_fail
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.plan.plan import Plan

Alike: TypeAlias = tuple[
    Expr, bool, bool | None
]  # the value, whether case is ignored, regex (None: a list of constants)


def merge_alternatives(plan: Plan) -> Plan:
    """``x : "a" or x : "b"`` becomes ``x : ("a", "b")``, and ``not x : "a" and not x : "b"`` becomes ``not x : ("a", "b")``.

    A leaf asks whether some value meets it, so leaves on the same value joined by ``or`` are one leaf. Those joined by
    ``and`` are not: each may be met by another value. Nothing is moved past an operand that can fail.
    """
    return with_all_predicates(plan, _merged)


def _merged(expr: Expr) -> Expr:
    match expr:
        case Not():
            return Not(_merged(expr.operand))
        case AllOf() | AnyOf():
            kept = tuple(_operands(expr))
            return kept[0] if len(kept) == 1 else replace(expr, operands=kept)
        case _:
            return expr


def _operands(expr: AllOf | AnyOf) -> Iterator[Expr]:
    """The operands, those that are alternatives (under ``and``: those whose negations are) merged."""
    for fails, run in groupby(map(_merged, expr.operands), can_fail):
        alike = list(run)
        yield from alike if fails else _together(alike, negated=isinstance(expr, AllOf))


def _together(operands: Iterable[Expr], *, negated: bool) -> Iterator[Expr]:
    """Merge what is alike, each where the first of its kind stood."""
    groups: dict[Alike | Expr, Expr] = {}
    for operand in operands:
        inner = operand if not negated else operand.operand if isinstance(operand, Not) else None
        alike = None if inner is None else _alike(inner)
        if inner is None or alike is None:
            groups[operand] = operand
        else:
            known = groups.get(alike)
            groups[alike] = inner if known is None else _both(known, inner)
    for kind, merged in groups.items():
        yield Not(merged) if negated and isinstance(kind, tuple) else merged


def _alike(expr: Expr) -> Alike | None:
    match expr:
        case Matches():
            return expr.value, expr.ignore_case, expr.regex
        case OneOf():
            return expr.value, expr.ignore_case, None
        case Compare(op="==", left=value, right=Constant(value=wanted)) if wanted is not None:
            return None if value.type is Type.BOOLEAN else (value, False, None)
        case _:
            return None


def _both(first: Expr, second: Expr) -> Expr:
    if isinstance(first, Matches) and isinstance(second, Matches):
        return replace(first, patterns=tuple(dict.fromkeys(first.patterns + second.patterns)))
    one, other = _one_of(first), _one_of(second)
    return replace(one, constants=tuple(dict.fromkeys(one.constants + other.constants)))


def _one_of(expr: Expr) -> OneOf:
    if isinstance(expr, OneOf):
        return expr
    assert isinstance(expr, Compare)
    assert isinstance(expr.right, Constant)
    return OneOf(expr.left, (expr.right,))
