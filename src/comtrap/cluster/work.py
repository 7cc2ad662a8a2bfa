"""What the machines of a cluster do: read files to hits, join script blocks, match hits, fetch the records of matches.

All of it is what one machine does; Spark moves rows between the steps.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.alerts.store import Store
from comtrap.cluster.alone import attempted
from comtrap.cluster.rows import batch, hit_rows, hits_of, match_rows, tally_row
from comtrap.cluster.tasks import Task
from comtrap.errors import SourceError
from comtrap.events.parcel import packed, unpacked
from comtrap.execute.hits import HITS
from comtrap.match.match import match
from comtrap.match.streamed import Room, streamed
from comtrap.normalise.script_blocks import ScriptBlocks, divided, joined
from comtrap.plan.plan import EventPlan
from comtrap.scanning.kinds import Kinds
from comtrap.scanning.part import Part, Tally
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.pieces import Piece, positions
from comtrap.sources.progress import Progress
from comtrap.sources.read import FILE_BITS, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from comtrap.cluster.alone import Alive
    from comtrap.events.raw import RawBatch
    from comtrap.plan.plan import Plan, QueryPlan

BUCKETS = 256  # of join keys; hits of one key are in one bucket
PATIENCE_S = 900  # a file that gives nothing for so long is given up
ROWS_TOGETHER = 10_000

_known: dict[str, Kinds] = {}  # by run: the one thing a process keeps between its tasks


@dataclass(frozen=True, slots=True)
class Run:
    """What every machine is told once.

    Attributes:
        plan: the rules.
        manner: how inputs are read.
        name: tells runs apart.
        room: how many hits may be held.
        patience_s: how long a file may give nothing.
    """

    plan: Plan
    manner: Manner = ORDINARY
    name: str = ""
    room: Room = field(default_factory=Room)
    patience_s: float = PATIENCE_S

    @property
    def kinds(self) -> Kinds:
        """What is known of kinds of events, made once in a process."""
        if self.name not in _known:
            _known.clear()
            _known[self.name] = Kinds(self.plan)
        return _known[self.name]


@dataclass(frozen=True, slots=True)
class Count:
    """Pieces of files to the numbers of positions in them; -1 for one that cannot be told."""

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows ``number``, ``task`` to ROWS of ``count``."""
        for number, task, _ in _tasks(batches):
            try:
                found = positions(task.inputs[0][1], task.piece or Piece(0, 0))
            except (OSError, SourceError):
                found = -1
            yield batch("count", [orjson.dumps(found)], query=number)


@dataclass(frozen=True, slots=True)
class Scan:
    """Files to tallies, to matches of single events with their records, and to hits that need others to match."""

    run: Run

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows ``number``, ``task`` to ROWS."""
        pa.set_cpu_count(1)
        for _, task, _ in _tasks(batches):
            for store, tally in attempted(self.fill, _store(self.run.plan), task, self.run.patience_s):
                yield from _told(self.run.plan, store, tally)

    def fill(self, store: Store, task: Task, alive: Alive) -> Tally:
        """Read a task's files into a store; `alive` is told of each batch."""
        tally = Tally()
        part = Part(self.run.plan, store, tally, self.run.manner, kinds=self.run.kinds)
        for one in task.inputs:
            part.read(one, Progress(), task.piece, alive)
        part.finish()
        return tally


@dataclass(frozen=True, slots=True)
class Joining:
    """The parts of script blocks of one file, which several tasks have read, to what `Scan` makes of whole blocks."""

    run: Run

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """ROWS of ``parts``, all of one file, by event, to ROWS."""
        pa.set_cpu_count(1)
        with Store() as store:
            tally = Tally()
            blocks = ScriptBlocks()
            raws = (unpacked(content)[0] for rows in batches for content in rows.column("content").to_pylist())
            whole = chain(chain.from_iterable(blocks.hold(raw) for raw in raws), blocks.flush())
            Part(self.run.plan, store, tally, self.run.manner, kinds=self.run.kinds).run_whole(whole)
            yield from _told(self.run.plan, store, tally)


@dataclass(frozen=True, slots=True)
class Matching:
    """The hits of a bucket of keys to matches."""

    run: Run

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """ROWS of ``hits``, all of one query and bucket, by time, to ROWS of ``match``.

        Raises:
            TooManyHitsError: see `streamed`.
        """
        first = next(batches, None)
        if first is None or not first.num_rows:
            return
        query = first.column("query")[0].as_py()
        hits = (hits_of(rows) for rows in chain([first], batches))
        for found in streamed(self.run.plan.queries[query], query, hits, self.run.room):
            for at in range(0, len(found), ROWS_TOGETHER):
                yield batch("match", match_rows(found[at : at + ROWS_TOGETHER]), query)


