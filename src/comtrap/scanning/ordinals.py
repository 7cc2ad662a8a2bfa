"""Events ordered by other fields than ``@timestamp``: their values are read from the records behind the hits."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from comtrap.events.problems import Problems
from comtrap.execute.hits import HITS
from comtrap.execute.order import address_key, version_key
from comtrap.normalise.normalise import to_events
from comtrap.schema.telemetry import telemetry
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.events.batch import EventBatch
    from comtrap.events.raw import RawBatch

Tie: TypeAlias = int | bytes
"""A tiebreaker that compares as the value it stands for: a number where the value is one, else bytes."""

TOGETHER = 8_192  # records read at once
_NUMBERS = frozenset({Type.BOOLEAN, Type.LONG, Type.DOUBLE, Type.DATE, Type.DATE_NANOS})


@dataclass(frozen=True, slots=True)
class Ordinals:
    """What orders events.

    Attributes:
        time: the column of their time, or None for ``@timestamp``.
        tie: the column that orders those of one time, or None.
        timed: whether events without a time are left out rather than first.
    """

    time: str | None = None
    tie: str | None = None
    timed: bool = True

    @property
    def numbered(self) -> bool:
        """Whether tiebreakers are numbers, so that two hits can be compared whatever others there are."""
        return self.tie is None or telemetry()[self.tie].type in _NUMBERS

    def of(self, hits: pa.Table, raws: Iterable[RawBatch]) -> tuple[pa.Table, dict[int, bytes]]:
        """The hits with these times and tiebreakers; and by event the tiebreakers that are no numbers.

        Args:
            hits: schema HITS.
            raws: the batches that have the records.
        """
        found: dict[int, tuple[int | None, Tie | None]] = {}
        for batch in _records(hits, raws, frozenset(name for name in (self.time, self.tie) if name is not None)):
            numbers = batch.frame.column("_event").to_pylist()
            found.update(zip(numbers, zip(_least(batch, self.time), _least(batch, self.tie), strict=True), strict=True))
        values = [found[event] for event in hits.column("event").to_pylist()]
        ties = {event: tie for event, (_, tie) in found.items() if isinstance(tie, bytes)}
        if self.tie is not None and not ties:
            hits = _with(hits, "tie", [tie for _, tie in values])
        if self.time is not None:
            hits = _with(hits, "time_ns", [time or 0 for time, _ in values])
            if self.timed:
                hits = hits.filter(pa.array([time is not None for time, _ in values], pa.bool_()))
        return hits, ties


def _with(hits: pa.Table, name: str, values: list[Any]) -> pa.Table:
    place = HITS.get_field_index(name)
    return hits.set_column(place, HITS.field(place), pa.array(values, pa.int64()))


def _records(hits: pa.Table, raws: Iterable[RawBatch], names: frozenset[str]) -> Iterator[EventBatch]:
    """These fields of the records that hits are of."""
    events = np.unique(hits.column("event").to_numpy())
    for raw in raws:
        positions = np.asarray(raw.frame.column("_position").combine_chunks(), dtype=np.uint64)
        rows = np.flatnonzero(np.isin(positions + np.uint64(raw.origin.first), events))
        for at in range(0, len(rows), TOGETHER):
            # What is odd about these values is said where they are used.
            yield to_events(raw.fetch(rows[at : at + TOGETHER]), names, Problems())


def _least(batch: EventBatch, name: str | None) -> list[Any]:
    """The least value of a field in each event, as it compares; None where there is none."""
    if name is None:
        return [None] * len(batch)
    kind = telemetry()[name].type
    column = batch.column(name)
    if kind.is_date:
        column = column.cast(pa.list_(pa.int64()) if pa.types.is_list(column.type) else pa.int64())
    out = []
    for value in column.to_pylist():
        several = value if isinstance(value, list) else [value]
        out.append(min((_comparable(one, kind) for one in several if one is not None), default=None))
    return out


def _comparable(value: Any, kind: Type) -> Tie:
    match kind:
        case Type.DOUBLE:
            (bits,) = struct.unpack("<q", struct.pack("<d", value + 0.0))  # a zero has no sign then
            return int(bits if bits >= 0 else bits ^ 0x7FFF_FFFF_FFFF_FFFF)
        case Type.IP:
            return address_key(value) or b""
        case Type.VERSION:
            return version_key(value)
        case _:
            return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else int(value)
