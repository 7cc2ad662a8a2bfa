"""Which matches of the events so far the events to come cannot change."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from comtrap.plan.plan import EventPlan, SamplePlan, SequencePlan, stages

if TYPE_CHECKING:
    from comtrap.alerts.alert import Alert
    from comtrap.plan.plan import QueryPlan

_MS = 1_000_000


class Clock(NamedTuple):
    """What time it is.

    Attributes:
        now_ns: by our own clock.
        events_ns: by that of the events: as a rule, none is still to come that is older.
        late_ns: how much later than its time an event may come.
    """

    now_ns: int
    events_ns: int
    late_ns: int


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


def outlasts_ns(clock: Clock, due: float, alert: Alert) -> float:
    """How long an alert has to wait, by our own clock, until it stands whatever the events' clocks say.

    Args:
        clock: for the allowance.
        due: as `due_ns` gave it.
        alert: the same.
    """
    return clock.late_ns + max(0, due - max(e.time_ns for e in alert.evidence))


def needed(query: QueryPlan, hits: pa.Table, came_ns: np.ndarray, clock: Clock) -> pa.Table:
    """The hits of a query that matches to come can depend on.

    Args:
        query: what they are hits of.
        hits: schema HITS.
        came_ns: when each was read, by our own clock.
        clock: all that is final by it was told.
    """
    if isinstance(query, EventPlan) and not waits(query):
        return hits.slice(0, 0)
    if not isinstance(query, SequencePlan) or waits(query) or query.maxspan_ns is None:
        return hits
    # A match lies within one span. What spoils one may be a span older than it, and must not go before it does.
    spoils = [n for n, stage in enumerate(stages(query)) if n >= len(query.stages) or stage.missing]
    spans = np.where(np.isin(np.asarray(hits.column("stage")), spoils), 2, 1) * (query.maxspan_ns + _MS)
    # A time that is yet to come is not believed, or one event could be kept for ever.
    begun_ns = np.minimum(np.asarray(hits.column("time_ns")), came_ns)
    # What comes later than allowed, as from a machine that was offline, is followed by more of its kind: nothing goes
    # before it was there for a span of our own time. An event with a wrong time cannot blind a rule for the others.
    is_young = clock.events_ns - begun_ns <= spans
    is_new = clock.now_ns - came_ns <= spans + clock.late_ns
    return hits.filter(pa.array(is_young | is_new))
