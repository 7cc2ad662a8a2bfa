"""UTF-16 texts at any places of some bytes as columns of strings, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from comtrap.sources.evtx.memory import Bytes, Mask, Memory, Places

Units = npt.NDArray[np.uint16]

_INLINE_BYTES = 12  # up to so many, an Arrow view has the bytes themselves


def slices(memory: Memory, at: Places, sizes: Places) -> pa.Array:
    """Some ranges of bytes, one after the other.

    Arrow copies them, from views that are made here: ranges must lie within the memory.
    """
    views = np.zeros((at.size, 4), np.int32)
    views[:, 0] = sizes
    views[:, 3] = at  # a view has the first bytes too, for comparing: nothing here does
    short = np.flatnonzero(sizes <= _INLINE_BYTES)
    if short.size:
        views[short, 1:] = _inline(memory, at[short], np.asarray(sizes)[short])
    buffers = [None, pa.py_buffer(views), pa.py_buffer(memory.data)]
    return pc.cast(pa.Array.from_buffers(pa.binary_view(), at.size, buffers), pa.binary())


def _inline(memory: Memory, at: Places, sizes: Places) -> npt.NDArray[np.int32]:
    """The bytes of short ranges, filled up with zeros."""
    late = at > memory.data.size - _INLINE_BYTES
    bytes_ = np.zeros((at.size, _INLINE_BYTES), np.uint8)
    early = ~late
    bytes_[early] = memory.rows(at[early], _INLINE_BYTES)
    for row in np.flatnonzero(late).tolist():
        found = memory.data[at[row] : at[row] + sizes[row]]
        bytes_[row, : found.size] = found
    bytes_[np.arange(_INLINE_BYTES) >= sizes[:, None]] = 0
    return bytes_.view(np.int32)


def texts(memory: Memory, at: Places, sizes: Places) -> pa.Array:
    """UTF-16 texts as strings, empty ones as null.

    A text ends where a zero is, if one is in it; halves of a surrogate pair that stand alone are left out.

    Args:
        memory: has the texts.
        at: where each begins.
        sizes: how many bytes each has, an even number.
    """
    ends, units = offsets(slices(memory, at, sizes))
    if units.size and units.min() == 0:
        ends, units = _cut(ends, units)
    if units.size and units.max() >= 0x80:
        return _strings(*_encoded(*_paired(ends, units)))
    return _strings(ends, units.astype(np.uint8))


def offsets(found: pa.Array) -> tuple[Places, Units]:
    """An array of bytes as the units in it, two bytes each, and the offset of each value in these; and of the end."""
    ends = np.frombuffer(found.buffers()[1], np.int32)[found.offset : found.offset + len(found) + 1].astype(np.int64)
    data = found.buffers()[2]
    units = np.frombuffer(data, np.uint16, ends[-1] // 2) if data is not None and ends[-1] else np.zeros(0, np.uint16)
    return ends // 2, units


def _strings(ends: Places, data: Bytes) -> pa.Array:
    """Strings out of their bytes, empty ones as null."""
    is_there = np.diff(ends) > 0
    there = None if is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))
    buffers = [there, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), ends.size - 1, buffers)


def _kept(ends: Places, units: Units, keep: Mask) -> tuple[Places, Units]:
    """What is left of texts without some of their units."""
    return np.concatenate([[0], np.cumsum(keep)])[ends], units[keep]


def _cut(ends: Places, units: Units) -> tuple[Places, Units]:
    """The texts up to their first zero."""
    zeros = np.flatnonzero(units == 0)
    first = np.searchsorted(zeros, ends[:-1])
    stop = np.minimum(np.append(zeros, units.size)[first], ends[1:])
    change = np.bincount(ends[:-1], minlength=units.size + 1) - np.bincount(stop, minlength=units.size + 1)
    return _kept(ends, units, np.cumsum(change[:-1]) > 0)


def _paired(ends: Places, units: Units) -> tuple[Places, Units]:
    """The texts without halves of a surrogate pair that stand alone."""
    halves = np.flatnonzero(units >> 11 == 0x1B)
    if not halves.size:
        return ends, units
    high = units[halves] < 0xDC00
    is_start = np.zeros(units.size + 1, np.bool_)
    is_start[ends] = True
    follows = np.append(np.diff(halves) == 1, False) & ~is_start[halves + 1]
    is_first = high & follows & ~np.append(high[1:], True)
    is_second = np.append(False, is_first[:-1])
    keep = np.ones(units.size, np.bool_)
    keep[halves[~(is_first | is_second)]] = False
    return _kept(ends, units, keep)


def _encoded(ends: Places, units: Units) -> tuple[Places, Bytes]:
    """The texts in UTF-8."""
    data = np.frombuffer(units.tobytes().decode("utf-16-le").encode(), np.uint8)
    sizes = 1 + (units >= 0x80).astype(np.int64) + (units >= 0x800)
    sizes[units >> 11 == 0x1B] = 2  # a pair of them is four bytes
    return np.concatenate([[0], np.cumsum(sizes)])[ends], data
