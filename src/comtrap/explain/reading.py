"""Reading inputs batch by batch, and what was in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.concat import concat
from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.normalise.normalise import raw_columns, to_events
from comtrap.normalise.script_blocks import ScriptBlocks
from comtrap.sources.progress import work_bytes
from comtrap.sources.read import read
from comtrap.sources.walk import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.events.batch import EventBatch
    from comtrap.events.raw import RawBatch
    from comtrap.sources.progress import Progress

ROWS = 50_000  # events looked at together
HELD_BYTES = 96 << 20  # of events and records, about, that are looked at together
KINDS = 500  # categories and indices that are told apart


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some events, and the records they were made of."""

    batch: EventBatch
    raws: tuple[RawBatch, ...]


@dataclass(slots=True)
class Seen:
    """What was read.

    Attributes:
        files: inputs, those that could not be read included.
        read: records that became events.
        categories: events by category; one of several counts in each.
        indices: events by the index they would have had in Elastic.
        last_ns: the time of the latest event, None before there is one.
    """

    files: int = 0
    read: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    indices: Counter[str] = field(default_factory=Counter)
    last_ns: int | None = None
    problems: Problems = field(default_factory=Problems)

    @property
    def usable(self) -> bool:
        """Whether any input could be read."""
        return self.read > 0 or len(self.problems.failed) < self.files

    def count(self, batch: EventBatch) -> None:
        """Take note of a batch."""
        self.read += len(batch)
        tally(self.categories, batch.column("event.category"))
        tally(self.indices, batch.column("_index"))
        last = pc.max(batch.column("@timestamp").cast(pa.int64())).as_py()
        self.last_ns = last if self.last_ns is None else max(self.last_ns, last)


def tally(counts: Counter[str], column: pa.Array) -> None:
    """Count a column's values, up to `KINDS` different ones."""
    flat = column.flatten() if pa.types.is_list(column.type) else column
    for counted in pc.value_counts(flat.drop_null()).to_pylist():
        if counted["values"] in counts or len(counts) < KINDS:
            counts[counted["values"]] += counted["counts"]


def with_value(column: pa.Array) -> int:
    """How many rows of a column have a value."""
    there = pc.greater(pc.list_value_length(column), 0) if pa.types.is_list(column.type) else column.is_valid()
    return pc.sum(there).as_py() or 0


def chunks(paths: Iterable[str], wanted: frozenset[str], seen: Seen, progress: Progress) -> Iterator[Chunk]:
    """The events of all inputs, in the order that numbers them; what cannot be read is in ``seen.problems``.

    Args:
        paths: files, folders, archives, ``-`` for standard input.
        wanted: the fields to compute.
        seen: takes the counts.
        progress: told what is read, as it is read.
    """
    inputs = files(paths, seen.problems)
    seen.files = len(inputs) + len(seen.problems.failed)
    progress.expect(work_bytes(path) for path in inputs)
    raw_wanted = Wanted(raw_columns(wanted))
    pairs: list[tuple[RawBatch, EventBatch]] = []
    rows = held_bytes = 0
    for number, path in enumerate(inputs):
        for raw in _joined(read(path, number, raw_wanted, seen.problems, progress=progress)):
            pairs.append((raw, to_events(raw, wanted, seen.problems)))
            rows += raw.frame.num_rows
            held_bytes += raw.size_bytes + pairs[-1][1].frame.nbytes
            if rows >= ROWS or held_bytes >= HELD_BYTES:
                yield _together(pairs, seen)
                pairs, rows, held_bytes = [], 0, 0
    if pairs:
        yield _together(pairs, seen)


def _together(pairs: list[tuple[RawBatch, EventBatch]], seen: Seen) -> Chunk:
    batch = concat([events for _, events in pairs])
    seen.count(batch)
    return Chunk(batch, tuple(raw for raw, _ in pairs))


def _joined(raws: Iterable[RawBatch]) -> Iterator[RawBatch]:
    """One file's batches, with script blocks whole."""
    blocks = ScriptBlocks()
    for raw in raws:
        yield from blocks.feed(raw)
    yield from blocks.flush()


def positions(chunk: Chunk, wanted: frozenset[int]) -> np.ndarray:
    """The rows of a chunk whose records stand at one of some positions in their file or member."""
    asked = np.array(sorted(wanted), np.uint64)
    numbers = []
    for raw in chunk.raws:
        held = np.asarray(raw.frame.column("_position").combine_chunks(), dtype=np.uint64)
        numbers.append(held[np.isin(held, asked)] + np.uint64(raw.origin.first))
    return np.flatnonzero(np.isin(np.asarray(chunk.batch.column("_event")), np.concatenate(numbers)))
