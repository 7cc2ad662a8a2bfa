"""Kept records as evidence: whole documents, with what says where each came from and which one it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from comtrap.alerts.alert import Evidence
from comtrap.alerts.ids import identity
from comtrap.alerts.origins import ORIGIN, Place, Sources, hit, taken
from comtrap.events.problems import Problems
from comtrap.normalise import document as documents
from comtrap.normalise.fields import Fields
from comtrap.normalise.normalise import to_documents, to_events
from comtrap.normalise.script_blocks import JOINED, PARTS
from comtrap.remote.address import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    found = to_documents(raw)
    for row, document in enumerate(found):
        if texts[row] is not None:
            documents.put(document, JOINED, texts[row])
        # Their numbers mean something in this run only; the parts stand in the evidence themselves.
        documents.drop(document, PARTS)
    named, origins, sources = _named(found), Fields(found).values(ORIGIN), Sources(raw)
    for row, document in enumerate(found):
        host, record_id, *told = named[row]
        position = None if is_address(raw.origin.path) else events[row] - raw.origin.first
        first = Place(raw.origin.path, raw.origin.member, position)
        kept_index, kept_id = (None, None) if origins[row] is None else hit(origins[row])
        if origins[row] is not None:
            first = taken(document, first)
        digest = first.digest or (sources.digest(row) if record_id is None else b"")
        evidence = Evidence(
            path=first.path,
            member=first.member,
            position=first.position,
            record_id=record_id,
            channel=told[1],
            host=host,
            time_ns=times[row],
            stage=0,
            event=document,
            id=identity((*told, str(times[row])), record_id, digest),
            index=indices[row] or "",
            hit_index=sources.index(row) or kept_index,
            hit_id=sources.id(row) or kept_id,
        )
        yield Record(events[row], evidence, tuple(map(int, parts[row] or ())))


def _named(found: Sequence[dict[str, Any]]) -> list[tuple[str | None, ...]]:
    """Of each document: host, record number; host again or its id, channel, provider, code."""
    fields = Fields(found)

    def either(one: str, other: str) -> Iterator[Any]:
        return (a or b for a, b in zip(fields.values(one), fields.values(other), strict=True))

    hosts = [_text(value) for value in either("host.name", "winlog.computer_name")]
    return list(
        zip(
            hosts,
            map(_text, fields.values("winlog.record_id")),
            [host or _text(value) for host, value in zip(hosts, fields.values("host.id"), strict=True)],
            map(_text, fields.values("winlog.channel")),
            map(_text, either("winlog.provider_name", "event.provider")),
            map(_text, either("winlog.event_id", "event.code")),
            strict=True,
        )
    )


def _column(raw: RawBatch, name: str) -> list[Any]:
    return raw.frame.column(name).to_pylist() if name in raw.frame.schema.names else [None] * raw.frame.num_rows


def _text(value: object) -> str | None:
    if type(value) is str:
        return value
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)
