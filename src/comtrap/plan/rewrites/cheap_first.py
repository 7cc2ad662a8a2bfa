"""Cheap conditions before dear ones."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from comtrap.check.typed import AllOf, AnyOf, Arithmetic, Call, Expr, Matches, Not
from comtrap.plan.plan import with_all_predicates
from comtrap.plan.shape import can_fail, columns_of, parts, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.plan.plan import Plan

LONG_TEXTS = (
    "command_line",
    "args",
    "script_block_text",
    "registry.data.strings",
    "winlog.event_data.",
    "powershell.",
    "Payload",
)
"""What names of columns with many distinct and long values contain."""


def cheap_first(plan: Plan) -> Plan:
    """Operands of ``and`` and ``or`` in order of cost, so that the dear ones see only events the cheap ones left open.

    Nothing is moved past an operand that can fail: it fails on the same events as before.
    """
    return with_all_predicates(plan, _ordered)


def _ordered(expr: Expr) -> Expr:
    match expr:
        case Not():
            return Not(_ordered(expr.operand))
        case AllOf() | AnyOf():
            return replace(expr, operands=tuple(_by_cost(map(_ordered, expr.operands))))
        case _:
            return expr


def _by_cost(operands: Iterable[Expr]) -> Iterable[Expr]:
    for fails, run in groupby(operands, can_fail):
        alike = list(run)
        yield from alike if fails else sorted(alike, key=cost)


@lru_cache(maxsize=65_536)
def cost(expr: Expr) -> int:
    """A guess at what deciding the condition costs for an event; comparing a short text is 1."""
    if isinstance(expr, Not | AllOf | AnyOf):
        return sum(map(cost, parts(expr)))
    names = columns_of(expr)
    if not names:
        return 0
    dear = 20 * sum(any(part in name for part in LONG_TEXTS) for name in names)
    return sum(map(_work, walk(expr))) * (1 + dear) * len(names) ** 2


def _work(expr: Expr) -> int:
    match expr:
        case Matches():
            return 2 if expr.regex or any("*" in p or "?" in p for p in expr.patterns) else 1
        case Call() | Arithmetic():
            return 8
        case AllOf() | AnyOf() | Not():
            return 0
        case _:
            return 1 if not parts(expr) else 0
