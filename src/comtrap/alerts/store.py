"""Where the events of hits wait until it is known which of them are part of an alert."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import orjson
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class Kept:
    """One event with all it says.

    Attributes:
        event: its number in the run.
        position: the record's 0-based position in `path`, or in `member` of it.
        document: the nested ECS document as JSON.
        row: the columns that rules read, as an Arrow IPC stream of one row; b"" for an event no stage was hit by.
    """

    event: int
    path: str
    member: str | None
    position: int
    time_ns: int
    document: bytes
    row: bytes

    def parsed(self) -> dict[str, Any]:
        """The document."""
        return orjson.loads(self.document)

    def frame(self) -> pa.Table:
        """The row."""
        return pa.ipc.open_stream(self.row).read_all()


class Store:
    """Events by number, in a temporary database that SQLite keeps in memory while it is small and on disk when it grows.

    The hits of a sequence's first stage can be many, and few of them become an alert; so they must not have to fit in
    memory. A temporary database needs no name, no folder and no cleaning up, on any system.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "create table kept (event integer primary key, path text, member text, position integer, time_ns integer,"
            " document blob, row blob)"
        )

    def put(self, events: Iterable[Kept]) -> None:
        """Keep events; one that is there already stays as it is."""
        rows = ((e.event, e.path, e.member, e.position, e.time_ns, e.document, e.row) for e in events)
        with self._database:
            self._database.execute("begin")
            self._database.executemany("insert or ignore into kept values (?, ?, ?, ?, ?, ?, ?)", rows)

    def get(self, event: int) -> Kept:
        """The event of a number that was put."""
        found = self._database.execute("select * from kept where event = ?", (event,)).fetchone()
        return Kept(*found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
