"""Records gathered by kind until there are enough of them for a batch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from comtrap.events.raw import RawBatch
from comtrap.sources.columns import TooWideError, columns
from comtrap.sources.shapes.shape import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from comtrap.events.raw import Kind, Origin
    from comtrap.sources.shapes.shape import Shaped

ROWS = 20_000
"""At most so many records in a batch."""

HELD_BYTES = 40 << 20
"""How much may be held, about, before batches are made of it."""

_RECORD_BYTES, _VALUE_BYTES = 500, 64  # what a record, and each value in it, takes up beside its text

ALWAYS = frozenset({
    "@timestamp", "winlog.channel", "winlog.computer_name", "winlog.event_id", "winlog.provider_name", "winlog.record_id",
})  # fmt: skip
"""Columns that are decoded though nobody asks for them: what an event is told by."""


@dataclass(slots=True)
class _Group:
    """Records of one kind, as lists beside one another."""

    positions: list[int] = field(default_factory=list)
    records: list[Shaped] = field(default_factory=list)
    texts: list[bytes | str] = field(default_factory=list)
    size_bytes: int = 0

    def part(self, rows: slice) -> _Group:
        """Some of them."""
        return _Group(self.positions[rows], self.records[rows], self.texts[rows])


@dataclass(slots=True)
class Batches:
    """Gathers records; made for one content.

    Attributes:
        origin: where the records come from.
        wanted: the columns to make, None for all.
        decode: a record's text as the shaped record it was given with.
        mend: what is done to each column, by name, when it is made.
    """

    origin: Origin
    wanted: frozenset[str] | None
    decode: Callable[[Any], Shaped]
    mend: Callable[[str, pa.Array], pa.Array] | None = None
    _groups: dict[Kind, _Group] = field(default_factory=dict)
    _held_bytes: int = 0

    def __post_init__(self) -> None:
        """Add to what is wanted what always is."""
        if self.wanted is not None:
            self.wanted |= ALWAYS

    def add(self, position: int, shaped: Shaped, text: bytes | str) -> None:
        """One more record; positions ascend."""
        group = self._groups.get(shaped.kind)
        if group is None:
            group = self._groups[shaped.kind] = _Group()
        group.positions.append(position)
        group.records.append(shaped)
        group.texts.append(text)
        commas = text.count(",") if isinstance(text, str) else text.count(b",")
        size_bytes = len(text) + commas * _VALUE_BYTES + _RECORD_BYTES
        group.size_bytes += size_bytes
        self._held_bytes += size_bytes

    def full(self) -> Iterator[RawBatch]:
        """Once enough is held: the largest groups, until half of it is gone.

        Rare kinds wait, so that their batches do not become tiny.
        """
        if self._held_bytes < HELD_BYTES:
            return
        for kind in sorted(self._groups, key=lambda k: (-self._groups[k].size_bytes, k)):
            if self._held_bytes <= HELD_BYTES // 2:
                break
            yield from self._release(kind)

    def rest(self) -> Iterator[RawBatch]:
        """All that is left."""
        for kind in list(self._groups):
            yield from self._release(kind)

    def _release(self, kind: Kind) -> Iterator[RawBatch]:
        group = self._groups.pop(kind)
        self._held_bytes -= group.size_bytes
        for start in range(0, len(group.positions), ROWS):
            yield from self._batches(kind, group.part(slice(start, start + ROWS)))

    def _batches(self, kind: Kind, group: _Group) -> Iterator[RawBatch]:
        positions = np.array(group.positions, np.uint64)
        texts = group.texts
        try:
            frame = self._frame(positions, group.records, self.wanted)
        except TooWideError:
            half = len(positions) // 2
            yield from self._batches(kind, group.part(slice(half)))
            yield from self._batches(kind, group.part(slice(half, None)))
            return
        yield RawBatch(kind, frame, self.origin, lambda rows: self._whole(kind, texts, positions, rows))

    def _whole(self, kind: Kind, texts: list[bytes | str], positions: np.ndarray, rows: np.ndarray) -> RawBatch:
        records = [self.decode(texts[row]) for row in rows]
        frame = self._frame(positions[rows], records, None)
        sources = [_source(record) for record in records]
        if any(source is not None for source in sources):
            frame = frame.append_column("_source", pa.array(sources, pa.string()))
        return RawBatch(kind, frame, self.origin)

    def _frame(self, positions: np.ndarray, records: list[Shaped], wanted: frozenset[str] | None) -> pa.Table:
        found = columns([record.document for record in records], wanted)
        if self.mend is not None:
            found = {name: self.mend(name, column) for name, column in found.items()}
        shapes = pa.array([record.shape for record in records], pa.string())
        return pa.table({"_position": pa.array(positions, pa.uint64()), "_shape": shapes, **found})


def _source(record: Shaped) -> str | None:
    """The document a record came as, where it came as one."""
    if record.shape not in DOCUMENTS:
        return None
    document = {key: value for key, value in record.document.items() if key[:1] != "_"}
    try:
        return orjson.dumps(document).decode()
    except TypeError:  # a whole number of more than 64 bits
        return json.dumps(document)
