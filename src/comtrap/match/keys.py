"""Key tuples as numbers, and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.execute.order import address_key, version_key
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.check.typed import Stage
    from comtrap.match.hit import Key


def codes(hits: pa.Table, width: int) -> np.ndarray[Any, Any]:
    """One small number a hit: equal for equal key tuples of `width` keys, 0 to the number of distinct tuples less one."""
    found = np.zeros(hits.num_rows, dtype=np.int64)
    if width == 0 or hits.num_rows == 0:
        return found
    texts = pc.list_flatten(hits.column("key")).dictionary_encode().unify_dictionaries()
    # Null is -1. Widened for what is multiplied below: both factors are at most the number of values, below 2**32.
    parts = np.concatenate([pc.fill_null(chunk.indices, -1).to_numpy().astype(np.int64) for chunk in texts.chunks])
    parts = parts.reshape(-1, width) + 1
    distinct = int(parts.max()) + 1
    for part in parts.T:
        found = _dense(found * distinct + part)
    return found


def _dense(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return pa.array(numbers).dictionary_encode().indices.to_numpy().astype(np.int64)


def joinable(code: np.ndarray[Any, Any], stage: np.ndarray[Any, Any], needed: Iterable[int]) -> np.ndarray[Any, Any]:
    """Which hits have a key tuple (by its code) that occurs in every `needed` stage; the others are in no match."""
    complete = np.ones(int(code.max()) + 1 if len(code) else 0, dtype=bool)
    for number in needed:
        present = np.zeros_like(complete)
        present[code[stage == number]] = True
        complete &= present
    return complete[code]


def types(stages: Iterable[Stage]) -> tuple[Type, ...]:
    """The type of each key of a query; NULL where every stage's field is unmapped."""
    columns = zip(*(stage.keys for stage in stages), strict=True)
    return tuple(next((k.column.type for k in column if k.column is not None), Type.NULL) for column in columns)


def sortable(key: Key, kinds: tuple[Type, ...] | None = None) -> tuple[tuple[bool, Any], ...]:
    """A value that sorts key tuples ascending, null first: text by its bytes, or with `kinds` by what the text stands for."""
    if kinds is None:
        return tuple((text is not None, text) for text in key)
    return tuple((text is not None, _value(text, kind)) for text, kind in zip(key, kinds, strict=True))


def epoch_ms(text: str) -> int:
    """The milliseconds since 1970 of a date key."""
    return _epoch_ns(text) // 1_000_000


def _epoch_ns(text: str) -> int:
    # datetime stops at microseconds, and numpy warns of a time zone; keys are always in UTC.
    return int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))


def _value(text: str | None, kind: Type) -> Any:
    if text is None:
        return None
    if kind is Type.LONG:
        return int(text)
    if kind is Type.DOUBLE:
        return float(text)
    if kind.is_date:
        return _epoch_ns(text)
    if kind is Type.IP:
        return address_key(text)
    if kind is Type.VERSION:
        return version_key(text)
    return text  # "false" sorts before "true"
