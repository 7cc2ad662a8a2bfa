"""Columns of text while they are put together: distinct values, lists, what fills what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Distinct:
    """Values by row, each different one once.

    Attributes:
        values: Python values, usually texts; None for null.
        codes: for each row, the index of its value.
    """

    values: list[Any]
    codes: np.ndarray

    def array(self, *, many: bool = False) -> pa.Array:
        """One text (or list of texts) a row."""
        values = lists(self.values) if many else texts(self.values)
        if len(values) == 1:
            return pa.repeat(values[0], len(self.codes))
        return values.take(integers(self.codes))


# PyArrow asks for pandas whenever it takes lists or numpy arrays, which costs more than small batches do otherwise.


def integers(values: np.ndarray, valid: np.ndarray | None = None) -> pa.Array:
    """A numpy array as a column; where not valid, null."""
    return pa.Array.from_buffers(pa.int64(), len(values), [_bitmap(valid), pa.py_buffer(values.astype(np.int64))])


def texts(values: Sequence[str | None]) -> pa.Array:
    """Python texts as a column."""
    builder = pa.lib.StringBuilder()
    builder.append_values(values)
    return builder.finish()


def lists(values: Sequence[list[str] | None]) -> pa.Array:
    """Lists of Python texts as a column; None is null."""
    counts = np.array([0 if v is None else len(v) for v in values], np.int64)
    return listed(texts([t for v in values if v for t in v]), counts, np.array([v is not None for v in values], bool))


def listed(values: pa.Array, counts: np.ndarray, valid: np.ndarray) -> pa.Array:
    """Values as lists of so many each; where not valid, null."""
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    buffers = [_bitmap(valid), pa.py_buffer(offsets)]
    return pa.Array.from_buffers(pa.list_(values.type), len(counts), buffers, children=[values])


def _bitmap(valid: np.ndarray | None) -> pa.Buffer | None:
    if valid is None or valid.all():
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())


def filled(column: pa.Array | None, other: pa.Array | None) -> pa.Array | None:
    """The column, and where it is null the other."""
    if column is None or other is None:
        return other if column is None else column
    if column.null_count == 0:
        return column
    if pa.types.is_list(column.type) != pa.types.is_list(other.type):
        column, other = as_lists(column), as_lists(other)
    return pc.coalesce(column, other)


def as_lists(column: pa.Array) -> pa.Array:
    """Each value as a list of one; null stays null."""
    if pa.types.is_list(column.type):
        return column
    valid = np.asarray(pc.is_valid(column))
    return listed(column.drop_null(), valid, valid)


def relisted(column: pa.Array, values: pa.Array) -> pa.Array:
    """The lists of a column with other values in the place of theirs, in order; an empty list is null."""
    counts = lengths(column)
    return listed(values, counts, counts > 0)


def lengths(column: pa.Array) -> np.ndarray:
    """How many values each list has; none for null."""
    return np.asarray(pc.list_value_length(column).fill_null(0))


def first_of(column: pa.Array) -> pa.Array:
    """The first value of each list."""
    counts = lengths(column)
    starts = np.cumsum(counts) - counts
    return column.flatten().take(integers(starts, counts > 0))


def product(parts: list[Distinct | None]) -> Distinct:
    """The different tuples of several columns."""
    if len(parts) == 1:
        assert parts[0] is not None
        return Distinct([(v,) for v in parts[0].values], parts[0].codes)
    varied = [p for p in parts if p is not None and len(p.values) > 1]
    size = next(len(p.codes) for p in parts if p is not None)
    codes, rows = np.zeros(size, np.int64), np.zeros(min(size, 1), np.int64)
    for p in varied:
        codes, rows = _renumbered(codes * len(p.values) + p.codes)
    columns = [_taken(p, rows) for p in parts]
    return Distinct(list(zip(*columns, strict=True)), codes)


def _renumbered(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes from 0 on, and for each the first row that has it; so the product of many columns cannot overflow."""
    found = np.asarray(integers(codes).dictionary_encode().indices)
    # Numbered in the order of their first rows, so each of these is larger than all before it.
    highest = np.maximum.accumulate(found) if len(found) else found
    return found, np.flatnonzero(np.diff(highest, prepend=-1))


def _taken(part: Distinct | None, rows: np.ndarray) -> list[Any]:
    if part is None:
        return [None] * len(rows)
    return [part.values[code] for code in part.codes[rows]]
