"""Records gathered by kind until there are enough of them for a batch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import numpy as np
import orjson
import pyarrow as pa

from comtrap.errors import SourceError
from comtrap.events.arrays import plain, same
from comtrap.events.raw import RawBatch
from comtrap.sources.columns import Table, array, columns, with_lists
from comtrap.sources.shapes.shape import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from comtrap.events.raw import Kind, Origin
    from comtrap.sources.shapes.shape import Shaped

ROWS = 20_000
"""At most so many records in a batch."""

HELD_BYTES = 24 << 20
"""How much may be held, about, before batches are made of it."""

LARGE_BYTES = 128 << 10
"""Records that are larger than this on average: to put many of them together saves nothing, and costs much memory."""

HELD_LARGE_BYTES = 8 << 20
"""How much is held of such records, about, if they are several."""

_RECORD_BYTES, _VALUE_BYTES = 500, 64  # what a record, and each value in it, takes up beside its text
_COUNTED_BYTES, _COUNTS_BYTES = 32, 150  # what a record that is counted takes up, at last, and what some of them do
_MOST_COUNTED = (1 << 15) - 1  # kinds: what stands for one has 16 bits, which sort quickly

ALWAYS = frozenset({
    "@timestamp", "winlog.channel", "winlog.computer_name", "winlog.event_id", "winlog.provider_name", "winlog.record_id",
})  # fmt: skip
"""Columns that are decoded though nobody asks for them: what an event is told by."""

OF_KIND = frozenset({"winlog.event_id", "winlog.provider_name"})
"""Columns that say no more than a batch's kind, where its source reads both out of the same."""


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
    """Records of one kind whose values were taken out of their texts already."""

    size_bytes: int = 0
    _columns: dict[str, list[Any]] = field(default_factory=dict)
    _positions: list[np.ndarray] = field(default_factory=list)
    _shapes: list[str] = field(default_factory=list)
    _texts: list[bytes] = field(default_factory=list)

    def add(
        self, positions: np.ndarray, shape: str, texts: list[bytes], columns: Mapping[str, Iterable[str | int | None]]
    ) -> None:
        """More records, ascending, with their values."""
        before = len(self._texts)
        for name, values in columns.items():
            column = self._columns.setdefault(name, [])
            column += [None] * (before - len(column))
            column += values
        self._positions.append(positions)
        self._shapes += [shape] * len(texts)
        self._texts += texts
        self.size_bytes += sum(map(len, texts)) + len(texts) * _RECORD_BYTES

    def __len__(self) -> int:
        return len(self._texts)

    def parts(self) -> Iterator[tuple[np.ndarray, list[str], list[bytes], dict[str, pa.Array]]]:
        """Positions, shapes, texts and columns, of some records at a time; by position."""
        positions = np.concatenate(self._positions) if self._positions else np.zeros(0, np.int64)
        for column in self._columns.values():
            column.extend([None] * (len(positions) - len(column)))
        order = None if (positions[1:] > positions[:-1]).all() else np.argsort(positions)
        for start in range(0, len(positions), ROWS):
            part = slice(start, start + ROWS)
            if order is None:
                columns = {name: column[part] for name, column in self._columns.items()}
                yield positions[part], self._shapes[part], self._texts[part], _arrays(columns)
            else:
                rows = order[part].tolist()
                shapes, texts = ([column[row] for row in rows] for column in (self._shapes, self._texts))
                columns = {name: [column[row] for row in rows] for name, column in self._columns.items()}
                yield positions[rows], shapes, texts, _arrays(columns)

    def clear(self) -> None:
        """Forget the records; lists that were given away stay as they are."""
        self._columns, self._positions, self._shapes, self._texts = {}, [], [], []
        self.size_bytes = 0


def _arrays(columns: Mapping[str, Sequence[Any]]) -> dict[str, pa.Array]:
    """Names to columns; names without any value are left out."""
    arrays = {name: _array(values) for name, values in columns.items()}
    return {name: column for name, column in arrays.items() if column.null_count < len(column)}


def _array(values: Sequence[Any]) -> pa.Array:
    """A column of texts, of one text only as a dictionary of one: fields computed of it are computed once."""
    first = values[0]
    if type(first) is str and values.count(first) == len(values):
        return same(first, len(values))
    return array(values)


