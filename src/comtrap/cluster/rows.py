"""What travels between the machines of a cluster: rows of numbers and bytes, no objects of ours.

A row says what it is: ``tally`` (JSON), ``hits`` (an Arrow stream, schema HITS, of one query), ``match`` (JSON) or
``record`` (whole records, as a store keeps them).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from comtrap.events.problems import Problems
from comtrap.match.hit import Match
from comtrap.scanning.part import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROWS = pa.schema(
    [
        pa.field("what", pa.string()),
        pa.field("query", pa.int32()),
        pa.field("bucket", pa.int32()),
        pa.field("content", pa.binary()),
    ]
)
"""`bucket` is that of the join key; 0 where a query's hits must stay together."""
DDL = "what string, query int, bucket int, content binary"
"""The same in Spark's words."""

_COUNTS = tuple(field.name for field in fields(Tally) if field.name != "problems")
_PROBLEMS = tuple(field.name for field in fields(Problems))


def batch(rows: Sequence[tuple[str, int, int, bytes]]) -> pa.RecordBatch:
    """Rows as Arrow has them, schema ROWS."""
    columns: list[Sequence[object]] = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, ROWS, strict=True)], schema=ROWS)


def tally_row(tally: Tally) -> tuple[str, int, int, bytes]:
    """What a task counted."""
    told = {name: getattr(tally, name) for name in _COUNTS}
    told["met"] = sorted(tally.met)
    told["problems"] = {name: getattr(tally.problems, name) for name in _PROBLEMS}
    return "tally", 0, 0, orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS)


def tally_of(content: bytes) -> Tally:
    """The same again."""
    told: dict[str, Any] = orjson.loads(content)
    problems = told.pop("problems")
    return Tally(
        read=told["read"],
        reached=told["reached"],
        sources=Counter(told["sources"]),
        met={(query, stage) for query, stage in told["met"]},
        failures=Counter({int(query): count for query, count in told["failures"].items()}),
        problems=Problems(**problems | {name: Counter(problems[name]) for name in ("skipped", "notes")}),
    )


def match_rows(found: Iterable[Match]) -> list[tuple[str, int, int, bytes]]:
    """Matches."""
    return [("match", m.query, 0, orjson.dumps([m.key, m.events])) for m in found]


def match_of(query: int, content: bytes) -> Match:
    """The same again."""
    key, events = orjson.loads(content)
    return Match(query, tuple(key), tuple(events))
