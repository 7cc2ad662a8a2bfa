"""Values that are several texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.sources.evtx.memory import Memory
from comtrap.sources.evtx.texts import offsets, slices, texts

if TYPE_CHECKING:
    from comtrap.sources.evtx.memory import Places


@dataclass(frozen=True, slots=True)
class Items:
    """The texts of one value in some records, in their order.

    Attributes:
        texts: all of them, empty ones as null.
        row: of each, which record it is of; ascending.
        number: of each, which of its record's it is, counted from 1.
    """

    texts: pa.Array
    row: Places
    number: Places

    @property
    def most(self) -> int:
        """How many texts a record has at most."""
        return int(self.number.max(initial=0))

    def last(self, rows: int) -> pa.Array:
        """Of each of so many records its last text."""
        return self._chosen(np.arange(self.row.size), rows)

    def those(self, number: int, rows: int) -> pa.Array:
        """Of each of so many records its text of a number."""
        return self._chosen(np.flatnonzero(self.number == number), rows)

    def _chosen(self, items: Places, rows: int) -> pa.Array:
        found = np.full(rows, -1)
        found[self.row[items]] = items
        return self.texts.take(pa.array(found, mask=found < 0))


def items(memory: Memory, rows: Places, at: Places, sizes: Places) -> Items:
    """The texts of values, each of which ends with a zero; the last one's may be missing.

    Args:
        memory: has them.
        rows: the records that they are of, ascending.
        at: where the value of each begins.
        sizes: how many bytes it has, an even number, not zero.
    """
    ends, units = offsets(slices(memory, at, sizes))
    zeros = np.flatnonzero(units == 0)
    is_open = np.flatnonzero(units[ends[1:] - 1] != 0)
    stops = np.concatenate([zeros, ends[1:][is_open]])
    value = np.concatenate([np.searchsorted(ends, zeros, side="right") - 1, is_open])
    order = np.lexsort((stops, value))
    stops, value = stops[order], value[order]
    is_first = np.diff(value, prepend=-1) > 0
    starts = np.where(is_first, ends[value], np.concatenate([[0], stops[:-1] + 1])[: stops.size])
    first = np.flatnonzero(is_first)
    number = np.arange(stops.size) - np.repeat(first, np.diff(first, append=stops.size)) + 1
    read = texts(Memory(units.view(np.uint8)), 2 * starts, 2 * (stops - starts))
    return Items(read, rows[value], number)
