"""A value as the text that join keys, ``string`` and ``concat`` show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from comtrap.check.literals import double
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(time_ns: int) -> str:
    """ISO 8601 in UTC with milliseconds, as Elasticsearch writes a date."""
    minute, rest = divmod(time_ns // 1_000_000, 60_000)
    return f"{_minute(minute)}{rest // 1000:02d}.{rest % 1000:03d}Z"


@lru_cache(1024)
def _minute(minute: int) -> str:
    """The begin of each time in a minute, of which most events share theirs with others."""
    return (EPOCH + timedelta(minutes=minute)).isoformat()[:17]


def iso(time_ns: int) -> str:
    """The same; with nanoseconds where milliseconds would not tell it all."""
    rest = time_ns % 1_000_000_000
    return moment(time_ns) if rest % 1_000_000 == 0 else f"{moment(time_ns)[:20]}{rest:09d}Z"


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
