"""A value as the text that join keys, ``string`` and ``concat`` show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from comtrap.check.literals import double
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(time_ns: int) -> str:
    """ISO 8601 in UTC with milliseconds; with nanoseconds where milliseconds would not tell it all."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    moment = EPOCH + timedelta(seconds=seconds)
    fraction = f"{rest // 1_000_000:03d}" if rest % 1_000_000 == 0 else f"{rest:09d}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}Z"


def texts(values: pa.Array, kind: Type) -> pa.Array:
    """A column's values as text, nulls kept."""
    if kind.is_date:
        return _each(values.cast(pa.int64()), iso)
    if kind is Type.DOUBLE:
        return _each(values, double)
    return values if pa.types.is_string(values.type) else pc.cast(values, pa.string())


def _each(values: pa.Array, write: Callable[[int], str] | Callable[[float], str]) -> pa.Array:
    encoded = values.dictionary_encode()
    written = pa.array([None if v is None else write(v) for v in encoded.dictionary.to_pylist()], pa.string())
    return written.take(encoded.indices)
