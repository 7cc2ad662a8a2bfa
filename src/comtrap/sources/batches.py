"""Records gathered by kind until there are enough of them for a batch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import orjson
import pyarrow as pa

from comtrap.errors import SourceError
from comtrap.events.raw import RawBatch
from comtrap.sources.columns import Table, columns
from comtrap.sources.shapes.shape import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from comtrap.events.raw import Kind, Origin
    from comtrap.sources.shapes.shape import Shaped

ROWS = 20_000
"""At most so many records in a batch."""

HELD_BYTES = 24 << 20
"""How much may be held, about, before batches are made of it."""

_RECORD_BYTES, _VALUE_BYTES = 500, 64  # what a record, and each value in it, takes up beside its text

ALWAYS = frozenset({
    "@timestamp", "winlog.channel", "winlog.computer_name", "winlog.event_id", "winlog.provider_name", "winlog.record_id",
})  # fmt: skip
"""Columns that are decoded though nobody asks for them: what an event is told by."""


T = TypeVar("T")


class Form(Protocol):
    """Documents whose columns get their names last."""

    def paths(self, wanted: frozenset[str]) -> frozenset[str]:
        """Where wanted columns are found in the documents."""

    def renamed(self, found: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """What was found there, under its columns' names."""


@dataclass(slots=True)
class _Group:
    """Records of one kind: their columns, and beside them what else is known."""

    table: Table
    positions: list[int] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    texts: list[bytes | str] = field(default_factory=list)
    size_bytes: int = 0


@dataclass(slots=True)
class Batches:
    """Gathers records; made for one content.

    Attributes:
        origin: where the records come from.
        wanted: the columns to make, None for all.
        decode: a record's text as the shaped record it was given with.
        form: what tells where in the documents a column is found, None where that is its name.
    """

    origin: Origin
    wanted: frozenset[str] | None
    decode: Callable[[Any], Shaped]
    form: Form | None = None
    _groups: dict[Kind, _Group] = field(default_factory=dict)
    _held_bytes: int = 0

    def __post_init__(self) -> None:
        """Add to what is wanted what always is."""
        if self.wanted is not None:
            self.wanted |= ALWAYS
            if self.form is not None:
                self.wanted = self.form.paths(self.wanted)

    def add(self, position: int, shaped: Shaped, text: bytes | str) -> None:
        """One more record; positions ascend."""
        group = self._groups.get(shaped.kind)
        if group is None:
            group = self._groups[shaped.kind] = _Group(Table(self.wanted))
        group.table.add(shaped.document)
        group.positions.append(position)
        group.shapes.append(shaped.shape)
        group.texts.append(text)
        commas = text.count(",") if isinstance(text, str) else text.count(b",")
        size_bytes = len(text) + commas * _VALUE_BYTES + _RECORD_BYTES
        group.size_bytes += size_bytes
        self._held_bytes += size_bytes

    def filled(self, blocks: Iterable[T], take: Callable[[int, T], int]) -> Iterator[RawBatch]:
        """The batches of a content that is read block by block.

        Args:
            blocks: may break off with a SourceError; what came before it is given first.
            take: adds a block's records, the first of them at a position; gives the position after the last.

        Raises:
            SourceError: the content broke off.
        """
        position = 0
        left = iter(blocks)
        broken: SourceError | None = None
        while True:
            try:
                block = next(left)
            except StopIteration:
                break
            except SourceError as error:
                broken = error
                break
            position = take(position, block)
            yield from self.full()
        yield from self.rest()
        if broken is not None:
            raise broken

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
        positions = np.array(group.positions, np.uint64)
        for start, stop in group.table.ranges(ROWS):
            rows = slice(start, stop)
            frame = self._frame(positions[rows], group.shapes[rows], group.table.columns(start, stop))
            yield RawBatch(kind, frame, self.origin, self._whole(kind, group.texts[rows], positions[rows]))

    def _whole(self, kind: Kind, texts: list[bytes | str], positions: np.ndarray) -> Callable[[np.ndarray], RawBatch]:
        def whole(rows: np.ndarray) -> RawBatch:
            records = [self.decode(texts[row]) for row in rows]
            found = columns([record.document for record in records], None)
            frame = self._frame(positions[rows], [record.shape for record in records], found)
            sources = [_source(record) for record in records]
            if any(source is not None for source in sources):
                frame = frame.append_column("_source", pa.array(sources, pa.string()))
            return RawBatch(kind, frame, self.origin)

        return whole

    def _frame(self, positions: np.ndarray, shapes: list[str], found: dict[str, pa.Array]) -> pa.Table:
        if self.form is not None:
            found = self.form.renamed(found)
        return pa.table(
            {"_position": pa.array(positions, pa.uint64()), "_shape": pa.array(shapes, pa.string()), **found}
        )


def _source(record: Shaped) -> str | None:
    """The document a record came as, where it came as one."""
    if record.shape not in DOCUMENTS:
        return None
    document = {key: value for key, value in record.document.items() if key[:1] != "_"}
    try:
        return orjson.dumps(document).decode()
    except TypeError:  # a whole number of more than 64 bits
        return json.dumps(document)
