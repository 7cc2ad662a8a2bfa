"""Which matches of the events so far the events to come cannot change."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.plan.plan import EventPlan, SamplePlan, SequencePlan, stages

if TYPE_CHECKING:
    from comtrap.alerts.alert import Alert
    from comtrap.plan.plan import QueryPlan

_MS = 1_000_000


def waits(query: QueryPlan) -> bool:
    """Whether nothing can be said of a query before its last event: it has pipes, or no order."""
    return bool(query.pipes) or isinstance(query, SamplePlan)


def due_ns(query: QueryPlan, alert: Alert) -> float:
    """When an alert stands: once no event is to come that is not later than this. Infinity for the end only.

    Args:
        query: what it is a match of.
        alert: one of the alerts of the events so far.
    """
    if waits(query):
        return inf
    if not isinstance(query, SequencePlan):
        return -inf
    times = [e.time_ns for e in alert.evidence if e.part is None]
    if not any(stage.missing for stage in query.stages):
        return max(times)
    # What must be missing may come until the window that begins with the first event is over.
    return inf if query.maxspan_ns is None else min(times) + query.maxspan_ns + _MS


def needed(query: QueryPlan, hits: pa.Table, clock_ns: int) -> pa.Table:
    """The hits of a query that matches to come can depend on.

    Args:
        query: what they are hits of.
        hits: schema HITS.
        clock_ns: no event before this time is still to come, and all that is final at this time was told.
    """
    if isinstance(query, EventPlan) and not waits(query):
        return hits.slice(0, 0)
    if not isinstance(query, SequencePlan) or waits(query) or query.maxspan_ns is None:
        return hits
    # A match lies within one span. What spoils one may be a span older than it, and must not go before it does.
    spoils = [n for n, stage in enumerate(stages(query)) if n >= len(query.stages) or stage.missing]
    age = clock_ns - np.asarray(hits.column("time_ns"))
    spans = np.where(np.isin(np.asarray(hits.column("stage")), spoils), 2, 1)
    return hits.filter(pa.array(age <= spans * (query.maxspan_ns + _MS)))
