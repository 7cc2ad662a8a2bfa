"""Records gathered by kind until there are enough of them for a batch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import numpy as np
import orjson
import pyarrow as pa

from comtrap.errors import SourceError
from comtrap.events.raw import RawBatch
from comtrap.sources.columns import Table, array, columns, with_lists
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
_COUNTED_BYTES = 40  # what a record takes up of which only its position is known

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
class Rows:
    """Records of one kind whose values were taken out of their texts already.

    Attributes:
        names: the columns.
        values: for each record, one of each column: a text, a whole number, or None.
    """

    kind: Kind
    names: tuple[str, ...]
    values: list[tuple[Any, ...]] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    size_bytes: int = 0

    def add(self, position: int, shape: str, values: tuple[Any, ...], text: bytes) -> None:
        """One more record; positions ascend."""
        self.positions.append(position)
        self.shapes.append(shape)
        self.values.append(values)
        self.texts.append(text)
        self.size_bytes += len(text) + _RECORD_BYTES

    def clear(self) -> None:
        """Forget the records; who holds the lists keeps them."""
        self.values, self.positions, self.shapes, self.texts = [], [], [], []
        self.size_bytes = 0


_Part: TypeAlias = tuple[pa.Table, list[Any]]
"""Some records of one kind, and their texts."""


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
    _rows: dict[Kind, Rows] = field(default_factory=dict)
    _counted: dict[Kind, list[int]] = field(default_factory=dict)
    _held_bytes: int = 0  # by the groups

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

    def rows(self, kind: Kind, names: tuple[str, ...]) -> Rows:
        """Takes records of a kind that are decoded already, always the same columns."""
        return self._rows.setdefault(kind, Rows(kind, names))

    def counted(self, kind: Kind) -> list[int]:
        """Takes the positions of records of a kind that are only counted; ascending."""
        return self._counted.setdefault(kind, [])

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
        counted_bytes = sum(map(len, self._counted.values())) * _COUNTED_BYTES
        held_bytes = self._held_bytes + sum(rows.size_bytes for rows in self._rows.values()) + counted_bytes
        if held_bytes < HELD_BYTES:
            return
        yield from self._count()
        held_bytes -= counted_bytes
        sizes = {kind: self._size(kind) for kind in (*self._groups, *self._rows)}
        for kind in sorted(sizes, key=lambda k: (-sizes[k], k)):
            if held_bytes <= HELD_BYTES // 2:
                break
            held_bytes -= sizes[kind]
            yield from self._release(kind)

    def rest(self) -> Iterator[RawBatch]:
        """All that is left."""
        yield from self._count()
        for kind in dict.fromkeys((*self._groups, *self._rows)):
            yield from self._release(kind)

    def _size(self, kind: Kind) -> int:
        group, rows = self._groups.get(kind), self._rows.get(kind)
        return (group.size_bytes if group else 0) + (rows.size_bytes if rows else 0)

    def _count(self) -> Iterator[RawBatch]:
        for kind, positions in self._counted.items():
            numbers = pa.array(np.array(positions, np.uint64))
            positions.clear()
            for start in range(0, len(numbers), ROWS):
                yield RawBatch(kind, pa.table({"_position": numbers[start : start + ROWS]}), self.origin)

    def _release(self, kind: Kind) -> Iterator[RawBatch]:
        group, rows = self._groups.pop(kind, None), self._rows.get(kind)
        found = [*(self._of_group(group) if group else ()), *(self._of_rows(rows) if rows else ())]
        if group is not None and rows is not None and len(found) > 1:
            found = _sorted(found)
        for frame, texts in found:
            yield RawBatch(kind, frame, self.origin, self._whole(kind, texts, np.asarray(frame["_position"])))

    def _of_group(self, group: _Group) -> Iterator[_Part]:
        self._held_bytes -= group.size_bytes
        for start, stop in group.table.ranges(ROWS):
            part = slice(start, stop)
            found = group.table.columns(start, stop)
            yield self._frame(group.positions[part], group.shapes[part], found), group.texts[part]

    def _of_rows(self, rows: Rows) -> Iterator[_Part]:
        for start in range(0, len(rows.positions), ROWS):
            part = slice(start, start + ROWS)
            found = {
                name: column
                for name, values in zip(rows.names, zip(*rows.values[part], strict=True), strict=True)
                if (column := array(values)).null_count < len(column)
            }
            yield self._frame(rows.positions[part], rows.shapes[part], found), rows.texts[part]
        rows.clear()

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

    def _frame(self, positions: list[int] | np.ndarray, shapes: list[str], found: dict[str, pa.Array]) -> pa.Table:
        if self.form is not None:
            found = self.form.renamed(found)
        numbers = pa.array(np.asarray(positions, np.uint64))
        return pa.table({"_position": numbers, "_shape": pa.array(shapes, pa.string()), **found})


def _sorted(parts: list[_Part]) -> list[_Part]:
    """The same records by position, where parts overlap."""
    lists = {f.name for frame, _ in parts for f in frame.schema if pa.types.is_list(f.type)}
    frames = [with_lists(frame, lists) for frame, _ in parts]
    frame = pa.concat_tables(frames, promote_options="default").combine_chunks()
    order = np.argsort(np.asarray(frame["_position"]), kind="stable")
    frame = frame.take(pa.array(order))
    texts = [text for _, some in parts for text in some]
    texts = [texts[row] for row in order]
    return [(frame[start : start + ROWS], texts[start : start + ROWS]) for start in range(0, len(texts), ROWS)]


def _source(record: Shaped) -> str | None:
    """The document a record came as, where it came as one."""
    if record.shape not in DOCUMENTS:
        return None
    document = {key: value for key, value in record.document.items() if key[:1] != "_"}
    try:
        return orjson.dumps(document).decode()
    except TypeError:  # a whole number of more than 64 bits
        return json.dumps(document)
