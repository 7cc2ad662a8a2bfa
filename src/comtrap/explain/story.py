"""What became of sequences and samples, with the events themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from comtrap.explain.explanation import (
    Course,
    Difference,
    Elsewhere,
    Excepted,
    FilterOfKey,
    KeyCourses,
    KeyPart,
    Mark,
    SampleOfKey,
    SampleStory,
    SequenceStory,
    Tally,
)
from comtrap.explain.trace import Outcome

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from comtrap.explain.samples import SampleKey, Samples
    from comtrap.explain.sequences import OfKey, Sequences, Told
    from comtrap.explain.sighting import Sighting
    from comtrap.explain.stage import Stage
    from comtrap.explain.subject import Subject
    from comtrap.explain.trace import Hit
    from comtrap.match.hit import Key

Fetch: TypeAlias = "Callable[[set[int]], dict[int, Sighting]]"
"""Gives events by their numbers."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a story is told of.

    Attributes:
        stages: as written; the plan's stages are these with runs expanded.
    """

    subject: Subject
    stages: tuple[Stage, ...]
    fetch: Fetch

    def stage(self, number: int) -> Stage:
        """What was written for one of the plan's stages."""
        placed = [at for at, _ in self.subject.placed]
        return next(stage for at, stage in zip(reversed(placed), reversed(self.stages), strict=True) if at <= number)

    def shown(self, number: int) -> int:
        """One of the plan's stages as it is counted: from 1, 0 for ``until``."""
        return 0 if number == self.subject.until else number + 1

    def key(self, key: Key) -> tuple[KeyPart, ...]:
        """A key with the fields it is read from, those of several stages joined by ``=``."""
        names = zip(*((field.name for field in stage.keys) for stage in self.stages), strict=True)
        return tuple(KeyPart(" = ".join(dict.fromkeys(n)), value) for n, value in zip(names, key, strict=True))


def sequence_story(place: Place, found: Sequences, end_ns: int) -> SequenceStory:
    """All sequences, those to be shown with their events.

    Args:
        place: what it is about.
        found: all that became of the hits.
        end_ns: when the data ends.
    """
    hits = found.hits
    rows = {hit.row for one in (*found.matched, *found.ended) for told in one.told for hit in _hits(told)}
    teller = _Teller(place, hits, end_ns, place.fetch({hits.column("event")[row].as_py() for row in rows}))
    return SequenceStory(
        keys=found.keys,
        begun=found.begun,
        counts=_tallies(found.counts),
        matched=tuple(map(teller.of_key, found.matched)),
        ended=tuple(map(teller.of_key, found.ended)),
    )


def sample_story(place: Place, found: Samples) -> SampleStory:
    """All keys of a sample, those to be shown with their events."""
    seen = place.fetch({event for key in found.shown for event in key.firsts if event is not None})
    return SampleStory(
        keys=found.keys,
        matched=found.matched,
        filled=tuple(sorted(found.filled.items(), reverse=True)),
        lacking=tuple((number + 1, count) for number, count in sorted(found.lacking.items())),
        shown=tuple(_sample_of_key(place, key, seen) for key in found.shown),
    )


def _sample_of_key(place: Place, key: SampleKey, seen: dict[int, Sighting]) -> SampleOfKey:
    filters = []
    for number, (count, first) in enumerate(zip(key.counts, key.firsts, strict=True)):
        sighting = None if first is None else seen[first]
        mark = None if sighting is None else Mark(number + 1, sighting.event, 0, place.stage(number).told(sighting))
        filters.append(FilterOfKey(number + 1, count, mark))
    return SampleOfKey(place.key(key.key), tuple(filters), key.matched)


def _hits(told: Told) -> Iterator[Hit]:
    yield from told.chain.hits
    yield from (hit for hit in (told.chain.by, told.elsewhere, told.excepted) if hit is not None)
    yield from (hit for _, hit in told.spoilers)


def _tallies(counts: Counter[tuple[int, Outcome]]) -> tuple[Tally, ...]:
    order = sorted(counts.items(), key=lambda c: (c[0][1] is not Outcome.MATCHED, -c[0][0], -c[1], c[0][1].value))
    return tuple(Tally(reached, outcome, count) for (reached, outcome), count in order)


@dataclass(frozen=True, slots=True)
class _Teller:
    place: Place
    hits: pa.Table
    end_ns: int
    seen: dict[int, Sighting]

    def of_key(self, one: OfKey) -> KeyCourses:
        courses = tuple(self._course(told) for told in one.told)
        return KeyCourses(self.place.key(one.key), courses, _tallies(one.counts))

    def _course(self, told: Told) -> Course:
        chain = told.chain
        by = [hit for hit in (chain.by, *(hit for _, hit in told.spoilers)) if hit is not None]
        maxspan_ns = getattr(self.place.subject.body, "maxspan_ns", None)
        over_ns = None
        if chain.by is not None and maxspan_ns is not None:
            over_ns = max(0, chain.by.time_ns - chain.began_ns - maxspan_ns) or None
        return Course(
            reached=tuple(self._mark(hit, chain.began_ns) for hit in chain.hits),
            outcome=chain.outcome,
            by=tuple(self._mark(hit, chain.began_ns) for hit in by),
            waiting=None if chain.outcome.complete else self._positive(len(chain.hits)) + 1,
            over_ns=over_ns,
            end_ns=self.end_ns - chain.began_ns,
            elsewhere=None if told.elsewhere is None else self._elsewhere(told, told.elsewhere),
            excepted=None if told.excepted is None else self._excepted(told.excepted, chain.began_ns),
        )

    def _mark(self, hit: Hit, began_ns: int) -> Mark:
        number = int(self.hits.column("stage")[hit.row].as_py())
        sighting = self.seen[self.hits.column("event")[hit.row].as_py()]
        told = self.place.stage(number).told(sighting)
        return Mark(self.place.shown(number), sighting.event, hit.time_ns - began_ns, told)

    def _positive(self, step: int) -> int:
        """The number of the stage of a step."""
        return [at for at, stage in enumerate(self.place.subject.stages) if not stage.missing][step]

    def _excepted(self, hit: Hit, began_ns: int) -> Excepted:
        number = int(self.hits.column("stage")[hit.row].as_py())
        sighting = self.seen[self.hits.column("event")[hit.row].as_py()]
        return Excepted(self._mark(hit, began_ns), self.place.stage(number).excepted(sighting))

    def _elsewhere(self, told: Told, hit: Hit) -> Elsewhere:
        here, there = (self.hits.column("key")[row].as_py() for row in (told.chain.hits[0].row, hit.row))
        names = [part.name for part in self.place.key(tuple(here))]
        differing = [Difference(n, a, b) for n, a, b in zip(names, here, there, strict=True) if a != b]
        return Elsewhere(self._mark(hit, told.chain.began_ns), tuple(differing))
