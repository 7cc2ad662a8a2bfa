"""Join keys of hits, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.execute.condition import TOO_MANY, combinations, too_many
from comtrap.execute.text import texts

if TYPE_CHECKING:
    from comtrap.check import typed
    from comtrap.execute.columns import Columns
    from comtrap.execute.condition import Failed


def join_keys(
    keys: tuple[typed.Key, ...], columns: Columns, rows: np.ndarray, failed: Failed
) -> tuple[np.ndarray, pa.Array]:
    """The key tuples of rows: one for each distinct combination of values, none where a mandatory key has no value.

    Returns:
        The row of each tuple, in the order of `rows`; and the tuples, a list<string> of as many texts as there are keys.
    """
    used = [columns[key.column.name] for key in keys if key.column is not None]
    excess = too_many(used, rows)
    if excess.any():
        failed(int(excess.sum()), TOO_MANY)
        rows = rows[~excess]
    owners: list[np.ndarray] = []
    portions: list[pa.Array] = []
    for at, tuples in combinations(used, rows):
        parts = dict(zip([column.name for column in used], tuples, strict=True))
        owner, written = rows[at], []
        for key in keys:
            if key.column is None:
                written.append(pa.nulls(at.size, pa.string()))
                continue
            column, places = columns[key.column.name], parts[key.column.name]
            written.append(texts(column.at(places), column.kind))
        kept = _complete(keys, written, at.size)
        if any(column.offsets is not None for column in used):
            kept = kept[_first_of_each([owner, *map(_codes, written)], kept)]
        owners.append(owner[kept])
        portions.append(_tuples([each.take(pa.array(kept)) for each in written], kept.size))
    if not portions:
        return np.zeros(0, rows.dtype), _tuples([pa.nulls(0, pa.string()) for _ in keys], 0)
    return np.concatenate(owners), pa.concat_arrays(portions)


def _complete(keys: tuple[typed.Key, ...], written: list[pa.Array], size: int) -> np.ndarray:
    """Places where every mandatory key has a value."""
    there = np.ones(size, bool)
    for key, values in zip(keys, written, strict=True):
        if not key.optional:
            there &= values.is_valid().to_numpy(zero_copy_only=False)
    return np.flatnonzero(there)


def _codes(values: pa.Array) -> np.ndarray:
    return pc.fill_null(values.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False)


def _first_of_each(parts: list[np.ndarray], kept: np.ndarray) -> np.ndarray:
    """Indices into `kept` of the first place of each distinct combination, ascending."""
    found = np.unique(np.stack([part[kept].astype(np.int64) for part in parts]), axis=1, return_index=True)[1]
    return np.sort(found)


def _tuples(parts: list[pa.Array], size: int) -> pa.Array:
    """Interleave columns of text into lists."""
    offsets = pa.array(np.arange(size + 1, dtype=np.int32) * len(parts))
    if not parts:
        return pa.ListArray.from_arrays(offsets, pa.nulls(0, pa.string()))
    places = np.arange(size)[:, None] + np.arange(len(parts)) * size
    return pa.ListArray.from_arrays(offsets, pa.concat_arrays(parts).take(pa.array(places.ravel())))
