"""Documents of one input on their way from the order they are read in to the order they stand in."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from types import TracebackType
    from typing import Self


class Spool:
    """Bytes by number, on disk once they are many; see `alerts.store` for why that is a database."""

    def __init__(self) -> None:
        """Empty."""
        self._database = sqlite3.connect("")
        self._database.executescript(
            "pragma synchronous = off; create table document (number integer primary key, text blob)"
        )

    def add(self, numbered: Iterable[tuple[int, bytes]]) -> int:
        """Take documents, each number once; gives how many."""
        with self._database:
            return self._database.executemany("insert or replace into document values (?, ?)", numbered).rowcount

    def taken(self) -> Generator[bytes]:
        """All documents by ascending number; none are left then."""
        with closing(self._database.execute("select text from document order by number")) as rows:
            for (text,) in rows:
                yield text
        with self._database:
            self._database.execute("delete from document")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
