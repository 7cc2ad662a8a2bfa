"""What travels between the machines of a cluster: rows of numbers, texts and bytes, no objects of ours.

A row says what it is. Hits have the columns of HITS; of all others only ``content`` counts: ``tally`` and ``match``
(JSON), ``record`` and ``parts`` (whole records; parts are those of script blocks that are still to be joined).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from comtrap.events.problems import Problems
from comtrap.execute.hits import HITS
from comtrap.match.hit import Match
from comtrap.scanning.part import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np

ROWS = pa.schema(
    [
        pa.field("what", pa.string()),
        pa.field("query", pa.int32()),
        pa.field("bucket", pa.int32()),
        pa.field("content", pa.binary()),
        pa.field("stage", pa.int32()),
        pa.field("key", pa.list_(pa.string())),
        pa.field("time_ns", pa.int64()),
        pa.field("tie", pa.int64()),
        pa.field("event", pa.int64()),
    ]
)
"""`bucket` of a hit is that of its join key, 0 where a query's hits must stay together; of parts, their file's number."""
DDL = "what string, query int, bucket int, content binary, stage int, key array<string>, time_ns long, tie long, event long"
"""The same in Spark's words: it has no unsigned numbers."""

_COUNTS = tuple(field.name for field in fields(Tally) if field.name != "problems")
_PROBLEMS = tuple(field.name for field in fields(Problems))


def batch(what: str, contents: Sequence[bytes], query: int = 0, bucket: int = 0, event: int = 0) -> pa.RecordBatch:
    """Rows that have a content, schema ROWS."""
    told = {"what": what, "query": query, "bucket": bucket, "event": event}
    columns = [
        pa.array(contents, f.type) if f.name == "content" else pa.array([told.get(f.name)] * len(contents), f.type)
        for f in ROWS
    ]
    return pa.record_batch(columns, schema=ROWS)


def hit_rows(hits: pa.Table, buckets: np.ndarray) -> pa.RecordBatch:
    """Hits of one query.

    Args:
        hits: schema HITS.
        buckets: that of each.
    """
    count = hits.num_rows
    made = {
        "what": pa.repeat("hits", count),
        "bucket": pa.array(buckets, pa.int32()),
        "content": pa.nulls(count, pa.binary()),
    }
    columns = [made[f.name] if f.name in made else hits.column(f.name).combine_chunks().cast(f.type) for f in ROWS]
    return pa.record_batch(columns, schema=ROWS)


def hits_of(rows: pa.RecordBatch) -> pa.Table:
    """The same again, schema HITS."""
    return pa.Table.from_arrays([rows.column(f.name).cast(f.type) for f in HITS], schema=HITS)


def tally_row(tally: Tally) -> bytes:
    """What a task counted."""
    told = {name: getattr(tally, name) for name in _COUNTS}
    told["met"] = sorted(tally.met)
    told["problems"] = {name: getattr(tally.problems, name) for name in _PROBLEMS}
    return orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS)


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
        removed=Counter({int(query): count for query, count in told["removed"].items()}),
        problems=Problems(**problems | {name: Counter(problems[name]) for name in ("skipped", "notes")}),
    )


def match_rows(found: Iterable[Match]) -> list[bytes]:
    """Matches of one query."""
    return [orjson.dumps([m.key, m.events]) for m in found]


def match_of(query: int, content: bytes) -> Match:
    """One of them again."""
    key, events = orjson.loads(content)
    return Match(query, tuple(key), tuple(events))
