"""A store that keeps of a query's hits what an answer of bounded size can need, and counts the others."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.alerts.store import Store
from comtrap.execute.hits import HITS
from comtrap.match.order import order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from comtrap.alerts.store import Moved
    from comtrap.events.raw import RawBatch
    from comtrap.scanning.ordinals import Ordinals

Counts: TypeAlias = "Counter[tuple[int, int]]"
"""Events by the query and the stage that they met."""

SPARE = 10_000  # records on disk beyond twice those needed, before some are thrown away

_TABLES = """
create table count (query integer, stage integer, events integer);
create table tie (event integer primary key, value blob) without rowid;
"""


@dataclass(frozen=True, slots=True)
class Pick:
    """What is kept of the hits of query 0; hits of all others are only counted.

    Attributes:
        most: of single events, how many are kept; None for all.
        last: whether these are the last rather than the first.
        ordinals: what orders events, if not ``@timestamp`` alone.
    """

    most: int | None = None
    last: bool = True
    ordinals: Ordinals | None = None


class Picked(Store):
    """The store of a run of one query."""

    def __init__(self, path: str = "", *, pick: Pick) -> None:
        """Args: path: as for any store. pick: what to keep."""
        super().__init__(path)
        self.database.executescript(_TABLES)
        self._pick = pick
        self._counted: Counts = Counter()
        self._best = HITS.empty_table()
        self._written = 0

    def alike(self) -> Callable[[str], Store]:
        """Makes stores that pick the same."""
        return partial(Picked, pick=self._pick)

    def keep(self, hits: pa.Table, raws: Iterable[RawBatch]) -> None:
        """Count hits; take those of query 0 that may be wanted, and the records they are of."""
        raws = list(raws)
        self._count(hits)
        own = hits.filter(pc.equal(hits.column("query"), 0))
        if own.num_rows and self._pick.ordinals is not None:
            own, ties = self._pick.ordinals.of(own, raws)
            with self.database:
                self.database.executemany("insert or ignore into tie values (?, ?)", ties.items())
        if self._pick.most is not None:
            own = self._wanted(own, self._pick.most)
        super().keep(own, raws)
        if self._pick.most is not None and self._written > 2 * self._pick.most + SPARE:
            self.restrict(self._best)
            self._written = self._best.num_rows

    @property
    def counts(self) -> Counts:
        """What was counted here and in the stores that were taken over."""
        stored = self.database.execute("select query, stage, sum(events) from count group by 1, 2")
        return self._counted + Counter({(query, stage): events for query, stage, events in stored})

    def hits(self, query: int) -> pa.Table:
        """As of any store; with tiebreakers of any type as numbers in the same order."""
        hits = super().hits(query)
        ranks = dict(self.database.execute("select event, dense_rank() over (order by value) from tie"))
        if ranks:
            events = hits.column("event").to_pylist()
            place = hits.schema.get_field_index("tie")
            hits = hits.set_column(place, HITS.field("tie"), pa.array([ranks.get(e) for e in events], pa.int64()))
        return hits

    def absorb(self, path: str, also: Callable[[], None] = lambda: None, moved: Moved | None = None) -> None:
        """Take over what another such store counted and kept."""
        super().absorb(path, also, moved)
        with closing(sqlite3.connect(path)) as other, self.database:
            self.database.executemany("insert into count values (?, ?, ?)", other.execute("select * from count"))
            event = "?" if moved is None else "moved(?)"
            ties = other.execute("select * from tie")
            self.database.executemany(f"insert or ignore into tie values ({event}, ?)", ties)  # noqa: S608 - a name of ours

    def close(self) -> None:
        """Write what was counted too."""
        with self.database:
            rows = ((*place, events) for place, events in self._counted.items())
            self.database.executemany("insert into count values (?, ?, ?)", rows)
        super().close()

    def _count(self, hits: pa.Table) -> None:
        code = hits.column("query").to_numpy().astype(np.int64) << 16 | hits.column("stage").to_numpy()
        events = hits.column("event").to_numpy()
        for place in np.unique(code).tolist():
            self._counted[place >> 16, place & 0xFFFF] += len(np.unique(events[code == place]))

    def _wanted(self, hits: pa.Table, most: int) -> pa.Table:
        """Those that may be among the first, or last, so many of the run."""
        found = pa.concat_tables([self._best, hits])
        if found.num_rows > 2 * most:  # seldom, as it takes sorting
            rows = order(found)
            rows = rows[max(0, len(rows) - most) :] if self._pick.last else rows[:most]
            found = found.take(pa.array(np.sort(rows)))
            hits = hits.filter(pc.is_in(hits.column("event"), value_set=found.column("event").combine_chunks()))
        self._best = found
        self._written += hits.num_rows
        return hits
