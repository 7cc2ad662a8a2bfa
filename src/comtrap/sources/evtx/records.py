"""Records that are alike, kept as they are in the log until their columns are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.sources.evtx import types
from comtrap.sources.evtx.instances import Part
from comtrap.sources.evtx.items import Items, items
from comtrap.sources.evtx.layout import DATA, Value
from comtrap.sources.evtx.memory import Memory
from comtrap.sources.evtx.texts import texts
from comtrap.sources.evtx.values import column, constant
from comtrap.sources.shapes import evtx_event
from comtrap.sources.shapes.event import GUID
from comtrap.sources.shapes.moment import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.sources.evtx.layout import Layout, Text
    from comtrap.sources.evtx.memory import Bytes, Mask, Places

Positions = npt.NDArray[np.uint64]

_GUID_CHARACTERS = 36
_TIMES = frozenset({"@timestamp", "winlog.time_created"})
_WRITTEN = (types.FILETIME, types.SYSTEMTIME)


@dataclass(frozen=True, slots=True)
class Records:
    """Records whose templates, and types of values, are the same.

    Attributes:
        positions: of each record, its slot; ascending.
        layout: what their values are.
        parts: where the values are in `data`.
        data: the bytes of the records' values, perhaps of others too.
    """

    positions: Positions
    layout: Layout
    parts: tuple[Part, ...]
    data: Bytes

    @property
    def size_bytes(self) -> int:
        """How much memory they take: the values, and where each is."""
        return (
            self.data.size + sum(part.table.nbytes + part.first.nbytes for part in self.parts) + self.positions.nbytes
        )

    @property
    def key(self) -> object:
        """Equal for records that `together` can be made of."""
        return self.layout, tuple(part.types.tobytes() for part in self.parts)

    def take(self, rows: Places) -> Records:
        """Some of the records; the bytes of the others stay."""
        return replace(self, positions=self.positions[rows], parts=tuple(part.take(rows) for part in self.parts))

    def width(self, wanted: frozenset[str] | None) -> int:
        """How many columns they have, at most."""
        chosen = self.layout.columns.keys() if wanted is None else self.layout.columns.keys() & wanted
        unnamed = self.layout.unnamed
        if unnamed is None or self.parts[unnamed.part].type(unnamed.index) != types.TEXTS:
            return len(chosen)
        return len(chosen) + _Columns(self, wanted).items(unnamed).most

    def columns(self, wanted: frozenset[str] | None) -> dict[str, pa.Array]:
        """Their columns, strings or dictionaries of strings; those without any value are left out."""
        return _Columns(self, wanted).made()


def together(records: list[Records]) -> Records:
    """Records of one key as one."""
    if len(records) == 1:
        return records[0]
    starts = np.cumsum([0, *(each.data.size for each in records)]).tolist()
    parts = []
    for same in zip(*(each.parts for each in records), strict=True):
        first = np.concatenate([part.first + start for part, start in zip(same, starts, strict=False)])
        table = np.concatenate([part.table for part in same], axis=1)
        places = [part.places for part in same if part.places is not None]
        joined = np.concatenate(places, axis=1) if places else None
        is_full = all(part.is_full for part in same)
        parts.append(Part(same[0].template, same[0].types, table, first, joined, is_full))
    positions = np.concatenate([each.positions for each in records])
    return Records(positions, records[0].layout, tuple(parts), np.concatenate([each.data for each in records]))


class _Columns:
    """Decodes the columns of some records."""

    def __init__(self, records: Records, wanted: frozenset[str] | None) -> None:
        self._layout = records.layout
        self._wanted = wanted
        self._rows = records.positions.size
        self._parts = records.parts
        self._offsets = [part.offsets() for part in records.parts]
        self._memory = Memory(records.data)
        self._texts: dict[Value, pa.Array] = {}

    def made(self) -> dict[str, pa.Array]:
        wanted, unnamed = self._wanted, self._layout.unnamed
        chosen = {name: text for name, text in self._layout.columns.items() if wanted is None or name in wanted}
        found = {}
        if unnamed is not None and self._type(unnamed) == types.TEXTS:
            chosen.pop(f"{DATA}param1", None)
            found = self._numbered(self.items(unnamed))
        self._read({piece for text in chosen.values() for piece in text if isinstance(piece, Value)})
        known: dict[object, pa.Array | None] = {}  # the time of an event is two columns
        for name, text in chosen.items():
            key = text, name.startswith(DATA) or name in evtx_event.GUIDS, name in _TIMES
            made = known[key] if key in known else known.setdefault(key, self._column(name, text))
            if made is not None and made.null_count < self._rows:
                found[name] = made
        return found

    def items(self, value: Value) -> Items:
        """The texts that a value is, in all records."""
        is_there, at, sizes = self._places(value)
        return items(self._memory, np.flatnonzero(is_there), at, sizes)

    def _type(self, value: Value) -> int:
        return self._parts[value.part].type(value.index)

    def _places(self, value: Value) -> tuple[Mask, Places, Places]:
        """Which records have a value, and where and how long it is in these."""
        at, sizes = self._span(value)
        is_there = sizes > 0
        return (is_there, at, sizes) if is_there.all() else (is_there, at[is_there], sizes[is_there])

    def _span(self, value: Value) -> tuple[Places, Places]:
        part = self._parts[value.part]
        entry = part.table[value.index]
        sizes = (entry & types.SIZE).astype(np.int64)
        if not part.is_full:
            sizes[entry >> 16 & 0xFF == types.NULL] = 0
        return part.first + self._offsets[value.part][value.index], sizes

    def _read(self, values: Iterable[Value]) -> None:
        """All texts among some values, at once."""
        chosen = [value for value in values if self._type(value) == types.TEXT]
        if not chosen:
            return
        places = [self._span(value) for value in chosen]
        read = texts(self._memory, *(np.concatenate(each) for each in zip(*places, strict=True)))
        self._texts = {value: read.slice(n * self._rows, self._rows) for n, value in enumerate(chosen)}

    def _column(self, name: str, text: Text) -> pa.Array | None:
        is_braced = self._layout.is_rendered or name.startswith(DATA) or name in evtx_event.GUIDS
        if not text:
            return None
        if len(text) == 1:
            found = self._piece(text[0], braced=is_braced)
        else:
            pieces = [p.cast(pa.string()).fill_null("") for p in (self._piece(t, braced=False) for t in text) if p]
            found = _without_empty(pc.binary_join_element_wise(*pieces, "")) if pieces else None
        if found is None:
            return None
        if (
            name in _TIMES
            and self._layout.is_rendered
            and not (isinstance(text[0], Value) and self._type(text[0]) in _WRITTEN)
        ):
            return _moments(found)
        return _braced(found) if is_braced else found

    def _piece(self, piece: str | Value, *, braced: bool) -> pa.Array | None:
        """One piece of a text in all records."""
        if isinstance(piece, str):
            return constant(piece, self._rows)
        kind = self._type(piece)
        if kind in {types.NULL, types.BINXML}:
            return None
        if kind == types.TEXT:
            return self._texts[piece]
        if kind == types.TEXTS:
            return self.items(piece).last(self._rows)
        is_there, at, sizes = self._places(piece)
        found = column(self._memory, kind, at, sizes, braced=braced)
        return found if len(found) == self._rows else spread(found, is_there)

    def _numbered(self, found: Items) -> dict[str, pa.Array]:
        """The columns of unnamed data."""
        out = {}
        for number in range(1, found.most + 1):
            name = f"{DATA}param{number}"
            if self._wanted is None or name in self._wanted:
                made = _braced(found.those(number, self._rows))
                if made.null_count < self._rows:
                    out[name] = made
        return out


def spread(values: pa.Array, is_there: Mask) -> pa.Array:
    """Values in the rows that have one, null in the others."""
    return values.take(pa.array(np.cumsum(is_there) - 1, mask=~is_there))


def _without_empty(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _braced(column: pa.Array) -> pa.Array:
    """Texts that are a GUID as the log writes one, with braces and in lower case."""
    if not pa.types.is_string(column.type):
        column_texts = column.dictionary
        made = _braced(column_texts)
        return column if made is column_texts else pa.DictionaryArray.from_arrays(column.indices, made)
    ends = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    rows = np.flatnonzero(np.diff(ends) == _GUID_CHARACTERS)
    if not rows.size:
        return column
    chosen = column.take(pa.array(rows))
    is_guid = np.asarray(pc.match_substring_regex(chosen, f"^{GUID.pattern}$").fill_null(False))  # noqa: FBT003
    if not is_guid.any():
        return column
    mask = np.zeros(len(column), np.bool_)
    mask[rows[is_guid]] = True
    made = pc.binary_join_element_wise("{", pc.utf8_lower(chosen.filter(pa.array(is_guid))), "}", "")
    return pc.replace_with_mask(column, pa.array(mask), made)


def _moments(column: pa.Array) -> pa.Array:
    """Points in time as exports write them, as ISO 8601."""
    coded = pc.dictionary_encode(column.cast(pa.string()))
    written = pa.array([moment(text) for text in coded.dictionary.to_pylist()], pa.string())
    return written.take(coded.indices)
