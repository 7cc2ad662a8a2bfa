"""An event that is shown: where it stands, and the columns that the query reads of it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.events.batch import EventBatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from comtrap.events.raw import RawBatch

RECORD = "winlog.record_id"
_HOSTS = ("host.name", "winlog.computer_name")
COLUMNS = frozenset({RECORD, *_HOSTS, "event.category", "event.code", "event.provider"})
"""The fields that say which event it is."""


@dataclass(frozen=True, slots=True)
class Event:
    """Which event it is.

    Attributes:
        position: the record's 0-based position in its file or archive member.
        record_id: the log's own number for it, as text.
        index: the index it would have had in Elastic.
        number: its number in the run, which orders events of one time.
    """

    path: str
    member: str | None
    position: int
    record_id: str | None
    time_ns: int
    host: str | None
    index: str
    category: tuple[str, ...]
    provider: str | None
    code: str | None
    number: int

    @property
    def place(self) -> str:
        """File, member, position and record, as a reader wants them."""
        where = self.path if self.member is None else f"{self.path}!{self.member}"
        return f"{where} #{self.position}" + ("" if self.record_id is None else f", record {self.record_id}")


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event, and a batch of it alone to ask conditions of."""

    event: Event
    batch: EventBatch


def sightings(batch: EventBatch, rows: Sequence[int], raws: Iterable[RawBatch]) -> list[Sighting]:
    """Some rows of a batch, copied so that they do not keep it alive.

    Args:
        batch: with `COLUMNS` among its columns, where they have values.
        rows: which.
        raws: the batches its events came from.
    """
    origins = sorted({raw.origin for raw in raws}, key=lambda origin: origin.first)
    firsts = [origin.first for origin in origins]
    taken = batch.frame.take(pa.array(rows, pa.int64())).combine_chunks()
    found = []
    for row in range(len(rows)):
        alone = EventBatch(taken.slice(row, 1), batch.schema)
        number = int(alone.column("_event")[0].as_py())
        origin = origins[bisect_right(firsts, number) - 1]
        event = Event(
            path=origin.path,
            member=origin.member,
            position=number - origin.first,
            record_id=_text(alone, RECORD),
            time_ns=int(alone.column("@timestamp").cast(pa.int64())[0].as_py()),
            host=next((host for name in _HOSTS if (host := _text(alone, name)) is not None), None),
            index=_text(alone, "_index") or "",
            category=_texts(alone, "event.category"),
            provider=_text(alone, "event.provider"),
            code=_text(alone, "event.code"),
            number=number,
        )
        found.append(Sighting(event, alone))
    return found


def _texts(alone: EventBatch, name: str) -> tuple[str, ...]:
    if name not in alone.frame.schema.names:
        return ()
    value = alone.column(name)[0].as_py()
    return tuple(map(str, value if isinstance(value, list) else () if value is None else (value,)))


def _text(alone: EventBatch, name: str) -> str | None:
    return next(iter(_texts(alone, name)), None)
