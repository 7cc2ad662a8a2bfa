"""Hits that come in the order of time to matches, with no more of them held than matches to come can depend on.

What is held is bounded by the query and not by how many hits there are: those of one `maxspan` (three where events must
be missing); without `maxspan` one sequence that is begun for each key and stage; of a sample the first events of each key
and stage; for ``head`` and ``tail`` as many as are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.execute.hits import HITS
from comtrap.match.match import match
from comtrap.match.order import order
from comtrap.match.pipes import kept
from comtrap.match.sample import first_of_each
from comtrap.match.sequence import unfinished
from comtrap.plan.plan import EventPlan, SamplePlan, SequencePlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.match.hit import Match
    from comtrap.plan.plan import QueryPlan

TOGETHER = 250_000  # hits looked at at once, at least: a state machine is dear to start
MOST = 10_000_000  # hits that may have to be held: some 2 GiB

_SLACK_NS = 2_000_000  # what must be missing is told by whole milliseconds


class TooManyHitsError(ValueError):
    """A query whose matches depend on more hits than can be held at once."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many hits are held.

    Attributes:
        together: so many are looked at at once, at least.
        most: what is needed of those before them may be so many.
    """

    together: int = TOGETHER
    most: int = MOST


def streamed(query: QueryPlan, number: int, hits: Iterable[pa.Table], room: Room = Room()) -> Iterator[list[Match]]:
    """The matches of one query, in the order `match` gives them, some at a time.

    Args:
        query: what the hits are of.
        number: the query's number, for the matches.
        hits: schema HITS, all hits of the query by ascending time.
        room: how many are held.

    Raises:
        TooManyHitsError: matches depend on more hits than there is room for.
    """
    if isinstance(query, SequencePlan) and query.pipes:
        yield _piped(query, number, hits, room)
        return
    if isinstance(query, EventPlan) and not query.pipes:
        yield from (match(query, number, some) for some in hits)
        return
    state = _State(query, number)
    held: list[pa.Table] = []
    count, enough = 0, room.together
    for some in hits:
        held.append(some)
        count += some.num_rows
        if count < enough:
            continue
        together = pa.concat_tables(held)
        yield state.matches(together, together.column("time_ns")[-1].as_py())
        left = state.needed(together)
        held, count = [left], left.num_rows
        if count > room.most:
            raise TooManyHitsError(_too_many(query, count, room.most))
        # Twice what stays, so that no hit is looked at more than a few times on average; less where that is too many.
        enough = max(count + room.together, min(2 * count, room.most))
    yield state.matches(pa.concat_tables([HITS.empty_table(), *held]), inf)


@dataclass(slots=True)
class _State:
    """How far the matches of a query were given.

    Attributes:
        query: has no pipes if it is a sequence.
        number: of the query.
        until_ns: no more hits before this time will come.
        given_ns: all matches before this time were given.
    """

    query: QueryPlan
    number: int
    until_ns: float = field(default=-inf, init=False)
    given_ns: float = field(default=-inf, init=False)

    def matches(self, hits: pa.Table, until_ns: float) -> list[Match]:
        """Those that are certain and were not given yet.

        Args:
            hits: all that `needed` gave before, and all that came since.
            until_ns: later hits are not earlier than this.
        """
        self.until_ns = until_ns
        if not isinstance(self.query, SequencePlan):
            return match(self.query, self.number, hits) if until_ns == inf else []
        begin_ns, self.given_ns = self.given_ns, max(self.given_ns, until_ns - self._wait_ns(self.query))
        if self.given_ns == begin_ns:
            return []
        found = match(self.query, self.number, hits)
        times = _times(hits, [next(e for e in reversed(m.events) if e is not None) for m in found])
        return [m for m, time_ns in zip(found, times, strict=True) if begin_ns <= time_ns < self.given_ns]

    def needed(self, hits: pa.Table) -> pa.Table:
        """Of all that was needed and all that came since, what matches to come can depend on."""
        match self.query:
            case EventPlan():
                first = self.query.pipes[0]
                return hits.take(pa.array(order(hits)[kept(hits.num_rows, [first])]))
            case SamplePlan():
                return first_of_each(self.query, hits)
            case SequencePlan(maxspan_ns=span_ns) if span_ns is not None:
                return hits.filter(pc.greater_equal(hits.column("time_ns"), int(self.given_ns) - span_ns - _SLACK_NS))
            case SequencePlan():
                if any(stage.missing for stage in self.query.stages):
                    return hits
                over = pc.less(hits.column("time_ns"), self.until_ns)
                return pa.concat_tables([unfinished(self.query, hits.filter(over)), hits.filter(pc.invert(over))])

    def _wait_ns(self, query: SequencePlan) -> float:
        """For how long after its last event a match may still be spoilt."""
        if not any(stage.missing for stage in query.stages):
            return 0
        return inf if query.maxspan_ns is None else query.maxspan_ns + _SLACK_NS


def _piped(query: SequencePlan, number: int, hits: Iterable[pa.Table], room: Room) -> list[Match]:
    """The first pipe as matches come, the others at the end."""
    first, *others = query.pipes
    found: list[Match] = []
    for some in streamed(replace(query, pipes=()), number, hits, room):
        found += some
        found = found[kept(len(found), [first])]
    return found[kept(len(found), others)]


def _times(hits: pa.Table, events: list[int]) -> np.ndarray[Any, Any]:
    numbers, rows = np.unique(hits.column("event").to_numpy(), return_index=True)
    places = np.searchsorted(numbers, np.array(events, np.uint64))
    return hits.column("time_ns").to_numpy()[rows[places]]


def _too_many(query: QueryPlan, count: int, most: int) -> str:
    span = isinstance(query, SequencePlan) and query.maxspan_ns is not None
    return (
        f"the rule {query.name} has {count:,} hits that share a key, or a bucket of keys, and"
        f" {'lie within one maxspan' if span else 'may all be in a match to come'}; {most:,} can be held:"
        f" narrow its stages, give it {'a shorter' if span else 'a'} maxspan, or another key"
    )
