"""Raw records as the documents that `convert` writes."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from comtrap.alerts.origins import Place, Sources, put
from comtrap.execute.text import moment
from comtrap.normalise import document as documents
from comtrap.normalise.normalise import to_documents, to_events
from comtrap.normalise.script_blocks import JOINED, PARTS
from comtrap.schema.telemetry import telemetry
from comtrap.sources.record import SIZE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.batch import EventBatch
    from comtrap.events.problems import Problems
    from comtrap.events.raw import RawBatch

TOGETHER = 4_096
"""Records taken apart at once, at most."""

TOGETHER_BYTES = 8 << 20
"""How large they are together, about, if they are several: as documents they take many times as much."""


def written(raw: RawBatch, problems: Problems) -> Iterator[tuple[int, bytes]]:
    """Each record's event number and its whole ECS document as JSON, in order.

    The document has every field that the record brought along, all that is computed of it, and under ``comtrap.origin``
    where it was read. Moments have all the digits they were written with.

    Args:
        raw: records of one kind.
        problems: takes values of a wrong type, and records without a readable time.
    """
    rows = raw.frame.num_rows
    together = max(1, min(TOGETHER, TOGETHER_BYTES * rows // max(1, raw.size_bytes)))
    for at in range(0, rows, together):
        yield from _written(raw.fetch(np.arange(at, min(at + together, rows))), problems)


def _written(raw: RawBatch, problems: Problems) -> Iterator[tuple[int, bytes]]:
    events = to_events(raw, _dates(), problems)
    numbers = events.frame.column("_event").to_pylist()
    texts = raw.frame.column(JOINED).to_pylist() if JOINED in raw.frame.schema.names else [None] * len(events)
    found = to_documents(raw)
    _sharpen(found, events)
    sources = Sources(raw)
    for row, (number, document) in enumerate(zip(numbers, found, strict=True)):
        if texts[row] is not None:
            documents.put(document, JOINED, texts[row])
        documents.drop(document, PARTS)
        digest = b"" if documents.get(document, "winlog.record_id") is not None else sources.digest(row)
        place = Place(raw.origin.path, raw.origin.member, number - raw.origin.first, digest)
        put(document, place, sources.index(row), sources.id(row))
        text = json_of(document)
        if len(text) > SIZE_BYTES and texts[row] is not None:
            # No reader would take it; whoever reads the parts can join them again.
            documents.drop(document, JOINED)
            problems.note("joined script left out", f"{raw.origin.name}:{place.position}")
            text = json_of(document)
        yield number, text


def json_of(document: Any) -> bytes:
    """JSON on one line; numbers of any size, and halves of surrogate pairs, as JSON allows them."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, default=str).encode()


@cache
def _dates() -> frozenset[str]:
    return frozenset(name for name, field in telemetry().items() if field.type.is_date and field.supported)


def _sharpen(found: list[dict[str, Any]], events: EventBatch) -> None:
    """Moments that were cut to milliseconds get their other digits again."""
    for name in events.frame.schema.names:
        column = events.column(name)
        if not pa.types.is_timestamp(column.type):
            continue
        for document, time_ns in zip(found, column.cast(pa.int64()).to_pylist(), strict=True):
            if time_ns and time_ns % 1_000_000 and documents.get(document, name) == moment(time_ns):
                documents.put(document, name, f"{moment(time_ns)[:-5]}.{time_ns % 1_000_000_000:09}".rstrip("0") + "Z")
