"""Columns while they are put together: distinct values, what fills what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.arrays import as_lists, coded, decoded, integers, listed, spans, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = pa.list_(pa.string())
_TABLE = 1 << 18  # tuple numbers made dense by a table; more of them by hashing


@dataclass(frozen=True, slots=True)
class Distinct:
    """Values by row, each different one once; of columns where most differ, and of functions, some more than once.

    Attributes:
        values: Python values, usually texts; None for null.
        codes: for each row, the index of its value.
    """

    values: Sequence[Any]
    codes: np.ndarray

    def array(self, *, many: bool = False) -> pa.Array:
        """One text (or list of texts) a row."""
        if not many:
            return coded(texts(self.values), integers(self.codes))
        counts = np.array([len(v) if v else 0 for v in self.values], np.int64)
        valid = np.array([v is not None for v in self.values], bool)
        flat = texts([t for v in self.values if v for t in v])
        places = spans((np.cumsum(counts) - counts)[self.codes], counts[self.codes])
        return listed(coded(flat, integers(places)), counts[self.codes], valid[self.codes])


def filled(column: pa.Array | None, other: pa.Array | None) -> pa.Array | None:
    """The column, and where it is null the other."""
    if column is None or other is None:
        return other if column is None else column
    if column.null_count == 0:
        return column
    if pa.types.is_list(column.type) != pa.types.is_list(other.type):
        column, other = as_lists(column), as_lists(other)
    if pa.types.is_dictionary(column.type) and pa.types.is_dictionary(other.type):
        shift = pa.scalar(len(column.dictionary), pa.int32())
        codes = pc.coalesce(column.indices, pc.add(other.indices, shift))
        return coded(pa.concat_arrays([column.dictionary, other.dictionary]), codes)
    return pc.coalesce(decoded(column), decoded(other))


def without(column: pa.Array, rows: np.ndarray) -> pa.Array:
    """The column with null in these rows, given as flags."""
    if pa.types.is_dictionary(column.type):
        codes = np.asarray(column.indices.fill_null(0))
        valid = np.asarray(column.is_valid()) & ~rows
        return pa.DictionaryArray.from_arrays(integers(codes, valid), column.dictionary, safe=False)
    kept = pa.array(~rows)
    return pc.if_else(kept, decoded(column), pa.scalar(None, decoded(column).type))


def product(parts: Sequence[Distinct | None]) -> Distinct:
    """The different tuples of several columns."""
    varied = [p for p in parts if p is not None and len(p.values) > 1]
    size = next(len(p.codes) for p in parts if p is not None)
    codes, rows = np.zeros(size, np.int32), np.zeros(min(size, 1), np.int64)
    count = 1
    for p in varied:
        codes, rows = _renumbered(codes, count, p.codes, len(p.values))
        count = len(rows)
    columns = [_taken(p, rows) for p in parts]
    return Distinct(list(zip(*columns, strict=True)), codes)


def _renumbered(first: np.ndarray, count: int, second: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers from 0 on for the pairs that occur, and for each a row that has it; so many columns cannot overflow."""
    pairs = first.astype(np.int64) * width + second
    if count * width <= _TABLE:
        row = np.full(count * width, -1, np.int32)
        row[pairs] = np.arange(len(pairs), dtype=np.int32)
        there = np.flatnonzero(row >= 0)
        number = np.zeros(count * width, np.int32)
        number[there] = np.arange(len(there), dtype=np.int32)
        return number[pairs], row[there]
    found = np.asarray(integers(pairs).dictionary_encode().indices)
    # Numbered in the order of their first rows, so each of these is larger than all before it.
    highest = np.maximum.accumulate(found) if len(found) else found
    return found, np.flatnonzero(np.diff(highest, prepend=-1))


def _taken(part: Distinct | None, rows: np.ndarray) -> list[Any]:
    if part is None:
        return [None] * len(rows)
    return [part.values[code] for code in part.codes[rows].tolist()]
