"""Hits to matches: the only step that needs the order of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.match.pipes import ALL, Limits
from comtrap.match.sample import sample
from comtrap.match.sequence import sequence
from comtrap.match.single import single
from comtrap.plan.plan import EventPlan, QueryPlan, SamplePlan, SequencePlan

if TYPE_CHECKING:
    import pyarrow as pa

    from comtrap.match.hit import Match

__all__ = ["ALL", "Limits", "match"]


def match(query: QueryPlan, number: int, hits: pa.Table, limits: Limits = ALL) -> list[Match]:
    """The matches of one query, by the order of their last event, then key; samples by key.

    A match's key is text, null kept; the dates among a sample's keys are milliseconds since 1970, those of a sequence
    as in the hits.

    Args:
        query: what the hits are of.
        number: the query's number, for the matches.
        hits: schema HITS; all hits of this query and of no other, in any order.
        limits: how many to give; pipes of the query apply in any case.
    """
    match query:
        case EventPlan():
            return single(query, number, hits, limits)
        case SequencePlan():
            return sequence(query, number, hits, limits)
        case SamplePlan():
            return sample(query, number, hits, limits)
