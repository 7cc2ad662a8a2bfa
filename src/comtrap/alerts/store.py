"""What a run keeps of its input: hits, and the whole records behind them, on disk rather than in memory.

SQLite, because it is in the standard library, and because a database without a name is a temporary file of its own that
stays in memory while it is small, spills when it is not, and is gone once closed, however the run ends. A log in which
every record hits some stage therefore costs disk, not memory. Records are kept raw, as Arrow frames of one kind; only
those that end up in a match are ever made into documents.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.parcel import packed, unpacked
from comtrap.events.raw import Origin, RawBatch
from comtrap.events.stream import read, written
from comtrap.execute.hits import HITS
from comtrap.normalise.script_blocks import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self

HELD = 100_000  # hits in memory before they are written
CHUNK = 2048  # whole records decoded at once
CHUNK_BYTES = 8 << 20  # how large they are together, about: as documents they take many times as much

# The file is worth nothing after the run, so nobody waits for the disk.
_FLEETING = """
pragma page_size = 16384;
pragma synchronous = off;
pragma journal_mode = memory;
"""
_LASTING = """
pragma synchronous = normal;
pragma journal_mode = wal;
"""
_TABLES = """
create table if not exists hits (query integer, frame blob);
create index if not exists hits_query on hits (query);
create table if not exists raw (
  id integer primary key, provider text, code integer,
  source text, path text, member text, first integer, head text, frame blob
);
create table if not exists event (event integer primary key, raw integer, row integer) without rowid;
create table if not exists deferred (event integer primary key, raw integer) without rowid;
"""


class Moved(NamedTuple):
    """Events whose numbers are told anew, because the position at which their piece begins is known now.

    Attributes:
        first: the first number that an event of their file could have.
        after: the one after the last.
        by: what is added.
    """

    first: int
    after: int
    by: int


class Store:
    """The hits and records of a run, or of one part of it.

    Attributes:
        database: the tables. `alerts.build` adds to them what it makes of the hits.
    """

    def __init__(self, path: str = "", *, lasting: bool = False) -> None:
        """Open a store, and make its tables where there are none.

        Args:
            path: the file, for `absorb` to find; empty for a temporary one.
            lasting: whether what is in it must outlive a kill.
        """
        self.database = sqlite3.connect(path)
        self.database.executescript((_LASTING if lasting else _FLEETING) + _TABLES)
        self._hits: list[pa.Table] = []
        self._held = 0

    def alike(self) -> Callable[[str], Store]:
        """What makes an empty store like this one at a path; for a part of the run in another process."""
        return Store

    def keep(self, hits: pa.Table, raws: Iterable[RawBatch]) -> None:
        """Take hits, and the records they are of; both or, if interrupted, neither.

        Args:
            hits: schema HITS.
            raws: the batches that have these records; their buffers are still alive.
        """
        if not hits.num_rows:
            return
        events = np.unique(np.asarray(hits.column("event").combine_chunks()))
        with self.database:
            for raw in raws:
                self._keep(raw, events)
        self._hits.append(hits)
        self._held += hits.num_rows
        if self._held > HELD:
            self.spill()

    def spill(self) -> None:
        """Write the hits that are still in memory."""
        if not self._hits:
            return
        with self.database:
            self._insert_hits(pa.concat_tables(self._hits))
        self._hits, self._held = [], 0

    def restrict(self, hits: pa.Table) -> None:
        """Have these of the hits that were kept and no others; records that no hit is of any more are gone.

        Args:
            hits: schema HITS.
        """
        events = ((event,) for event in hits.column("event").to_pylist())
        with self.database:
            self.database.execute("create temp table if not exists still (event integer primary key)")
            self.database.execute("delete from still")
            self.database.executemany("insert or ignore into still values (?)", events)
            # Records that are deferred have no events yet, and stay.
            self.database.execute(
                "create temp table gone as select distinct raw from event where event not in (select event from still)"
            )
            self.database.execute("delete from event where event not in (select event from still)")
            self.database.execute("delete from raw where id in (select raw from gone except select raw from event)")
            self.database.execute("drop table gone")
            self.database.execute("delete from hits")
            self._hits, self._held = [], 0
            self._insert_hits(hits)

    def absorb(self, path: str, also: Callable[[], None] = lambda: None, moved: Moved | None = None) -> None:
        """Take over all that another store wrote to its file and closed.

        Args:
            path: the file.
            also: done in the same transaction.
            moved: events of it that get other numbers; None for none.
        """
        event, hits, raw = "event", "frame", "frame"
        if moved is not None:
            for name, function in _moving(moved).items():
                self.database.create_function(name, -1, function, deterministic=True)
            event, hits, raw = "moved(event)", "moved_hits(frame)", "moved_raw(first, frame)"
        self.database.execute("attach database ? as other", (path,))
        try:
            with self.database:
                (shift,) = self.database.execute("select coalesce(max(id), 0) from main.raw").fetchone()
                self.database.execute(f"insert into main.hits select query, {hits} from other.hits")  # noqa: S608 - names of ours
                origin = "provider, code, source, path, member, first, head"
                self.database.execute(f"insert into main.raw select id + ?, {origin}, {raw} from other.raw", (shift,))  # noqa: S608 - the same
                for table in ("event", "deferred"):
                    row = ", row" if table == "event" else ""
                    self.database.execute(
                        f"insert into main.{table} select {event}, raw + ?{row} from other.{table}",  # noqa: S608 - the same
                        (shift,),
                    )
                also()
        finally:
            self.database.execute("detach database other")

    def lend(self, path: str) -> None:
        """Write a copy of all hits and their records to a new store's file."""
        self.spill()
        with Store(path):
            pass
        self.database.execute("attach database ? as other", (path,))
        try:
            with self.database:
                self.database.execute("insert into other.hits select * from main.hits")
                self.database.execute("insert into other.raw select * from main.raw")
                self.database.execute("insert into other.event select * from main.event")
        finally:
            self.database.execute("detach database other")

    def exported(self) -> Iterator[bytes]:
        """The records kept, and the numbers of their events, as bytes for `imported` of another store."""
        for number, *told in self.database.execute(
            "select id, provider, code, source, path, member, first, head, frame from raw order by id"
        ):
            listed = self.database.execute("select event, row from event where raw = ? order by row", (number,))
            yield packed(_made(*told), listed.fetchall())

    def imported(self, told: bytes) -> None:
        """Keep what another store has exported."""
        raw, events = unpacked(told)
        with self.database:
            number = self._insert(raw)
            places = ((event, number, row) for event, row in events)
            self.database.executemany("insert or ignore into event values (?, ?, ?)", places)

    def hits(self, query: int) -> pa.Table:
        """All hits of one query, in no particular order; schema HITS."""
        return pa.concat_tables([HITS.empty_table(), *self.some_hits(query)])

    def some_hits(self, query: int) -> Iterator[pa.Table]:
        """The same, not more than `HELD` and what one batch gives at a time."""
        self.spill()
        with closing(self.database.execute("select frame from hits where query = ?", (query,))) as rows:
            for (blob,) in rows:
                yield read(blob)

    def defer(self, raw: RawBatch) -> None:
        """Keep whole records that can only be looked at once the whole file was read."""
        with self.database:
            self.put_off(raw)

    def put_off(self, raw: RawBatch) -> None:
        """The same, as part of the caller's transaction."""
        row = self._insert(raw)
        first = raw.origin.first + raw.frame.column("_position")[0].as_py()
        self.database.execute("insert into deferred values (?, ?)", (first, row))

    def waiting(self) -> list[RawBatch]:
        """What is deferred, in the order of events; it stays."""
        numbers = self.database.execute("select raw from deferred order by event").fetchall()
        return [self._raw(number) for (number,) in numbers]

    def let_go(self) -> None:
        """Take out what is deferred, as part of the caller's transaction."""
        self.database.execute(
            "delete from raw where id in (select raw from deferred) and id not in (select raw from event)"
        )
        self.database.execute("delete from deferred")

    def deferred(self) -> Iterator[RawBatch]:
        """What was deferred, in the order of events, once."""
        numbers = self.database.execute("select raw from deferred order by event").fetchall()
        with self.database:
            self.database.execute("delete from deferred")
        return (self._raw(number) for (number,) in numbers)

    def records(self, table: str) -> Iterator[RawBatch]:
        """The whole records of the events in column ``event`` of a table, in batches of one kind and bounded size.

        The further parts of a script block come with the first. A record may come twice.
        """
        listed = f"select raw, row from event where event in (select event from {table}) order by raw, row"  # noqa: S608 - a name of ours
        with closing(self.database.execute(listed)) as rows:
            for number, group in groupby(rows, key=lambda pair: pair[0]):
                raw = self._raw(number)
                wanted = _with_parts(raw, np.array([row for _, row in group], np.int64))
                chunk = _chunk(raw)
                for at in range(0, len(wanted), chunk):
                    yield raw.fetch(wanted[at : at + chunk])

    def close(self) -> None:
        """Write what is held and let go of the file; a temporary one is gone then."""
        self.spill()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _insert_hits(self, hits: pa.Table) -> None:
        for query in pc.unique(hits.column("query")).to_pylist():
            own = hits.filter(pc.equal(hits.column("query"), query))
            self.database.execute("insert into hits values (?, ?)", (query, written(own)))

    def _keep(self, raw: RawBatch, events: np.ndarray) -> None:
        numbers = np.asarray(raw.frame.column("_position").combine_chunks(), dtype=np.uint64)
        numbers = numbers + np.uint64(raw.origin.first)
        rows = np.flatnonzero(np.isin(numbers, events))
        chunk = _chunk(raw)
        if PARTS in raw.frame.schema.names:
            # Parts stay with their first; how many there can be is bounded where they are joined.
            rows = _with_parts(raw, rows)
            chunk = max(1, len(rows))
        for at in range(0, len(rows), chunk):
            some = rows[at : at + chunk]
            self._write(raw.fetch(some), numbers[some])

    def _write(self, raw: RawBatch, events: np.ndarray) -> None:
        row = self._insert(raw)
        places = ((event, row, place) for place, event in enumerate(events.tolist()))
        self.database.executemany("insert into event values (?, ?, ?)", places)

    def _insert(self, raw: RawBatch) -> int | None:
        origin = raw.origin
        return self.database.execute(
            "insert into raw (provider, code, source, path, member, first, head, frame) values (?, ?, ?, ?, ?, ?, ?, ?)",
            (*raw.kind, origin.source, origin.path, origin.member, origin.first, origin.head, written(raw.frame)),
        ).lastrowid

    def _raw(self, number: int) -> RawBatch:
        told = self.database.execute(
            "select provider, code, source, path, member, first, head, frame from raw where id = ?", (number,)
        ).fetchone()
        return _made(*told)


