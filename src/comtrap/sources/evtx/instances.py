"""Where templates are filled in: which template, and where the values are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from comtrap.sources.evtx.chunk import CHUNK_BYTES
from comtrap.sources.evtx.definitions import HEAD_BYTES
from comtrap.sources.evtx.memory import distinct
from comtrap.sources.evtx.types import BINXML, FIXED, LOOSE, NULL, SIZE, SUPPORTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.sources.evtx.definitions import Definitions, Template
    from comtrap.sources.evtx.memory import Mask, Memory, Places

DEFINED_BYTES = 2 * CHUNK_BYTES
"""How long the definitions of one chunk may be together; only those that lie within one another can be longer."""

_FRAGMENT = 0x0001010F
_INSTANCE = 0x0C
_HEAD_BYTES = 10  # of an instance: its token, a version, the template's number, the definition's offset
_ROUNDS = 24  # how many times the records of one template may be split by the types of their values

Table = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Instances:
    """The template instances at some places.

    Attributes:
        templates: the different ones.
        which: of each place the index in these, or -1 where there is none that is understood.
        tables: where the number of its values stands.
        counts: that number.
        ends: where each must end.
    """

    templates: list[Template]
    which: Places
    tables: Places
    counts: Places
    ends: Places

    def keys(self) -> Places:
        """Equal where template and number of values are; negative where there is none."""
        return self.which << 16 | self.counts


@dataclass(frozen=True, slots=True)
class Part:
    """One template instance in each of some records, whose values have the same types, if any.

    Attributes:
        template: the same of all.
        types: of each value, `NULL` where no record has it.
        table: of each value (first axis) in each record, its size in the lower two bytes and its type in the third.
        first: where each record's values begin.
        places: where each value is, counted from there; None where they follow on one another.
        is_full: whether it is known that every record has every value.
    """

    template: Template
    types: npt.NDArray[np.uint8]
    table: Table
    first: Places
    places: Table | None = None
    is_full: bool = False

    def take(self, rows: Places | Mask) -> Part:
        """The same of some of the records."""
        places = None if self.places is None else self.places[:, rows]
        return Part(self.template, self.types, self.table[:, rows], self.first[rows], places, self.is_full)

    def moved(self, by: Places) -> Part:
        """The same where each record's values are moved by so many bytes."""
        return replace(self, first=self.first + by)

    def type(self, index: int) -> int:
        """The type of a value, `NULL` of one that the records do not have."""
        return int(self.types[index]) if index < self.types.size else NULL

    def span(self, index: int, rows: Places | None = None) -> tuple[Places, Places]:
        """Where a value begins in each record, or in some, and its size; none where a record does not have it."""
        entry, first = (self.table[index], self.first) if rows is None else (self.table[index][rows], self.first[rows])
        size = (entry & SIZE).astype(np.int64)
        if not self.is_full:
            size[entry >> 16 & 0xFF == NULL] = 0
        return first + self._before(index, rows), size

    def _before(self, index: int, rows: Places | None) -> npt.NDArray[np.uint32] | int:
        """How far from the first value another one is in each record, or in some; where all values have a fixed size, in any."""
        if self.places is not None:
            return self.places[index] if rows is None else self.places[index][rows]
        fixed = FIXED[self.types[:index]]
        if self.is_full and fixed.all():
            return int(fixed.sum())
        table = self.table[:index] if rows is None else self.table[:index, rows]
        return (table & SIZE).sum(axis=0, dtype=np.uint32)

    def offsets(self) -> Table:
        """Of each value in each record, where it begins, counted from the first one's start."""
        if self.places is not None:
            return self.places
        sizes = self.table & SIZE
        return np.cumsum(sizes, axis=0, dtype=np.uint32) - sizes


