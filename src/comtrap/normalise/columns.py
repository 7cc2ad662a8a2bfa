"""Columns of text while they are put together: distinct values, lists, what fills what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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

    def array(self, kind: pa.DataType) -> pa.Array:
        """One value a row."""
        return pa.array(self.values, kind).take(pa.array(self.codes))


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
    offsets = np.concatenate([[0], np.cumsum(valid)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), column.drop_null(), mask=pa.array(~valid))


def relisted(column: pa.Array, values: pa.Array) -> pa.Array:
    """The lists of a column with other values in the place of theirs, in order."""
    counts = np.asarray(pc.list_value_length(column).fill_null(0))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pc.is_null(column))


def first_of(column: pa.Array) -> pa.Array:
    """The first value of each list."""
    counts = np.asarray(pc.list_value_length(column).fill_null(0))
    starts = np.cumsum(counts) - counts
    return column.flatten().take(pa.array(starts, mask=counts == 0))


def product(parts: list[Distinct | None]) -> Distinct:
    """The different tuples of several columns."""
    if len(parts) == 1:
        assert parts[0] is not None
        return Distinct([(v,) for v in parts[0].values], parts[0].codes)
    present = [p for p in parts if p is not None]
    codes = present[0].codes.astype(np.int64)
    for p in present[1:]:
        codes = codes * len(p.values) + p.codes
        # Renumbered at each step, so that the product cannot overflow.
        _, codes = np.unique(codes, return_inverse=True)
    _, rows, codes = np.unique(codes, return_index=True, return_inverse=True)
    columns = [[None] * len(rows) if p is None else [p.values[c] for c in p.codes[rows]] for p in parts]
    return Distinct(list(zip(*columns, strict=True)), codes)
