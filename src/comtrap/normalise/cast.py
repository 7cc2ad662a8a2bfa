"""Text columns as what the schema says they are."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.arrays import first_of, lengths, listed
from comtrap.events.batch import ARROW

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.schema.types import Type

DIGITS = 400  # characters of a number; no double needs more, and long ones are slow to read
_ZONED, _PLAIN = pa.timestamp("ns", "UTC"), pa.timestamp("ns")
_NONE = pa.scalar(0, pa.int64())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = range(-(1 << 63), 1 << 63)
_ZONE = re.compile(r"(?:Z|[+-]\d\d:?\d\d)\Z")
_FRACTION = re.compile(r"([.,])(\d+)")


def typed(column: pa.Array, kind: Type) -> tuple[pa.Array, int]:
    """The column in the Arrow type of a schema type, and how many values were not of it (they are null).

    A list column stays one only where some row has two values; nulls inside lists are dropped with what was wrong.
    """
    if pa.types.is_list(column.type):
        return _lists(column, kind)
    target = ARROW[kind]
    if column.type == target:
        return column, 0
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), target), 0
    if pa.types.is_dictionary(column.type):
        if target == pa.string():
            return column, 0
        out = typed(column.dictionary, kind)[0].take(column.indices)
        return out, out.null_count - column.null_count
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    if target == pa.string():
        return column, 0
    out = timestamps(column) if pa.types.is_timestamp(target) else _converted(column, target)
    return out, out.null_count - column.null_count


def timestamps(column: pa.Array) -> pa.Array:
    """ISO 8601 texts (with or without offset; without means UTC) and epoch milliseconds, as nanoseconds UTC.

    What is neither, or outside the years 1678 to 2261, is null.
    """
    first = pc.first(column).as_py() if pa.types.is_string(column.type) else None
    # Finding out that it is the other shape is slow.
    shapes = (_ZONED, _PLAIN) if first is None or _ZONE.search(first) else (_PLAIN, _ZONED)
    for shape in shapes:
        try:
            return pc.cast(column, shape).cast(_ZONED)
        except pa.ArrowInvalid:
            continue
    return each(column, _nanoseconds, pa.int64()).cast(_ZONED)


def each(column: pa.Array, function: Callable[[str], object], target: pa.DataType) -> pa.Array:
    """The function's value for each text, computed once a distinct text; null stays null."""
    encoded = column.dictionary_encode()
    values = pa.array([function(v) for v in encoded.dictionary.to_pylist()], target)
    return values.take(encoded.indices)


def _converted(column: pa.Array, target: pa.DataType) -> pa.Array:
    try:
        out = pc.cast(column, target)
    except pa.ArrowInvalid:
        out = None
    if out is None or not _is_plain(out):
        return each(column, {pa.int64(): _whole, pa.float64(): _real, pa.bool_(): _truth}[target], target)
    return out


def _is_plain(values: pa.Array) -> bool:
    """Whether Arrow reads the texts as we do: it takes `0xFFFFFFFFFFFFFFFF` for -1, and `nan` for a number."""
    if pa.types.is_int64(values.type):
        return not pc.any(pc.less(values, _NONE)).as_py()
    return not pa.types.is_float64(values.type) or pc.all(pc.is_finite(values)).as_py() is not False


def _whole(text: str) -> int | None:
    bare = text.strip()
    number: int | None
    try:
        number = int(bare, 16) if bare[:2].lower() == "0x" else int(bare)
    except ValueError:
        real = _real(bare)
        number = None if real is None or abs(real) >= 2.0**63 else int(real)
    return _fitting(number)


def _fitting(number: int | None) -> int | None:
    # Asking a range for None would walk it.
    return number if number is not None and number in _WHOLE else None


def _real(text: str) -> float | None:
    if len(text) > DIGITS:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _truth(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower())


def _nanoseconds(text: str) -> int | None:
    bare = text.strip()
    if bare.isascii() and bare.isdigit() and len(bare) >= 12:
        number = int(bare[:20]) * 1_000_000
        return _fitting(number)
    found = _FRACTION.search(bare)
    fraction = 0
    if found is not None:
        # The standard library reads at most microseconds.
        fraction = int(found[2][:9].ljust(9, "0"))
        bare = bare[: found.start()] + bare[found.end() :]
    try:
        moment = datetime.fromisoformat(bare.replace("/", "-").removesuffix(" UTC"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    number = (moment - _EPOCH) // timedelta(seconds=1) * 1_000_000_000 + fraction
    return _fitting(number)


def _lists(column: pa.Array, kind: Type) -> tuple[pa.Array, int]:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    values, wrong = typed(column.flatten(), kind)
    counts = lengths(column)
    if values.null_count:
        kept = pc.is_valid(values)
        parents = np.asarray(pc.list_parent_indices(column).filter(kept))
        values, counts = values.filter(kept), np.bincount(parents, minlength=len(column))
    if counts.max(initial=0) > 1:
        return listed(values, counts, counts > 0), wrong
    if len(values) == len(column):
        return values, wrong
    return first_of(listed(values, counts, counts > 0)), wrong