@dataclass(frozen=True, slots=True)
class Fetch:
    """The whole records of some events; those of script blocks in parts only where a whole file is read."""

    run: Run

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows ``number``, ``task`` to ROWS of ``record``."""
        pa.set_cpu_count(1)
        for _, task, events in _tasks(batches):
            for store, _ in attempted(Fetching(self.run, events), Store, task, self.run.patience_s):
                yield from (batch("record", [told]) for told in store.exported())


@dataclass(frozen=True, slots=True)
class Fetching:
    """Of some files, the records of certain events."""

    run: Run
    events: list[int]

    def __call__(self, store: Store, task: Task, alive: Alive) -> Tally:
        """Read a task's files, and keep these records in a store."""
        nothing = {"query": 0, "stage": 0, "key": [], "time_ns": 0, "tie": None}
        columns = {name: [value] * len(self.events) for name, value in nothing.items()} | {"event": self.events}
        chosen = pa.table({f.name: pa.array(columns[f.name], f.type) for f in HITS}, schema=HITS)
        tally = Tally()
        wanted = Part(self.run.plan, store, tally, kinds=self.run.kinds).wanted
        for number, path in task.inputs:
            raws = read(path, number, wanted, tally.problems, task.piece, manner=self.run.manner)
            whole = joined(raws) if task.piece is None else (rest for rest, _ in map(divided, raws) if rest)
            for raw in whole:
                store.keep(chosen, [raw])
                alive()
        return tally


class Kept(Store):
    """A store that keeps the records of only those hits that are matches by themselves: of others, most are in none."""

    def __init__(self, alone: frozenset[int], path: str = "") -> None:
        """Args: alone: the queries with such hits. path: as in a `Store`."""
        super().__init__(path)
        self._alone = pa.array(sorted(alone), pa.uint16())

    def keep(self, hits: pa.Table, raws: Iterable[RawBatch]) -> None:
        """The records of such hits, and all hits."""
        alone = pc.is_in(hits.column("query"), self._alone)
        super().keep(hits.filter(alone), raws)
        super().keep(hits.filter(pc.invert(alone)), ())


def _store(plan: Plan) -> Callable[[str], Store]:
    return partial(Kept, frozenset(number for number, query in enumerate(plan.queries) if _is_single(query)))


def _is_single(query: QueryPlan) -> bool:
    """Whether each hit is a match."""
    return isinstance(query, EventPlan) and not query.pipes


def _told(plan: Plan, store: Store, tally: Tally) -> Iterator[pa.RecordBatch]:
    """What was found, as rows."""
    yield batch("tally", [tally_row(tally)])
    for number, query in enumerate(plan.queries):
        for hits in store.some_hits(number):
            if _is_single(query):
                yield batch("match", match_rows(match(query, number, hits)), number)
            elif hits.num_rows:
                yield hit_rows(hits, _bucketed(query, hits))
    for raw in store.waiting():
        first = raw.origin.first
        event = first + raw.frame.column("_position")[0].as_py()
        yield batch("parts", [packed(raw)], bucket=first >> FILE_BITS, event=event)
    with store.database:
        store.let_go()
    yield from (batch("record", [told]) for told in store.exported())


def _bucketed(query: QueryPlan, hits: pa.Table) -> np.ndarray:
    """Where each hit of a query goes: one bucket for all where the query counts its matches."""
    return np.zeros(hits.num_rows, np.int32) if query.pipes else _buckets(hits)


def _buckets(hits: pa.Table) -> np.ndarray:
    """The bucket of each hit's key: the same on every machine."""
    known: dict[tuple[str | None, ...], int] = {}
    found = np.empty(hits.num_rows, np.int32)
    for row, key in enumerate(map(tuple, hits.column("key").to_pylist())):
        if key not in known:
            known[key] = crc32(orjson.dumps(key)) % BUCKETS
        found[row] = known[key]
    return found


def task_row(task: Task, events: Iterable[int] = ()) -> str:
    """What a machine is to read, and the folder that its paths start from; a path may be no text."""
    piece = None if task.piece is None else [task.piece.start, task.piece.stop, task.piece.position]
    return json.dumps([task.inputs, piece, list(events), str(Path.cwd())])


def _tasks(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, Task, list[int]]]:
    for rows in batches:
        for number, told in zip(rows.column("number").to_pylist(), rows.column("task").to_pylist(), strict=True):
            inputs, piece, events, folder = json.loads(told)
            # Spark starts processes in folders of its own. Where there is no such folder, reading says what is missing.
            with suppress(OSError):
                os.chdir(folder)
            read = tuple((one, path) for one, path in inputs)
            yield number, Task(read, None if piece is None else Piece(*piece)), events


def files_of(events: Iterable[int]) -> dict[int, list[int]]:
    """Events by the number of their file, ascending."""
    found: dict[int, list[int]] = {}
    for event in sorted(events):
        found.setdefault(event >> FILE_BITS, []).append(event)
    return found