@dataclass(slots=True)
class Counted:
    """Positions of records of which nothing but their kind is wanted."""

    size_bytes: int = 0
    _kinds: dict[Kind | None, int] = field(default_factory=lambda: {None: 0})
    _numbers: list[np.ndarray] = field(default_factory=list)
    _firsts: list[int] = field(default_factory=list)

    def number(self, kind: Kind) -> int:
        """What stands for a kind; 0 if there are too many of them."""
        if len(self._kinds) > _MOST_COUNTED:
            return self._kinds.get(kind, 0)
        return self._kinds.setdefault(kind, len(self._kinds))

    def add(self, first: int, numbers: np.ndarray) -> None:
        """More records, one after another from a position on: the numbers (int16) of their kinds, 0 for none of these."""
        self._firsts.append(first)
        self._numbers.append(numbers)
        self.size_bytes += len(numbers) * _COUNTED_BYTES + _COUNTS_BYTES

    def taken(self) -> Iterator[tuple[Kind, np.ndarray]]:
        """All positions, ascending, by kind; forgets them."""
        if not self._numbers:
            return
        numbers = np.concatenate(self._numbers)
        positions = np.concatenate(
            [np.arange(first, first + len(some)) for first, some in zip(self._firsts, self._numbers, strict=True)]
        )
        self._numbers, self._firsts, self.size_bytes = [], [], 0
        order = np.argsort(numbers, kind="stable")
        ends = np.cumsum(np.bincount(numbers, minlength=len(self._kinds))).tolist()
        for kind, number in list(self._kinds.items()):
            if kind is not None and ends[number - 1] < ends[number]:
                yield kind, positions[order[ends[number - 1] : ends[number]]]


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
        counted: takes the records that are only counted.
    """

    origin: Origin
    wanted: frozenset[str] | None
    decode: Callable[[Any], Shaped]
    form: Form | None = None
    counted: Counted = field(default_factory=Counted, init=False)
    _groups: dict[Kind, _Group] = field(default_factory=dict)
    _rows: dict[Kind, Rows] = field(default_factory=dict)
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

    def rows(self, kind: Kind) -> Rows:
        """Takes records of a kind that are decoded already."""
        return self._rows.setdefault(kind, Rows())

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
        counted_bytes = self.counted.size_bytes
        held_bytes = self._held_bytes + sum(rows.size_bytes for rows in self._rows.values()) + counted_bytes
        most_bytes = self._most_bytes(held_bytes - counted_bytes)
        if held_bytes < most_bytes:
            return
        yield from self._count()
        held_bytes -= counted_bytes
        sizes = {kind: self._size(kind) for kind in (*self._groups, *self._rows)}
        for kind in sorted(sizes, key=lambda k: (-sizes[k], k)):
            if held_bytes <= most_bytes // 2:
                break
            held_bytes -= sizes[kind]
            yield from self._release(kind)

    def rest(self) -> Iterator[RawBatch]:
        """All that is left."""
        yield from self._count()
        for kind in dict.fromkeys((*self._groups, *self._rows)):
            yield from self._release(kind)

    def _most_bytes(self, held_bytes: int) -> int:
        """How much may be held of records that together are as large as these."""
        if held_bytes < HELD_LARGE_BYTES:
            return HELD_BYTES
        groups, rows = self._groups.values(), self._rows.values()
        records = sum(len(group.texts) for group in groups) + sum(map(len, rows))
        return min(HELD_BYTES, HELD_LARGE_BYTES) if held_bytes > records * LARGE_BYTES else HELD_BYTES

    def _size(self, kind: Kind) -> int:
        group, rows = self._groups.get(kind), self._rows.get(kind)
        return (group.size_bytes if group else 0) + (rows.size_bytes if rows is not None else 0)

    def _count(self) -> Iterator[RawBatch]:
        for kind, found in self.counted.taken():
            positions = pa.array(found.astype(np.uint64))
            for start in range(0, len(positions), ROWS):
                yield RawBatch(kind, pa.table({"_position": positions[start : start + ROWS]}), self.origin)

    def _release(self, kind: Kind) -> Iterator[RawBatch]:
        group, rows = self._groups.pop(kind, None), self._rows.get(kind)
        found = [*(self._of_group(group) if group else ()), *(self._of_rows(rows) if rows is not None else ())]
        if group is not None and rows is not None and len(found) > 1:
            found = _sorted(found)
        for frame, texts in found:
            whole = self._whole(kind, texts, np.asarray(frame["_position"]))
            yield RawBatch(kind, frame, self.origin, whole, sum(map(len, texts)) + len(texts) * _RECORD_BYTES)

    def _of_group(self, group: _Group) -> Iterator[_Part]:
        self._held_bytes -= group.size_bytes
        for start, stop in group.table.ranges(ROWS):
            part = slice(start, stop)
            found = group.table.columns(start, stop)
            yield self._frame(group.positions[part], group.shapes[part], found), group.texts[part]

    def _of_rows(self, rows: Rows) -> Iterator[_Part]:
        for positions, shapes, texts, found in rows.parts():
            yield self._frame(positions, shapes, found), texts
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
    frames = [with_lists(plain(frame), lists) for frame, _ in parts]
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
