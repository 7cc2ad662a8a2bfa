"""Columns of text as Arrow arrays: plain, by code, and as lists of either.

A column by code is a dictionary (`CODED`): each different value once, none of them null, and for each row which it is.
"""

# PyArrow asks for pandas whenever it is given lists or numpy arrays, which costs more than small batches do otherwise.

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CODED = pa.dictionary(pa.int32(), pa.string())
_FEW = 512


def integers(values: np.ndarray, valid: np.ndarray | None = None) -> pa.Array:
    """A numpy array as a column; where not valid, null."""
    kind, width = (pa.int32(), np.int32) if values.dtype == np.int32 else (pa.int64(), np.int64)
    return pa.Array.from_buffers(kind, len(values), [_bitmap(valid), pa.py_buffer(np.ascontiguousarray(values, width))])


def texts(values: Sequence[str | None]) -> pa.Array:
    """Python texts as a column."""
    if len(values) > _FEW:
        return pa.array(values, pa.string())
    builder = pa.lib.StringBuilder()
    builder.append_values(values)
    return builder.finish()


def same(text: str, rows: int) -> pa.Array:
    """The same text in every row."""
    return pa.DictionaryArray.from_arrays(integers(np.zeros(rows, np.int32)), texts([text]), safe=False)


def coded(values: pa.Array, codes: pa.Array) -> pa.Array:
    """Texts by code as a column: by code still if that is shorter, else plain. A null code, or value, is null."""
    known = values.dictionary_encode()
    if 2 * len(known.dictionary) > len(codes):
        return values.take(codes)
    if len(known.dictionary) < len(values):
        codes = known.indices.take(codes)
    return pa.DictionaryArray.from_arrays(codes.cast(pa.int32(), safe=False), known.dictionary, safe=False)


def decoded(column: pa.Array) -> pa.Array:
    """The column with values in the place of codes."""
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    if pa.types.is_list(column.type) and pa.types.is_dictionary(column.type.value_type):
        return column.cast(pa.list_(column.type.value_type.value_type))
    return column


def plain(frame: pa.Table) -> pa.Table:
    """The frame with values in the place of codes."""
    for place, column in enumerate(frame.schema):
        if pa.types.is_dictionary(column.type):
            values = frame.column(place).combine_chunks().dictionary_decode()
            frame = frame.set_column(place, column.name, values)
    return frame


def mapped(column: pa.Array, function: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """The column with what a function makes of its texts; it is given plain ones, as many as there are different ones."""
    if pa.types.is_list(column.type):
        return relisted(column, mapped(column.flatten(), function))
    if pa.types.is_dictionary(column.type):
        made = function(column.dictionary)
        return coded(made, column.indices) if pa.types.is_string(made.type) else made.take(column.indices)
    return function(column)


def listed(values: pa.Array, counts: np.ndarray, valid: np.ndarray) -> pa.Array:
    """Values as lists of so many each; where not valid, null."""
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    buffers = [_bitmap(valid), pa.py_buffer(offsets)]
    return pa.Array.from_buffers(pa.list_(values.type), len(counts), buffers, children=[values])


def relisted(column: pa.Array, values: pa.Array) -> pa.Array:
    """The lists of a column with other values in the place of theirs, in order; an empty list is null."""
    counts = lengths(column)
    return listed(values, counts, counts > 0)


def as_lists(column: pa.Array) -> pa.Array:
    """Each value as a list of one; null stays null."""
    if pa.types.is_list(column.type):
        return column
    valid = np.asarray(column.is_valid())
    return listed(column.drop_null() if column.null_count else column, valid, valid)


def lengths(column: pa.Array) -> np.ndarray:
    """How many values each list has; none for null."""
    return np.asarray(pc.list_value_length(column).fill_null(0))


def first_of(column: pa.Array) -> pa.Array:
    """The first value of each list."""
    counts = lengths(column)
    starts = np.cumsum(counts) - counts
    return column.flatten().take(integers(starts, counts > 0))


def spans(begin: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The places from each beginning on, so many each, one after the other."""
    end = np.cumsum(counts)
    return np.repeat(begin - (end - counts), counts) + np.arange(int(end[-1]) if end.size else 0)


def _bitmap(valid: np.ndarray | None) -> pa.Buffer | None:
    if valid is None or valid.all():
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
