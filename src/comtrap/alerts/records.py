"""Kept records as evidence: whole documents, with what says where each came from and which one it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from comtrap.alerts.alert import Evidence
from comtrap.alerts.ids import identity
from comtrap.alerts.origins import Place, Sources, taken
from comtrap.events.problems import Problems
from comtrap.normalise import document as documents
from comtrap.normalise.normalise import to_documents, to_events
from comtrap.normalise.script_blocks import JOINED, PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.raw import RawBatch


@dataclass(frozen=True, slots=True)
class Record:
    """One event before it is known which stage it fills.

    Attributes:
        event: its number in the run.
        evidence: with stage 0.
        parts: the numbers of the further parts of a script block.
    """

    event: int
    evidence: Evidence
    parts: tuple[int, ...]


def records(raw: RawBatch) -> Iterator[Record]:
    """Every record of a batch of whole records, in order; those that `convert` wrote where they were first read."""
    # What is odd about these values was said when the rules ran over them.
    frame = to_events(raw, frozenset(), Problems()).frame
    events = frame.column("_event").to_pylist()
    times = frame.column("@timestamp").cast(pa.int64()).to_pylist()
    indices = frame.column("_index").to_pylist()
    parts, texts = (_column(raw, name) for name in (PARTS, JOINED))
    sources = Sources(raw)
    for row, document in enumerate(to_documents(raw)):
        if texts[row] is not None:
            documents.put(document, JOINED, texts[row])
        # Their numbers mean something in this run only; the parts stand in the evidence themselves.
        documents.drop(document, PARTS)
        record_id = _text(documents.get(document, "winlog.record_id"))
        host = _text(documents.get(document, "host.name") or documents.get(document, "winlog.computer_name"))
        channel = _text(documents.get(document, "winlog.channel"))
        provider = documents.get(document, "winlog.provider_name") or documents.get(document, "event.provider")
        code = documents.get(document, "winlog.event_id") or documents.get(document, "event.code")
        place = host or _text(documents.get(document, "host.id"))
        named = (place, channel, _text(provider), _text(code), str(times[row]))
        here = Place(raw.origin.path, raw.origin.member, events[row] - raw.origin.first)
        first = taken(document, here)
        digest = first.digest or (sources.digest(row) if record_id is None else b"")
        evidence = Evidence(
            path=first.path,
            member=first.member,
            position=first.position,
            record_id=record_id,
            channel=channel,
            host=host,
            time_ns=times[row],
            stage=0,
            event=document,
            id=identity(named, record_id, digest),
            index=indices[row] or "",
        )
        yield Record(events[row], evidence, tuple(map(int, parts[row] or ())))


def _column(raw: RawBatch, name: str) -> list[Any]:
    return raw.frame.column(name).to_pylist() if name in raw.frame.schema.names else [None] * raw.frame.num_rows


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)