def _chunk(raw: RawBatch) -> int:
    """How many whole records of a batch are decoded at once; parts of scripts are not torn apart for their size."""
    if PARTS in raw.frame.schema.names:
        return CHUNK
    return max(1, min(CHUNK, CHUNK_BYTES * raw.frame.num_rows // max(1, raw.size_bytes)))


def _made(provider: str, code: int, *origin: Any) -> RawBatch:
    """A batch of its columns in the table, the frame last."""
    *place, frame = origin
    return RawBatch((provider, code), read(frame), Origin(*place))


def _moving(moved: Moved) -> dict[str, Callable[..., Any]]:
    """What moves the numbers of events, of those in hits, and of those in records: functions for SQL."""

    def event(number: int) -> int:
        return number + moved.by if moved.first <= number < moved.after else number

    def hits(frame: bytes) -> bytes:
        return written(_added(read(frame), "event", moved))

    def raw(first: int, frame: bytes) -> bytes:
        # Files' members begin elsewhere, but these are in no piece.
        return written(_added(read(frame), "_position", Moved(0, 1 << 63, moved.by))) if first == moved.first else frame

    return {"moved": event, "moved_hits": hits, "moved_raw": raw}


def _added(frame: pa.Table, name: str, moved: Moved) -> pa.Table:
    """The frame with some of the numbers (uint64) in a column moved."""
    at = frame.schema.get_field_index(name)
    numbers = np.asarray(frame.column(at).combine_chunks(), dtype=np.uint64)
    is_moved = (numbers >= np.uint64(moved.first)) & (numbers < np.uint64(moved.after))
    return frame.set_column(at, frame.schema.field(at), pa.array(numbers + is_moved * np.uint64(moved.by), pa.uint64()))


def _with_parts(raw: RawBatch, rows: np.ndarray) -> np.ndarray:
    """The rows and, of script blocks, those of the further parts; ascending."""
    if not len(rows) or PARTS not in raw.frame.schema.names:
        return rows
    named = {int(part) for parts in raw.frame.column(PARTS).take(rows).to_pylist() for part in parts or ()}
    positions = np.array([event - raw.origin.first for event in named], np.int64)
    held = np.asarray(raw.frame.column("_position").combine_chunks()).astype(np.int64)
    return np.union1d(rows, np.flatnonzero(np.isin(held, positions)))
