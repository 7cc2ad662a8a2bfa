"""What a watch knows, on disk: how far files were read, hits that still count, alerts that were told.

Each step is one transaction of SQLite, so that a kill at any point loses nothing and repeats nothing.
"""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.alerts.store import Store
from comtrap.errors import SourceError
from comtrap.execute.hits import HITS
from comtrap.normalise.script_blocks import ScriptBlocks
from comtrap.watch.final import needed
from comtrap.watch.follow import Followed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.events.raw import RawBatch
    from comtrap.plan.plan import Plan
    from comtrap.watch.final import Clock

_COLUMNS = tuple(field.name for field in fields(Followed))
_TABLES = f"""
create table if not exists file ({", ".join(f"{name}{' primary key' * (name == 'number')}" for name in _COLUMNS)});
create table if not exists told (id text primary key) without rowid;
create table if not exists waiting (id text primary key, since integer) without rowid;
create table if not exists came (event integer primary key, at integer);
create table if not exists fact (name text primary key, value) without rowid;
"""


class Journal:
    """The state of a watch; one process at a time may have it."""

    def __init__(self, path: str, rules: str) -> None:
        """Open it, or begin one.

        Args:
            path: a file.
            rules: what tells these rules from others. Hits of other rules are forgotten; how far was read is not.

        Raises:
            SourceError: another process has it, or it is something else.
        """
        try:
            self.store = Store(path, lasting=True)
            self._database = self.store.database
            self._database.execute("pragma locking_mode = exclusive")
            self._database.executescript(_TABLES)
            with self._database:
                self._database.execute("insert or replace into fact values ('opened', 1)")
        except sqlite3.DatabaseError as error:
            raise SourceError(f"{path} cannot be used to remember what was read: {error}") from None
        self.forgotten = self._fact("rules") not in {None, rules}
        with self._database:
            if self.forgotten:
                for table in ("hits", "raw", "event", "deferred", "waiting", "came"):
                    self._database.execute(f"delete from {table}")  # noqa: S608 - names of ours
            self._set("rules", rules)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is kept that could become an alert."""
        return self._database.execute("select 1 from hits limit 1").fetchone() is None

    @property
    def newest_ns(self) -> int | None:
        """The time of the newest event, those that were ahead of our own clock not believed."""
        found = self._fact("newest")
        return found if isinstance(found, int) else None

    def written(self, output: str) -> int | None:
        """How many bytes of an output tell what is known to be told; None of an output that this state does not know."""
        found = self._fact("written")
        return found if isinstance(found, int) and self._fact("output") == output else None

    def files(self) -> list[Followed]:
        """All files, by number."""
        listed = f"select {', '.join(_COLUMNS)} from file order by number"  # noqa: S608 - names of ours
        return [Followed(*row) for row in self._database.execute(listed)]

    def follow(self, file: Followed) -> None:
        """Remember a file as it is followed now."""
        with self._database:
            self._followed(file)

    def take(self, path: str, file: Followed, newest_ns: int | None, now_ns: int) -> None:
        """Take over what was found, and how far the file was read, at once.

        Args:
            path: of a closed store.
            file: as it is followed from now on.
            newest_ns: the time of the newest event found.
            now_ns: our own time.
        """

        def also() -> None:
            self._followed(file)
            self._database.execute("insert or ignore into came select event, ? from other.event", (now_ns,))
            if newest_ns is not None:
                known = self.newest_ns
                found = min(newest_ns, now_ns)
                self._set("newest", found if known is None else max(known, found))

        self.store.absorb(path, also)

    def blocks(self, *, last: bool) -> tuple[list[RawBatch], list[RawBatch]]:
        """Script blocks whose parts are all there, or will not come; and the records that wait for further parts."""
        found: list[RawBatch] = []
        held: dict[int, ScriptBlocks] = {}
        for raw in self.store.waiting():
            found += held.setdefault(raw.origin.first, ScriptBlocks()).hold(raw)
        for blocks in held.values() if last else ():
            found += blocks.flush()
        return found, [raw for blocks in held.values() for raw in blocks.held()]

    def settle(self, path: str, waiting: Iterable[RawBatch], now_ns: int) -> None:
        """Take over what was found in script blocks; these records go on waiting, and no others.

        Args:
            path: of a closed store.
            waiting: what `blocks` gave.
            now_ns: our own time.
        """

        def also() -> None:
            self._database.execute("insert or replace into came select event, ? from other.event", (now_ns,))
            self.store.let_go()
            for raw in waiting:
                self.store.put_off(raw)

        self.store.absorb(path, also)

    def knows(self, name: str) -> bool:
        """Whether an alert was told."""
        return self._database.execute("select 1 from told where id = ?", (name,)).fetchone() is not None

    def waiting_ns(self) -> dict[str, int]:
        """Since when alerts wait to be told, by id."""
        return dict(self._database.execute("select id, since from waiting"))

    def wait(self, since_ns: dict[str, int]) -> None:
        """Remember since when these alerts wait, and no others."""
        with self._database:
            self._database.execute("delete from waiting")
            self._database.executemany("insert into waiting values (?, ?)", since_ns.items())

    def tell(self, ids: Iterable[str], output: str, written: int) -> None:
        """Remember that alerts were told, where, and how long that is with them."""
        with self._database:
            self._database.executemany("insert or ignore into told values (?)", ((one,) for one in ids))
            self._set("output", output)
            self._set("written", written)

    def forget(self, plan: Plan, clock: Clock) -> None:
        """Let go of hits that no match to come can depend on, and of their records."""
        came = np.array(self._database.execute("select event, at from came order by event").fetchall(), np.int64)
        came = came.reshape(-1, 2)
        kept = [HITS.empty_table()]
        before = 0
        for number, query in enumerate(plan.queries):
            for hits in self.store.some_hits(number):
                before += hits.num_rows
                kept.append(needed(query, hits, _came_ns(came, hits), clock))
        left = pa.concat_tables(kept)
        if left.num_rows < before:
            self.store.restrict(left)
            with self._database:
                self._database.execute("delete from came where event not in (select event from event)")

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()

    def _fact(self, name: str) -> object:
        row = self._database.execute("select value from fact where name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def _set(self, name: str, value: object) -> None:
        self._database.execute("insert or replace into fact values (?, ?)", (name, value))

    def _followed(self, file: Followed) -> None:
        marks = ", ".join("?" * len(_COLUMNS))
        values = tuple(getattr(file, name) for name in _COLUMNS)
        self._database.execute(f"insert or replace into file values ({marks})", values)  # noqa: S608 - marks only


def _came_ns(came: np.ndarray, hits: pa.Table) -> np.ndarray:
    """When hits were read; their own time where that is not known.

    Args:
        came: rows of event and time, by event.
        hits: schema HITS.
    """
    events = np.asarray(hits.column("event").combine_chunks()).astype(np.int64)
    times = np.asarray(hits.column("time_ns"))
    if not len(came):
        return times
    at = np.minimum(np.searchsorted(came[:, 0], events), len(came) - 1)
    return np.where(came[at, 0] == events, came[at, 1], times)
