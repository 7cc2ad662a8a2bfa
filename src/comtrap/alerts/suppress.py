"""Alerts that others stand for: Elastic's alert suppression over a whole run.

Elastic suppresses within one execution of a rule, or for a time that begins with the first alert; a scan is one
execution, and its clock is that of the events. For a sequence the values are those of the alert as a whole: what all its
events agree on.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from comtrap.normalise import document as documents

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from comtrap.rules.suppression import Suppression

TABLES = """
create table suppressed (id text primary key) without rowid;
create table suppression (
  id text primary key, query integer, terms blob, value blob, began integer, ended integer, count integer
) without rowid;
create index suppression_terms on suppression (query, terms, began);
"""
_MICROSECOND = timedelta(microseconds=1)
LONGEST = 1 << 16  # bytes of a group's values that an alert tells


def suppress(
    database: sqlite3.Connection, query: int, how: Suppression, alerts: Iterable[tuple[str, int, Mapping[str, Any]]]
) -> None:
    """Note which alerts of a query are suppressed, and what the others stand for.

    Args:
        database: with `TABLES`.
        query: its number.
        how: the rule's, or the run's.
        alerts: id, time in nanoseconds and event of each, by time and id.
    """
    span = None if how.duration is None else how.duration // _MICROSECOND * 1_000
    for name, time_ns, event in alerts:
        values = [_value(event, field) for field in how.group_by]
        if how.missing != "suppress" and None in values:
            continue
        told = orjson.dumps([{"field": f, "value": v} for f, v in zip(how.group_by, values, strict=True)], default=str)
        terms = sha256(told).digest()
        first = database.execute(
            "select id, began from suppression where query = ? and terms = ? order by began desc limit 1",
            (query, terms),
        ).fetchone()
        if first is None or (span is not None and time_ns - first[1] >= span):
            row = (name, query, terms, told if len(told) <= LONGEST else None, time_ns, time_ns)
            database.execute("insert into suppression values (?, ?, ?, ?, ?, ?, 0)", row)
            continue
        database.execute("insert into suppressed values (?)", (name,))
        database.execute("update suppression set count = count + 1, ended = ? where id = ?", (time_ns, first[0]))


def _value(event: Mapping[str, Any], field: str) -> Any:
    value = documents.get(event, field)
    return None if value in ("", [], {}) else value
