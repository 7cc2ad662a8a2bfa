"""Kept records as evidence: whole documents, with what says where each came from and which one it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from comtrap.alerts.alert import Evidence
from comtrap.alerts.ids import identity
from comtrap.events.problems import Problems
from comtrap.normalise import document as documents
from comtrap.normalise.normalise import to_documents, to_events
from comtrap.normalise.script_blocks import JOINED, PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    """Every record of a batch of whole records, in order."""
    # What is odd about these values was said when the rules ran over them.
    frame = to_events(raw, frozenset(), Problems()).frame
    events = frame.column("_event").to_pylist()
    times = frame.column("@timestamp").cast(pa.int64()).to_pylist()
    indices = frame.column("_index").to_pylist()
    parts, texts = (_column(raw, name) for name in (PARTS, JOINED))
    sources = _Sources(raw)
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
        evidence = Evidence(
            path=raw.origin.path,
            member=raw.origin.member,
            position=events[row] - raw.origin.first,
            record_id=record_id,
            channel=channel,
            host=host,
            time_ns=times[row],
            stage=0,
            event=document,
            id=identity(named, record_id, {} if record_id is not None else sources.of(row)),
            index=indices[row] or "",
        )
        yield Record(events[row], evidence, tuple(map(int, parts[row] or ())))


def _column(raw: RawBatch, name: str) -> list[Any]:
    return raw.frame.column(name).to_pylist() if name in raw.frame.schema.names else [None] * raw.frame.num_rows


class _Sources:
    """A batch's records as they were read: the fields that have a value, ours left out."""

    def __init__(self, raw: RawBatch) -> None:
        self._raw = raw
        self._columns: dict[str, list[Any]] | None = None

    def of(self, row: int) -> Mapping[str, Any]:
        if self._columns is None:
            names = [n for n in self._raw.frame.schema.names if not n.startswith(("_", "comtrap."))]
            self._columns = {name: self._raw.frame.column(name).to_pylist() for name in names}
        return {name: values[row] for name, values in self._columns.items() if values[row] is not None}


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)
