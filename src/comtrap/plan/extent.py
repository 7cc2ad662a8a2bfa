"""What all events that a plan asks for have in common, so that a source can leave out others unread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.plan.plan import stages
from comtrap.plan.shape import is_dead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.plan.plan import Plan

_TIME = "@timestamp"


@dataclass(frozen=True, slots=True)
class Extent:
    """Where events are that some stage could want.

    Attributes:
        categories: of them; None for any.
        first_ns: none is before; None for no such limit.
        last_ns: none is after.
    """

    categories: frozenset[str] | None
    first_ns: int | None
    last_ns: int | None


def extent(plan: Plan) -> Extent:
    """The categories and times that a plan's stages ask for, taken together."""
    wanted = [stage for query in plan.queries for stage in stages(query) if not is_dead(stage)]
    categories = [stage.category for stage in wanted]
    named = frozenset(category for category in categories if category is not None)
    ends = [tuple(_bounds(stage.predicate)) for stage in wanted]
    firsts = [max((at for op, at in each if op == ">="), default=None) for each in ends]
    lasts = [min((at for op, at in each if op == "<="), default=None) for each in ends]
    return Extent(
        None if None in categories else named,
        None if None in firsts else min((at for at in firsts if at is not None), default=None),
        None if None in lasts else max((at for at in lasts if at is not None), default=None),
    )


def _bounds(predicate: typed.Expr) -> Iterator[tuple[str, int]]:
    """The limits that a condition sets to the time: ``>=`` or ``<=`` and nanoseconds."""
    for operand in predicate.operands if isinstance(predicate, typed.AllOf) else (predicate,):
        match operand:
            case typed.Compare(op, typed.Column(name), typed.Constant(typed.Range() as range_)) if name == _TIME:
                if op in {">", ">=", "=="}:
                    yield ">=", range_.high if op == ">" else range_.low
                if op in {"<", "<=", "=="}:
                    yield "<=", range_.low if op == "<" else range_.high
