"""The evidence of a run: events of matches as whole documents, each once, kept as text until an alert is made of it."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from comtrap.alerts.alert import Evidence
from comtrap.alerts.records import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from comtrap.alerts.records import Record
    from comtrap.alerts.store import Store

HELD_BYTES = 32 << 20
"""How much of events is in memory before all of them are written."""

TABLES = """
create table evidence (event integer primary key, time integer, id text, parts blob, whole blob);
"""
# Stage and part are the alert's to say.
_told = attrgetter(
    "path",
    "member",
    "position",
    "record_id",
    "channel",
    "host",
    "time_ns",
    "event",
    "id",
    "index",
    "hit_index",
    "hit_id",
)
_ROW_BYTES = 400  # what an event takes besides its text
_AMONG = "from evidence where event in (select value from json_each(?))"


class _Row(NamedTuple):
    """An event as it is kept.

    Attributes:
        event: its number.
        time_ns: when it happened.
        id: see `alerts.ids`.
        parts: the numbers of the further parts of a script block, as JSON; None for none.
        whole: the event as evidence, as JSON.
    """

    event: int
    time_ns: int
    id: str
    parts: bytes | None
    whole: bytes


class Identified(NamedTuple):
    """What an event is told by, and how large its document is as JSON."""

    time_ns: int
    id: str
    size_bytes: int


class Kept:
    """The events of matches, and the further parts of script blocks among them: in memory, or in the database once they are many."""

    def __init__(self, store: Store) -> None:
        """Take the events in the table ``chosen`` of a store, which has `TABLES` too."""
        self._database = store.database
        self._held: dict[int, _Row] | None = {}
        self._held_bytes = 0
        for raw in store.records("chosen"):
            self._put([_row(record) for record in records(raw)])

    def identified(self, events: Iterable[int]) -> dict[int, Identified]:
        """What events are told by, by their numbers."""
        if self._held is not None:
            return {row.event: Identified(row.time_ns, row.id, len(row.whole)) for row in self._rows(events)}
        found = self._database.execute(f"select event, time, id, length(whole) {_AMONG}", (_listed(events),))
        return {event: Identified(*told) for event, *told in found}

    def loaded(self, events: Iterable[int]) -> Callable[[int, int], list[Evidence]]:
        """Gives, for a stage and one of these events by its number, the event, or the parts of a script block in order."""
        wholes: dict[int, list[Any]] = {}
        parts: dict[int, list[int]] = {}
        wanted = set(events)
        while wanted:
            for row in self._rows(wanted):
                wholes[row.event] = orjson.loads(row.whole)
                parts[row.event] = orjson.loads(row.parts) if row.parts else []
            wanted = {part for event in wanted for part in parts[event]} - wholes.keys()

        def evidence(stage: int, event: int) -> list[Evidence]:
            return [_made(wholes[e], stage, n if n > 1 else None) for n, e in enumerate((event, *parts[event]), 1)]

        return evidence

    def _put(self, rows: Sequence[_Row]) -> None:
        """Add events that are not there yet."""
        if self._held is not None:
            for row in rows:
                if row.event not in self._held:
                    self._held[row.event] = row
                    self._held_bytes += len(row.whole) + len(row.parts or b"") + _ROW_BYTES
            if self._held_bytes <= HELD_BYTES:
                return
            rows, self._held = list(self._held.values()), None
        with self._database:
            self._database.executemany("insert or ignore into evidence values (?, ?, ?, ?, ?)", rows)

    def _rows(self, events: Iterable[int]) -> Iterable[_Row]:
        """Events by their numbers, each once; those that are not there are left out."""
        if self._held is not None:
            held = self._held
            return [held[event] for event in dict.fromkeys(events) if event in held]
        return map(
            _Row._make, self._database.execute(f"select event, time, id, parts, whole {_AMONG}", (_listed(events),))
        )


def _listed(events: Iterable[int]) -> str:
    return orjson.dumps(list(events)).decode()


def _row(record: Record) -> _Row:
    evidence = record.evidence
    parts = orjson.dumps(record.parts) if record.parts else None
    return _Row(record.event, evidence.time_ns, evidence.id, parts, _written(evidence))


def _written(evidence: Evidence) -> bytes:
    return orjson.dumps(_told(evidence), default=str)


def _made(told: list[Any], stage: int, part: int | None) -> Evidence:
    path, member, position, record_id, channel, host, time_ns, event, *identified = told
    return Evidence(path, member, position, record_id, channel, host, time_ns, stage, event, part, *identified)
