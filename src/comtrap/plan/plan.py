"""What to run: stateless stages, and how their hits join."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from comtrap.check.typed import Expr, Pipe, Stage


@dataclass(frozen=True, slots=True)
class EventPlan:
    """Single events. `name` tells queries apart in messages (a rule's id)."""

    name: str
    stage: Stage
    pipes: tuple[Pipe, ...] = ()


@dataclass(frozen=True, slots=True)
class SequencePlan:
    """Ordered events. Runs are expanded; `stages` includes those that are missing, in written order."""

    name: str
    stages: tuple[Stage, ...]
    until: Stage | None = None
    maxspan_ns: int | None = None
    pipes: tuple[Pipe, ...] = ()


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """Unordered events that share their keys."""

    name: str
    stages: tuple[Stage, ...]
    pipes: tuple[Pipe, ...] = ()


QueryPlan: TypeAlias = EventPlan | SequencePlan | SamplePlan


@dataclass(frozen=True, slots=True)
class Plan:
    """All queries of one run, by number.

    Attributes:
        queries: a hit's ``query`` is an index into this.
        columns: dotted field names that a source must supply, and no more; the category field included where asked for.
        category_field: where documents keep their category.
        tuples_first: whether conditions are decided on the distinct tuples of cheap columns before any event is looked at.
        counted: how many of the last queries are only counted: their hits go nowhere.
    """

    queries: tuple[QueryPlan, ...]
    columns: frozenset[str]
    category_field: str = "event.category"
    tuples_first: bool = False
    counted: int = 0


def stages(query: QueryPlan) -> Iterator[Stage]:
    """The stages of a query in the order that numbers its hits: as written, ``until`` last."""
    match query:
        case EventPlan():
            yield query.stage
        case SequencePlan():
            yield from query.stages
            if query.until is not None:
                yield query.until
        case SamplePlan():
            yield from query.stages


def with_stages(query: QueryPlan, change: Callable[[Stage], Stage]) -> QueryPlan:
    """The query with every stage changed."""
    match query:
        case EventPlan():
            return replace(query, stage=change(query.stage))
        case SequencePlan():
            until = None if query.until is None else change(query.until)
            return replace(query, stages=tuple(map(change, query.stages)), until=until)
        case SamplePlan():
            return replace(query, stages=tuple(map(change, query.stages)))


def with_predicates(query: QueryPlan, change: Callable[[Expr], Expr]) -> QueryPlan:
    """The query with every stage's predicate changed."""
    return with_stages(query, lambda stage: replace(stage, predicate=change(stage.predicate)))


def with_all_predicates(plan: Plan, change: Callable[[Expr], Expr]) -> Plan:
    """The plan with every stage's predicate of every query changed."""
    return replace(plan, queries=tuple(with_predicates(query, change) for query in plan.queries))