def instances(memory: Memory, definitions: Definitions, at: Places, ends: Places) -> Instances:
    """What templates are filled in at some places of a segment.

    Args:
        memory: begins with a chunk.
        definitions: knows the templates.
        at: where an instance may begin, perhaps after a fragment's header.
        ends: where it must end; in the same chunk.
    """
    found = Instances([], np.full(at.size, -1), np.zeros(at.size, np.int64), np.zeros(at.size, np.int64), ends)
    fits = np.flatnonzero(at + _HEAD_BYTES + 8 <= ends)
    at = at[fits] + 4 * (memory.u32(at[fits]) == _FRAGMENT)
    fits, at = _only(fits, at, memory.data[at] == _INSTANCE)
    offsets = memory.u32(at + 6).astype(np.int64)
    placed = definitions.placed(memory, at, offsets)
    tables = at + _HEAD_BYTES
    inline = np.flatnonzero(offsets == tables % CHUNK_BYTES)
    inline = inline[tables[inline] + HEAD_BYTES + 4 <= ends[fits[inline]]]
    tables[inline] += HEAD_BYTES + memory.u32(tables[inline] + HEAD_BYTES - 4).astype(np.int64)
    fits, tables, offsets = _only(fits, tables, tables + 4 <= ends[fits], placed)
    counts = memory.u32(tables).astype(np.int64)
    is_whole = (counts < CHUNK_BYTES // 4) & (tables + 4 + 4 * counts <= ends[fits])
    bases = tables - tables % CHUNK_BYTES
    known = _defined(memory, definitions, bases, offsets, found.templates)
    found.which[fits] = np.where(is_whole, known, -1)
    found.tables[fits] = tables
    found.counts[fits] = np.where(is_whole, counts, 0)
    return found


def _only(rows: Places, one: Places, keep: Mask, other: Places | None = None) -> tuple[Places, ...]:
    if keep.all():
        return (rows, one) if other is None else (rows, one, other)
    return (rows[keep], one[keep]) if other is None else (rows[keep], one[keep], other[keep])


def _defined(
    memory: Memory, definitions: Definitions, bases: Places, offsets: Places, templates: list[Template]
) -> Places:
    """The templates defined at some offsets of chunks as indices into a list, to which they are added."""
    different, back = distinct(bases + np.minimum(offsets, CHUNK_BYTES - 1))
    numbers: dict[Template, int] = {}
    known = []
    chunk, left = -1, 0
    for place in different.tolist():
        base = place - place % CHUNK_BYTES
        if base != chunk:
            chunk, left = base, DEFINED_BYTES
        template = definitions.at(memory, base, place - base, left)
        if template is None:
            known.append(-1)
            continue
        left -= template[1]
        known.append(numbers.setdefault(template[0], len(numbers)))
    templates += numbers
    return np.array(known, np.int64)[back]


def parts(
    memory: Memory, template: Template, tables: Places, count: int, ends: Places
) -> Iterator[tuple[Places, Part]]:
    """Instances of one template by the types of their values, each with the indices of its rows.

    Left out are those that do not end in time, or have values that are not understood.

    Args:
        memory: has them.
        template: what they are instances of.
        tables: where the numbers of their values stand.
        count: this number.
        ends: where each must end.
    """
    first = tables + 4 + 4 * count
    if count:
        table = np.ascontiguousarray(memory.rows(tables + 4, 4 * count).view("<u4").T)
    else:
        table = np.zeros((0, tables.size), np.uint32)
    fits = first + (table & SIZE).sum(axis=0, dtype=np.uint32) <= ends
    rows = np.arange(tables.size)
    if not fits.all():
        rows, table, first = rows[fits], table[:, fits], first[fits]
    for _ in range(_ROUNDS):
        if not rows.size:
            break
        types = (table[:, 0] >> 16).astype(np.uint8)
        if SUPPORTED[types].all() and _is_as(table, types):
            yield rows, Part(template, types, table, first, is_full=True)
            break
        types = (table >> 16 & 0xFF).max(axis=1).astype(np.uint8)
        is_alike, is_sound = _compared(table, types)
        chosen = is_alike & is_sound
        if chosen.any() and SUPPORTED[types].all():
            part = Part(template, types, table, first)
            yield (rows, part) if chosen.all() else (rows[chosen], part.take(chosen))
        rows, table, first = rows[~is_alike], table[:, ~is_alike], first[~is_alike]


def _is_as(table: Table, types: npt.NDArray[np.uint8]) -> bool:
    """Whether all values have these types, and sizes that go with them."""
    fixed = FIXED[types].astype(np.uint32)
    which = np.where(fixed > 0, SIZE, LOOSE[types]).astype(np.uint32) | np.uint32(0xFF0000)
    return bool(((table & which[:, None]) == (fixed | types.astype(np.uint32) << 16)[:, None]).all())


def _compared(table: Table, types: npt.NDArray[np.uint8]) -> tuple[Mask, Mask]:
    """Which records have values of these types, or nothing instead; and which have sizes that go with them.

    Elements are not alike with nothing: what is in them decides on what a record is.
    """
    found = (table >> 16).astype(np.uint8)
    is_nothing = found == NULL
    is_alike = (found == types[:, None]) | (is_nothing & (types != BINXML)[:, None])
    sizes = table & SIZE
    fixed = FIXED[types].astype(np.uint32)[:, None]
    is_odd = np.where(fixed > 0, sizes != fixed, sizes & LOOSE[types].astype(np.uint32)[:, None] > 0) & ~is_nothing
    return np.logical_and.reduce(is_alike, axis=0), ~np.logical_or.reduce(is_odd, axis=0)
