"""Which keys have events for which filters of a sample."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from comtrap.match.keys import codes, types
from comtrap.match.match import match
from comtrap.match.sample import shown_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from comtrap.match.hit import Key
    from comtrap.plan.plan import SamplePlan


@dataclass(frozen=True, slots=True)
class SampleKey:
    """One key.

    Attributes:
        counts: how many events each filter has.
        firsts: the first event of each filter, or None; of a match, the events that were chosen.
        matched: whether there is a sample of this key.
    """

    key: Key
    counts: tuple[int, ...]
    firsts: tuple[int | None, ...]
    matched: bool

    @property
    def filled(self) -> int:
        """How many filters have an event."""
        return sum(count > 0 for count in self.counts)


@dataclass(slots=True)
class Samples:
    """All keys.

    Attributes:
        keys: how many there are.
        filled: keys by how many filters have an event.
        matched: how many have a sample.
        lacking: keys that lack only this filter, by its number.
        shown: keys with a match, then the others, those with the most filters first.
    """

    keys: int = 0
    filled: Counter[int] = field(default_factory=Counter)
    matched: int = 0
    lacking: Counter[int] = field(default_factory=Counter)
    shown: list[SampleKey] = field(default_factory=list)


def samples(query: SamplePlan, hits: pa.Table, most: int) -> Samples:
    """What each key has and lacks.

    Args:
        query: what the hits are of.
        hits: schema HITS, in any order.
        most: keys with a match to show, and keys without.
    """
    found = Samples()
    kept: tuple[list[tuple[int, int, SampleKey]], ...] = ([], [])
    for key in _keys(query, hits):
        _count(found, key)
        heap = kept[0 if key.matched else 1]
        heapq.heappush(heap, (key.filled, -found.keys, key))
        if len(heap) > most:
            heapq.heappop(heap)
    found.shown = [key for heap in kept for *_, key in sorted(heap, reverse=True)]
    return found


def _keys(query: SamplePlan, hits: pa.Table) -> Iterator[SampleKey]:
    """The keys, the one of the earliest event first."""
    width = len(query.stages)
    stage, event = hits.column("stage").to_numpy(), hits.column("event").to_numpy()
    code = codes(hits, len(query.stages[0].keys))
    chosen = {found.key: found.events for found in match(query, 0, hits)}
    kinds = types(query.stages)
    rows = np.lexsort([event, stage, code])
    for group in np.split(rows, np.flatnonzero(np.diff(code[rows])) + 1) if len(rows) else ():
        starts = np.searchsorted(stage[group], range(width)).tolist()
        counts = np.bincount(stage[group], minlength=width).tolist()
        events = event[group].tolist()
        firsts = [events[at] if count else None for at, count in zip(starts, counts, strict=True)]
        key = tuple(hits.column("key")[int(group[0])].as_py())
        shown = shown_key(key, kinds)
        yield SampleKey(key, tuple(counts), chosen.get(shown, tuple(firsts)), shown in chosen)


def _count(found: Samples, key: SampleKey) -> None:
    found.keys += 1
    found.filled[key.filled] += 1
    found.matched += key.matched
    if key.filled == len(key.counts) - 1:
        found.lacking[key.counts.index(0)] += 1
