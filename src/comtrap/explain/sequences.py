"""The sequences among the hits of a query, matched or not, by key."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.execute.hits import HITS
from comtrap.explain.spoilers import spoilers
from comtrap.explain.trace import Chain, Hit, Outcome, trace
from comtrap.match.keys import codes
from comtrap.match.match import match
from comtrap.match.order import order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.match.hit import Key, Match
    from comtrap.plan.plan import SequencePlan

CHAINS = 3  # of one key that are shown
_LOOKED_AT = 200  # hits of other keys, for the one that differs least


@dataclass(frozen=True, slots=True)
class Told:
    """A sequence as far as it came, and what it would have needed.

    Attributes:
        chain: as `trace` gives it, the outcome put right by what `match` says.
        spoilers: of one with an event too many, that event (or two), each with its stage.
        elsewhere: the hit that would have continued it but for its key.
        excepted: the hit that would have continued it, had an exception not removed the event.
    """

    chain: Chain
    spoilers: tuple[tuple[int, Hit], ...] = ()
    elsewhere: Hit | None = None
    excepted: Hit | None = None


@dataclass(slots=True)
class OfKey:
    """The sequences of one key.

    Attributes:
        told: the most advanced, at most `CHAINS`.
        counts: all, by how many steps they reached and what became of them.
    """

    key: Key
    told: list[Told] = field(default_factory=list)
    counts: Counter[tuple[int, Outcome]] = field(default_factory=Counter)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """How advanced its best sequence is; the longer ago, the more."""
        chain = self.told[0].chain
        return chain.outcome is Outcome.MATCHED, len(chain.hits), -chain.began_ns


@dataclass(slots=True)
class Sequences:
    """What became of all that was begun.

    Attributes:
        hits: what the rows of hits are of: those that count, then those that exceptions remove.
        keys: how many keys there are.
        begun: how many of them have a sequence.
        counts: all sequences, by how many steps they reached and what became of them.
        matched: the keys with a match to show, the earliest first.
        ended: the keys without one, the most advanced first.
    """

    hits: pa.Table
    keys: int = 0
    begun: int = 0
    counts: Counter[tuple[int, Outcome]] = field(default_factory=Counter)
    matched: list[OfKey] = field(default_factory=list)
    ended: list[OfKey] = field(default_factory=list)


def sequences(
    query: SequencePlan, hits: pa.Table, end_ns: int, most: int, excepted: pa.Table | None = None
) -> Sequences:
    """Trace every key.

    Args:
        query: what the hits are of.
        hits: schema HITS, in any order.
        end_ns: when the data ends.
        most: keys with a match to show, and keys without.
        excepted: schema HITS; hits that would be, were there no exceptions.
    """
    table = _Table(query, hits, HITS.empty_table() if excepted is None else excepted)
    judge = _Judge(query, hits)
    found = Sequences(table.hits)
    kept: tuple[list[tuple[tuple[bool, int, int], int, OfKey]], ...] = ([], [])
    for number, rows in enumerate(table.by_key()):
        found.keys += 1
        one = _of_key(query, table, judge, (rows, end_ns))
        if not one.told:
            continue
        found.begun += 1
        found.counts.update(one.counts)
        heap = kept[0 if one.rank[0] else 1]
        heapq.heappush(heap, (one.rank, -number, one))
        if len(heap) > most:
            heapq.heappop(heap)
    found.matched, found.ended = ([one for *_, one in sorted(heap, reverse=True)] for heap in kept)
    for one in (*found.matched, *found.ended):
        one.told = [table.with_others(told, query.maxspan_ns) for told in one.told]
    return found


class _Table:
    """The hits as numbers, in the order in which the state machine takes them."""

    def __init__(self, query: SequencePlan, counting: pa.Table, excepted: pa.Table) -> None:
        hits = pa.concat_tables([counting, excepted]).combine_chunks()
        self.counts = np.arange(hits.num_rows) < counting.num_rows
        positive = [at for at, stage in enumerate(query.stages) if not stage.missing]
        step = np.full(len(query.stages) + 1, -1, dtype=np.int64)
        step[positive] = range(len(positive))
        step[len(query.stages)] = len(positive)
        self.last = len(positive) - 1
        self.hits = hits
        self.stages = hits.column("stage").to_numpy()
        self.steps = step[self.stages]
        self.times = hits.column("time_ns").to_numpy()
        self.events = hits.column("event").to_numpy()
        self.code = codes(hits, len(query.stages[0].keys))
        # As in `match`: within one event the last step comes first, and until after all.
        self.rows = order(hits, np.where(self.steps > self.last, self.steps, self.last - self.steps))
        self.rank = np.empty(len(self.rows), np.int64)
        self.rank[self.rows] = np.arange(len(self.rows))

    def by_key(self) -> Iterator[np.ndarray]:
        """The rows of each key, in order."""
        rows = self.rows[self.counts[self.rows]]
        if len(rows):
            grouped = rows[np.argsort(self.code[rows], kind="stable")]
            yield from np.split(grouped, np.flatnonzero(np.diff(self.code[grouped])) + 1)

    def key(self, row: int) -> Key:
        """A hit's key."""
        return tuple(self.hits.column("key")[row].as_py())

    def taken(self, rows: np.ndarray) -> Iterator[Hit]:
        """Rows as hits."""
        columns = (rows.tolist(), self.steps[rows].tolist(), self.times[rows].tolist())
        return (Hit(*each) for each in zip(*columns, strict=True))

    def with_others(self, told: Told, maxspan_ns: int | None) -> Told:
        """With the hits that fit next but for their key, or but for an exception.

        Of those of other keys the one whose key differs least, and of several the earliest.
        """
        chain = told.chain
        if chain.outcome not in {Outcome.OPEN, Outcome.EXPIRED}:
            return told
        rows = self.rows[self.rank[chain.hits[-1].row] + 1 :]
        rows = rows[self.steps[rows] == len(chain.hits)]
        if maxspan_ns is not None:
            rows = rows[self.times[rows] - chain.began_ns <= maxspan_ns]
        own = self.code[rows] == self.code[chain.hits[0].row]
        excepted, others = rows[own][:1], rows[~own & self.counts[rows]][:_LOOKED_AT]
        key = self.key(chain.hits[0].row)
        differing = [sum(a != b for a, b in zip(key, self.key(row), strict=True)) for row in others.tolist()]
        nearest = others[np.argsort(differing, kind="stable")[:1]]
        return replace(told, elsewhere=next(self.taken(nearest), None), excepted=next(self.taken(excepted), None))


