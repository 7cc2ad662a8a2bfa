"""From checked queries to a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.plan.plan import EventPlan, Plan, QueryPlan, SamplePlan, SequencePlan, stages
from comtrap.plan.shape import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def query_plan(name: str, query: typed.Query) -> QueryPlan:
    """What to run for one query; `name` tells it apart in messages."""
    match query.body:
        case typed.EventQuery():
            return EventPlan(name, query.body.stage, query.pipes)
        case typed.Sequence():
            return SequencePlan(name, query.body.stages, query.body.until, query.body.maxspan_ns, query.pipes)
        case typed.Sample():
            return SamplePlan(name, query.body.stages, query.pipes)


def build(queries: Iterable[QueryPlan], category_field: str = "event.category") -> Plan:
    """A plan of queries, numbered in the order given."""
    queries = tuple(queries)
    every = [stage for query in queries for stage in stages(query)]
    columns = {name for stage in every for name in _columns(stage)}
    if any(stage.category is not None for stage in every):
        columns.add(category_field)
    return Plan(queries, frozenset(columns), category_field)


def _columns(stage: typed.Stage) -> Iterator[str]:
    yield from columns_of(stage.predicate)
    yield from (key.column.name for key in stage.keys if key.column is not None)
