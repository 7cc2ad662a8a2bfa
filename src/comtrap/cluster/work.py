"""What the machines of a cluster do: read files to hits, match hits of one key, fetch the records of matches.

All of it is what one machine does; Spark moves rows between the three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import orjson
import pyarrow as pa

from comtrap.alerts.store import Store
from comtrap.cluster.rows import batch, match_rows, tally_row
from comtrap.events.stream import read, written
from comtrap.execute.hits import HITS
from comtrap.match.match import match
from comtrap.normalise.script_blocks import joined
from comtrap.plan.plan import EventPlan
from comtrap.scanning.part import Part, Tally
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.progress import Progress
from comtrap.sources.read import FILE_BITS
from comtrap.sources.read import read as read_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.plan.plan import Plan, QueryPlan

BUCKETS = 4_096  # of join keys; hits of one key are in one bucket
MOST = 20_000_000  # hits of a bucket that are matched at once: some 2 GiB


@dataclass(frozen=True, slots=True)
class Scan:
    """Files to tallies, to matches of single events, and to hits that need others to match."""

    plan: Plan
    manner: Manner = ORDINARY

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows ``number``, ``path`` to ROWS."""
        pa.set_cpu_count(1)
        for number, path in _tasks(batches, "number", "path"):
            with Store() as store:
                tally = Tally()
                Part(self.plan, store, tally, self.manner).run([(number, path)], Progress())
                yield batch([tally_row(tally)])
                for query, plan in enumerate(self.plan.queries):
                    for hits in store.some_hits(query):
                        yield batch(_rows(plan, query, hits))


@dataclass(frozen=True, slots=True)
class Matching:
    """The hits of a bucket of keys to matches."""

    plan: Plan

    def __call__(self, table: pa.Table) -> pa.Table:
        """ROWS of ``hits``, all of one query and bucket, to ROWS of ``match``."""
        query = table.column("query")[0].as_py()
        hits = pa.concat_tables([HITS.empty_table(), *(read(c) for c in table.column("content").to_pylist())])
        if hits.num_rows > MOST:
            name = self.plan.queries[query].name
            raise ValueError(
                f"the query {name} has {hits.num_rows:,} hits that share a key or its bucket, more than {MOST:,}: narrow"
                " its stages, or give it another key"
            )
        return pa.Table.from_batches([batch(match_rows(match(self.plan.queries[query], query, hits)))])


@dataclass(frozen=True, slots=True)
class Fetch:
    """The whole records of some events."""

    plan: Plan
    manner: Manner = ORDINARY

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows ``number``, ``path``, ``events`` (JSON) to ROWS of ``record``."""
        pa.set_cpu_count(1)
        for number, path, events in _tasks(batches, "number", "path", "events"):
            wanted = orjson.loads(events)
            nothing = {"query": 0, "stage": 0, "key": [], "time_ns": 0, "tie": None}
            columns = {name: [value] * len(wanted) for name, value in nothing.items()} | {"event": wanted}
            chosen = pa.table({f.name: pa.array(columns[f.name], f.type) for f in HITS}, schema=HITS)
            with Store() as store:
                tally = Tally()
                part = Part(self.plan, store, tally)
                for raw in joined(read_file(path, number, part.wanted, tally.problems, manner=self.manner)):
                    store.keep(chosen, [raw])
                for told in store.exported():
                    yield batch([("record", 0, 0, told)])


def _rows(plan: QueryPlan, query: int, hits: pa.Table) -> list[tuple[str, int, int, bytes]]:
    if isinstance(plan, EventPlan) and not plan.pipes:
        return match_rows(match(plan, query, hits))
    if plan.pipes:
        return [("hits", query, 0, written(hits))]
    bucket = _buckets(hits)
    order = np.argsort(bucket, kind="stable")
    hits, bucket = hits.take(pa.array(order)), bucket[order]
    numbers, starts = np.unique(bucket, return_index=True)
    ends = [*starts[1:].tolist(), len(bucket)]
    parts = zip(numbers.tolist(), starts.tolist(), ends, strict=True)
    return [("hits", query, number, written(hits.slice(start, end - start))) for number, start, end in parts]


def _buckets(hits: pa.Table) -> np.ndarray:
    """The bucket of each hit's key: the same on every machine."""
    known: dict[tuple[str | None, ...], int] = {}
    found = np.empty(hits.num_rows, np.int32)
    for row, key in enumerate(map(tuple, hits.column("key").to_pylist())):
        if key not in known:
            known[key] = crc32(orjson.dumps(key)) % BUCKETS
        found[row] = known[key]
    return found


def _tasks(batches: Iterator[pa.RecordBatch], *names: str) -> Iterator[tuple[Any, ...]]:
    for one in batches:
        yield from zip(*(one.column(name).to_pylist() for name in names), strict=True)


def files_of(events: set[int]) -> dict[int, list[int]]:
    """Events by the number of their file, ascending."""
    found: dict[int, list[int]] = {}
    for event in sorted(events):
        found.setdefault(event >> FILE_BITS, []).append(event)
    return found
