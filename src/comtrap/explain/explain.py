"""Explaining a query, alone or on input."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.alerts.store import Store
from comtrap.events.problems import Problems
from comtrap.execute.condition import Conditions
from comtrap.execute.execute import Categories, execute
from comtrap.execute.hits import HITS
from comtrap.explain.explanation import Explanation, GivenEvent
from comtrap.explain.planned import planned
from comtrap.explain.reading import Seen, chunks, positions
from comtrap.explain.reasons import reasons
from comtrap.explain.samples import samples
from comtrap.explain.sequences import sequences
from comtrap.explain.sighting import COLUMNS, RECORD, Sighting, sightings
from comtrap.explain.stage import Stage, stages_of
from comtrap.explain.story import Place, sample_story, sequence_story
from comtrap.explain.subject import unexcepted
from comtrap.match.match import match
from comtrap.match.order import order
from comtrap.normalise.normalise import to_events
from comtrap.plan.optimise import optimise
from comtrap.plan.plan import EventPlan, SamplePlan, SequencePlan
from comtrap.sources.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.explain.reading import Chunk
    from comtrap.explain.subject import Subject
    from comtrap.plan.plan import Plan

T = TypeVar("T")

MOST_HITS = 200_000  # kept, with their records on disk; then no more
_EXCEPTED = 1  # the number under which hits are kept that exceptions take away
GIVEN = 100  # events asked for that are shown


@dataclass(frozen=True, slots=True)
class Wish:
    """What to show.

    Attributes:
        limit: of each sort of thing: events that match, near misses, keys.
        positions: show the events at these positions of their files, whatever they are.
        records: show the events with these record ids.
    """

    limit: int = 5
    positions: frozenset[int] = frozenset()
    records: frozenset[str] = frozenset()


DEFAULT = Wish()


def explain(
    subject: Subject,
    paths: Iterable[str] = (),
    wish: Wish = DEFAULT,
    progress: Progress | None = None,
) -> Explanation:
    """What a query means and, with paths, what became of every event there.

    Args:
        subject: the query.
        paths: as of a scan; without any, only the plan is told.
        wish: what to show.
        progress: told what is read, as it is read.
    """
    paths = list(paths)
    plan = planned(subject)
    if not paths:
        return Explanation(subject, plan)
    seen = Seen()
    with Store() as store:
        run = _Run(subject, wish, store)
        interrupted = False
        try:
            for chunk in chunks(paths, run.wanted, seen, progress or Progress()):
                run.take(chunk)
        except KeyboardInterrupt:
            interrupted = True
        return run.finish(Explanation(subject, plan, seen, interrupted=interrupted))


@dataclass(slots=True)
class _Run:
    """A query on its way through the input."""

    subject: Subject
    wish: Wish
    store: Store
    wanted: frozenset[str] = field(init=False)
    _stages: list[Stage] = field(init=False)
    _fast: Plan = field(init=False)
    _hits: list[pa.Table] = field(default_factory=list)
    _seen: list[Sighting] = field(default_factory=list)
    _given: list[Sighting] = field(default_factory=list)
    _failures: Counter[int] = field(default_factory=Counter)
    _kept: int = 0
    _truncated: int | None = None

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        plan = self.subject.plan
        self._fast = optimise(plan)
        self._stages = stages_of(self.subject)
        # Whoever checks a query drops what decides nothing; whoever reads the explanation wants to see its values.
        named = {name for stage in self._stages for name in stage.columns}
        self.wanted = plan.columns | COLUMNS | {plan.category_field} | named

    def take(self, chunk: Chunk) -> None:
        """Look at some events."""
        conditions = Conditions(chunk.batch)
        categories = Categories(conditions, self.subject.plan)
        for stage in self._stages:
            stage.add(chunk, conditions, categories)
        asked = self._asked(chunk)[: GIVEN - len(self._given)]
        self._given += sightings(chunk.batch, asked.tolist(), chunk.raws)
        hits = execute(self._fast, chunk.batch, self._failures)
        if self._kept >= MOST_HITS and hits.num_rows:
            self._truncated = self._kept
        else:
            self._kept += hits.num_rows
            self._keep(chunk, hits)

    def _keep(self, chunk: Chunk, hits: pa.Table) -> None:
        """Keep hits, and the records of those that may be shown: of sequences and samples that is any."""
        if not isinstance(self.subject.body, EventPlan):
            if self.subject.exceptions and isinstance(self.subject.body, SequencePlan):
                hits = pa.concat_tables([hits, self._excepted(chunk, hits)])
            self.store.keep(hits, chunk.raws)
            return
        self._hits.append(hits)
        events = hits.column("event").to_numpy()[self._ends(order(hits).tolist())]
        rows = np.flatnonzero(np.isin(np.asarray(chunk.batch.column("_event")), events))
        self._seen += sightings(chunk.batch, rows.tolist(), chunk.raws)
        self._seen = self._ends(sorted(self._seen, key=lambda s: (s.event.time_ns, s.event.number)))

    def _ends(self, ordered: list[T]) -> list[T]:
        """The first of what is in order, as many as are shown, and for the sake of pipes the last."""
        limit = self.wish.limit
        return ordered if len(ordered) <= 2 * limit else ordered[:limit] + ordered[len(ordered) - limit :]

    def _excepted(self, chunk: Chunk, hits: pa.Table) -> pa.Table:
        """The hits that exceptions take away, as those of a query of their own."""
        loose = execute(optimise(unexcepted(self.subject)), chunk.batch, Counter())
        width = np.uint64(len(self.subject.stages))  # one number for each event at each stage
        told = [t.column("event").to_numpy() * width + t.column("stage").to_numpy() for t in (loose, hits)]
        gone = loose.filter(pa.array(~np.isin(told[0], told[1])))
        return gone.set_column(0, HITS.field("query"), pa.array(np.full(gone.num_rows, _EXCEPTED, np.uint16)))

    def _asked(self, chunk: Chunk) -> np.ndarray:
        rows = positions(chunk, self.wish.positions) if self.wish.positions else np.zeros(0, np.int64)
        if self.wish.records and RECORD in chunk.batch.frame.schema.names:
            wanted = pa.array(sorted(self.wish.records), pa.string())
            rows = np.union1d(rows, np.flatnonzero(np.asarray(pc.is_in(chunk.batch.column(RECORD), wanted))))
        return rows

    def finish(self, begun: Explanation) -> Explanation:
        """All that is to be said."""
        limit = self.wish.limit
        found = replace(
            begun,
            stages=tuple(stage.count(limit) for stage in self._stages),
            given=self._given_events(),
            failures=self._failures.total(),
            truncated=self._truncated,
        )
        body = self.subject.body
        found = self._events(found, body) if isinstance(body, EventPlan) else self._story(found, body)
        return replace(found, reasons=() if found.matches else tuple(reasons(found)))

    def _given_events(self) -> tuple[GivenEvent, ...] | None:
        if not (self.wish.positions or self.wish.records):
            return None
        return tuple(GivenEvent(s.event, tuple(stage.at(s) for stage in self._stages)) for s in self._given)

    def _events(self, found: Explanation, body: EventPlan) -> Explanation:
        matches = match(body, 0, pa.concat_tables([HITS.empty_table(), *self._hits]))
        seen = {sighting.event.number: sighting for sighting in self._seen}
        shown = [seen[number] for each in matches for number in each.events if number is not None and number in seen]
        # Of those that were not kept, the funnel knows how many there are.
        whole = self._truncated is not None and not body.pipes
        return replace(
            found,
            matches=found.stages[0].held if whole else len(matches),
            shown=tuple(map(self._stages[0].shown, shown[: self.wish.limit])),
        )

    def _story(self, found: Explanation, body: SequencePlan | SamplePlan) -> Explanation:
        hits = self.store.hits(0)
        found = replace(found, matches=len(match(body, 0, hits)))
        place = Place(self.subject, tuple(self._stages), self._sightings)
        if isinstance(body, SamplePlan):
            return replace(found, sample=sample_story(place, samples(body, hits, self.wish.limit)))
        end_ns = (found.seen.last_ns if found.seen is not None else None) or 0
        traced = sequences(body, hits, end_ns, self.wish.limit, self.store.hits(_EXCEPTED))
        return replace(found, sequence=sequence_story(place, traced, end_ns))

    def _sightings(self, numbers: set[int]) -> dict[int, Sighting]:
        """Some of the events that hit, read again from what was kept."""
        self.store.database.execute("create table shown (event integer primary key)")
        self.store.database.executemany("insert into shown values (?)", ((number,) for number in sorted(numbers)))
        found: dict[int, Sighting] = {}
        for raw in self.store.records("shown"):
            batch = to_events(raw, self.wanted, Problems())
            rows = np.flatnonzero(np.isin(np.asarray(batch.column("_event")), np.array(sorted(numbers), np.uint64)))
            found |= {each.event.number: each for each in sightings(batch, rows.tolist(), [raw])}
        return found
