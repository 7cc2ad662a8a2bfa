"""Some inputs of a run: from their bytes to hits and the records they are of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.concat import concat
from comtrap.events.problems import Problems
from comtrap.events.wanted import Narrowing, Wanted
from comtrap.execute.execute import execute
from comtrap.normalise.normalise import raw_columns, to_events
from comtrap.normalise.script_blocks import ScriptBlocks, divided, joined
from comtrap.normalise.source import SOURCE, sources
from comtrap.plan.extent import extent
from comtrap.plan.plan import stages
from comtrap.rules.reach import met, reached
from comtrap.scanning.kinds import Kinds
from comtrap.sources.batches import LARGE_BYTES
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.read import read
from comtrap.sources.walk import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from comtrap.alerts.store import Store
    from comtrap.events.batch import EventBatch
    from comtrap.events.raw import RawBatch
    from comtrap.plan.plan import Plan
    from comtrap.scanning.kinds import Use
    from comtrap.sources.pieces import Piece
    from comtrap.sources.progress import Progress

ROWS = 50_000  # events put together before the rules run over them: small batches cost more than they find
HELD_BYTES = 96 << 20
"""How much of records is held for them, about, at most: one may be of many megabytes."""

HELD_LARGE_BYTES = 16 << 20
"""How much is held of them if they are larger than `LARGE_BYTES` on average."""

EVENTS_BYTES = 32 << 20
"""How much the events put together may take, about: what looks at them makes several copies."""

Input: TypeAlias = tuple[int, str]
"""A path with its number in the run."""


@dataclass(slots=True)
class Tally:
    """What a run counts.

    Attributes:
        read: records that became events.
        reached: events that some rule could have matched.
        sources: events by their source: ``sysmon``, ``security`` …
        met: the stages, by query and place, for which there was an event of their index and category.
        failures: by query, events on which its condition failed and was taken as false.
        removed: by query of those that are only counted, the events that met one of its stages.
    """

    read: int = 0
    reached: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    met: set[tuple[int, int]] = field(default_factory=set)
    failures: Counter[int] = field(default_factory=Counter)
    removed: Counter[int] = field(default_factory=Counter)
    problems: Problems = field(default_factory=Problems)

    @property
    def events(self) -> int:
        """Records seen, decodable or not."""
        return self.read + self.problems.skipped.total()

    def usable(self, inputs: Iterable[Input]) -> bool:
        """Whether there were records, or some input was read without a failure of it or of a member of it."""
        paths = {printable(path) for _, path in inputs}
        # Members' names may have any number of these marks: only where a path could end is looked at.
        lengths = {len(path) for path in paths}
        failed = {name[:end] for name in self.problems.failed for end in lengths if name[end : end + 1] in {"", "!"}}
        return self.events > 0 or not paths <= failed

    def add(self, other: Tally) -> None:
        """Take over what another part of the run counted."""
        self.read += other.read
        self.reached += other.reached
        self.sources.update(other.sources)
        self.met |= other.met
        self.failures.update(other.failures)
        self.removed.update(other.removed)
        self.problems.add(other.problems)


@dataclass(slots=True)
class Part:
    """A part of a run, in one process. What cannot be read is in the tally; everything else ends in the store.

    Attributes:
        plan: the rules.
        manner: how inputs are read.
        kinds: what another part with this plan knows of kinds, None for nothing yet.
        wanted: what sources are to decode for them.
        newest_ns: the time of the newest event that a rule looked at; None for none.
    """

    plan: Plan
    store: Store
    tally: Tally
    manner: Manner = ORDINARY
    kinds: Kinds | None = None
    _kinds: Kinds = field(init=False)
    wanted: Wanted = field(init=False)
    _pairs: dict[Use, list[tuple[RawBatch, EventBatch]]] = field(default_factory=dict)
    _rows: int = 0
    newest_ns: int | None = field(default=None, init=False)
    _held_bytes: int = 0
    _events_bytes: int = 0

    def __post_init__(self) -> None:
        """Look at the rules by kinds of events."""
        self._kinds = Kinds(self.plan) if self.kinds is None else self.kinds
        category = self.plan.category_field
        where = extent(self.plan)
        categories = where.categories if category == "event.category" else None
        counted = raw_columns(frozenset({SOURCE, "_index", category}))
        queries = tuple(tuple(stages(query)) for query in self.plan.queries)
        told = queries if category == "event.category" else None
        narrowing = Narrowing(categories, where.first_ns, where.last_ns, counted, told)
        self.wanted = Wanted(raw_columns(self.plan.columns | {SOURCE, category}), self._kinds.raw, narrowing)

    def run(self, inputs: Iterable[Input], progress: Progress) -> None:
        """Read inputs to their end; events of several small ones are put together."""
        for one in inputs:
            self.read(one, progress)
        self.finish()

    def read(
        self,
        one: Input,
        progress: Progress,
        piece: Piece | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Read an input, or some records of it, to its end or until stopped; `finish` looks at what is left.

        Parts of script blocks in a piece wait in the store for those of other pieces.
        """
        number, path = one
        raws = read(path, number, self.wanted, self.tally.problems, piece, manner=self.manner, progress=progress)
        for raw in joined(raws) if piece is None else self._whole(raws):
            self._take(raw)
            if stopped():
                break

    def run_some(self, raws: Iterable[RawBatch]) -> None:
        """Take some records of a file that were read with `wanted`; parts of script blocks wait in the store."""
        for raw in self._whole(raws):
            self._take(raw)
        self.finish()

    def _whole(self, raws: Iterable[RawBatch]) -> Iterator[RawBatch]:
        """Batches without the parts of script blocks."""
        for raw in raws:
            rest, parts = divided(raw)
            if parts is not None:
                self.store.defer(parts)
            if rest is not None:
                yield rest

    def run_whole(self, raws: Iterable[RawBatch]) -> None:
        """Take records whose script blocks are whole."""
        for raw in raws:
            self._take(raw)
        self.finish()

    def rejoin(self) -> None:
        """Look at what waited for its file to be read, or for more, when the run was interrupted."""
        for _, raws in groupby(self.store.deferred(), key=lambda raw: raw.origin.first):
            blocks = ScriptBlocks()
            self.run_whole(chain(chain.from_iterable(blocks.hold(raw) for raw in raws), blocks.flush()))
        self.finish()

    def _take(self, raw: RawBatch) -> None:
        """Count a batch, and keep it if some rule could match its events."""
        use = self._kinds.of(raw)
        size = raw.frame.num_rows
        self.tally.read += size
        if not use.reads:
            self.tally.sources.update(sources(raw))
            return
        events = to_events(raw, use.fields, self.tally.problems)
        self._pairs.setdefault(use, []).append((raw, events))
        self._rows += size
        self._held_bytes += raw.size_bytes
        self._events_bytes += events.frame.nbytes
        is_large = self._held_bytes > self._rows * LARGE_BYTES
        most_bytes = min(HELD_LARGE_BYTES, HELD_BYTES) if is_large else HELD_BYTES
        if self._rows >= ROWS or self._held_bytes >= most_bytes or self._events_bytes >= EVENTS_BYTES:
            self.finish()

    def finish(self) -> None:
        """Run the rules over what was read and not yet looked at."""
        self._rows = self._held_bytes = self._events_bytes = 0
        while self._pairs:
            use, some = self._pairs.popitem()
            batch = concat([events for _, events in some])
            newest = pc.max(batch.column("@timestamp").cast(pa.int64())).as_py()
            self.newest_ns = newest if self.newest_ns is None else max(self.newest_ns, newest)
            self.tally.reached += reached(use.reads, batch, self.plan.category_field)
            if waiting := [watch for watch in use.watches if watch.stage not in self.tally.met]:
                self.tally.met |= met(waiting, batch, self.plan.category_field)
            for counted in pc.value_counts(batch.column(SOURCE)).to_pylist():
                self.tally.sources[counted["values"] or "other"] += counted["counts"]
            self.store.keep(self._counted(execute(use.plan, batch, self.tally.failures)), [raw for raw, _ in some])

    def _counted(self, hits: pa.Table) -> pa.Table:
        """Hits without those of queries that are only counted, these counted: each event once a query."""
        if not self.plan.counted:
            return hits
        only = pc.greater_equal(hits.column("query"), len(self.plan.queries) - self.plan.counted)
        events = hits.filter(only).group_by(["query"]).aggregate([("event", "count_distinct")])
        self.tally.removed.update(
            dict(zip(events["query"].to_pylist(), events["event_count_distinct"].to_pylist(), strict=True))
        )
        return hits.filter(pc.invert(only))
