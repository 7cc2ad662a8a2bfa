"""The evidence of a run: events of matches as whole documents, each once, on disk until an alert is made of it."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from comtrap.alerts.alert import Evidence
from comtrap.alerts.records import records

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from comtrap.alerts.store import Store

TABLES = """
create table evidence (event integer primary key, time integer, id text, parts blob, whole blob);
"""
# Stage and part are the alert's to say.
_told = attrgetter("path", "member", "position", "record_id", "channel", "host", "time_ns", "event", "id", "index")
_AMONG = "from evidence where event in (select value from json_each(?))"


class Identified(NamedTuple):
    """What an event is told by, and how large its document is as JSON."""

    time_ns: int
    id: str
    size_bytes: int


def keep(store: Store) -> None:
    """The events in the table ``chosen``, and the further parts of script blocks among them, as evidence."""
    for raw in store.records("chosen"):
        rows = [
            (
                r.event,
                r.evidence.time_ns,
                r.evidence.id,
                orjson.dumps(r.parts) if r.parts else None,
                _written(r.evidence),
            )
            for r in records(raw)
        ]
        with store.database:
            store.database.executemany("insert or ignore into evidence values (?, ?, ?, ?, ?)", rows)


def identified(database: sqlite3.Connection, events: Iterable[int]) -> dict[int, Identified]:
    """What events are told by, by their numbers."""
    found = database.execute(f"select event, time, id, length(whole) {_AMONG}", (_listed(events),))
    return {event: Identified(*told) for event, *told in found}


def loaded(database: sqlite3.Connection, events: Iterable[int]) -> Callable[[int, int], list[Evidence]]:
    """Gives, for a stage and one of these events by its number, the event, or the parts of a script block in order."""
    wholes: dict[int, list[Any]] = {}
    parts: dict[int, list[int]] = {}
    wanted = set(events)
    while wanted:
        found = database.execute(f"select event, parts, whole {_AMONG}", (_listed(wanted),))
        for event, listed, whole in found:
            wholes[event] = orjson.loads(whole)
            parts[event] = orjson.loads(listed or b"[]")
        wanted = {part for event in wanted for part in parts[event]} - wholes.keys()

    def evidence(stage: int, event: int) -> list[Evidence]:
        return [_made(wholes[e], stage, n if n > 1 else None) for n, e in enumerate((event, *parts[event]), 1)]

    return evidence


def _listed(events: Iterable[int]) -> str:
    return orjson.dumps(list(events)).decode()


def _written(evidence: Evidence) -> bytes:
    return orjson.dumps(_told(evidence), default=str)


def _made(told: list[Any], stage: int, part: int | None) -> Evidence:
    path, member, position, record_id, channel, host, time_ns, event, name, index = told
    return Evidence(path, member, position, record_id, channel, host, time_ns, stage, event, part, name, index)
