"""Single events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.match.hit import Match
from comtrap.match.order import order
from comtrap.match.pipes import kept

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from comtrap.match.pipes import Limits
    from comtrap.plan.plan import EventPlan


def single(query: EventPlan, number: int, hits: pa.Table, limits: Limits) -> list[Match]:
    """One match a hit, in the order of events, cut by pipes and limits."""
    return [Match(number, (), (event,)) for event in ordered(query, hits, limits).tolist()]


def ordered(query: EventPlan, hits: pa.Table, limits: Limits) -> np.ndarray[Any, Any]:
    """The same as the numbers of the events alone, for answers of any size."""
    rows = order(hits)[kept(hits.num_rows, query.pipes, limits)]
    return hits.column("event").to_numpy()[rows]