class _Judge:
    """What `match` says of complete sequences."""

    def __init__(self, query: SequencePlan, hits: pa.Table) -> None:
        self._kept = set(map(_identity, match(query, 0, hits)))
        whole = replace(query, pipes=())
        self._whole = set(map(_identity, match(whole, 0, hits))) if query.pipes else self._kept

    def outcome(self, key: Key, events: tuple[int, ...]) -> Outcome:
        """What became of it."""
        if (key, events) in self._kept:
            return Outcome.MATCHED
        return Outcome.CUT if (key, events) in self._whole else Outcome.PRESENT


def _identity(found: Match) -> tuple[Key, tuple[int, ...]]:
    return found.key, tuple(event for event in found.events if event is not None)


def _of_key(query: SequencePlan, table: _Table, judge: _Judge, given: tuple[np.ndarray, int]) -> OfKey:
    rows, end_ns = given
    one = OfKey(table.key(int(rows[0])))
    steps = table.steps[rows]
    missing = [(int(table.stages[hit.row]), hit) for hit in table.taken(rows[steps < 0])]
    best: list[tuple[tuple[bool, int, int, int], Told]] = []
    chains = trace(table.taken(rows[steps >= 0]), table.last, query.maxspan_ns, end_ns)
    for number, chain in enumerate(_judged(chains, one.key, table, judge)):
        one.counts[len(chain.hits), chain.outcome] += 1
        rank = (chain.outcome is Outcome.MATCHED, len(chain.hits), -chain.began_ns, -number)
        if len(best) < CHAINS or rank > best[0][0]:
            found = spoilers(query, chain.hits, missing) if chain.outcome is Outcome.PRESENT else ()
            heapq.heappush(best, (rank, Told(chain, found)))
            if len(best) > CHAINS:
                heapq.heappop(best)
    one.told = [told for _, told in sorted(best, key=lambda each: each[0], reverse=True)]
    return one


def _judged(chains: Iterable[Chain], key: Key, table: _Table, judge: _Judge) -> Iterator[Chain]:
    for chain in chains:
        if chain.outcome is Outcome.MATCHED:
            events = tuple(int(table.events[hit.row]) for hit in chain.hits)
            yield replace(chain, outcome=judge.outcome(key, events))
        else:
            yield chain
