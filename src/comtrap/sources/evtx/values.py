"""Values of all types but UTF-16 texts as columns of strings, written as the `evtx` package writes them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.sources.evtx import types
from comtrap.sources.evtx.texts import slices

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.sources.evtx.memory import Bytes, Memory, Places

LATEST = 2_650_466_808_009_999_999
"""The last moment that is written as a time, in units of 100 ns since 1601."""

_EPOCH_US = 11_644_473_600_000_000  # from 1601 to 1970
_HEX_LOWER = np.frombuffer(b"".join(b"%02x" % n for n in range(256)), np.uint16)
_HEX_UPPER = np.frombuffer(b"".join(b"%02X" % n for n in range(256)), np.uint16)
_GUID_ORDER = (3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15)
_GUID_PARTS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


def column(memory: Memory, kind: int, at: Places, sizes: Places, *, braced: bool) -> pa.Array:
    """The values of one type at some places, as strings or a dictionary of strings.

    Args:
        memory: has them.
        kind: their type, one that is supported, not `TEXT`, `TEXTS` or `BINXML`.
        at: where each begins.
        sizes: how many bytes each has, as many as its type has.
        braced: whether a GUID has braces and lower case.
    """
    if kind in types.INTEGERS:
        return integers(memory.numbers(types.INTEGERS[kind], at))
    match kind:
        case types.GUID:
            return guids(memory.rows(at, 16), braced=braced)
        case types.FILETIME:
            return filetimes(memory.numbers("<u8", at))
        case types.BOOLEAN:
            return _distinct(memory.numbers("<i4", at), _boolean)
        case types.HEX32 | types.HEX64 | types.SIZE_T:
            return _hex(memory, at, sizes)
        case types.FLOAT:
            return _distinct(memory.u32(at), lambda n: _real(np.uint32(n).view(np.float32), 13))
        case types.DOUBLE:
            return _distinct(memory.numbers("<u8", at), lambda n: _real(np.uint64(n).view(np.float64), 16))
        case _:
            return _of_bytes(slices(memory, at, sizes), _BYTES[kind])


def integers(numbers: npt.NDArray[np.integer]) -> pa.Array:
    """Whole numbers in decimal."""
    if numbers.size and numbers.min() == numbers.max():
        return constant(str(numbers[0]), numbers.size)
    return pc.cast(pa.array(numbers), pa.string())


def constant(text: str, count: int) -> pa.Array:
    """One text as often as wanted."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([text], pa.string()))


def guids(bytes_: Bytes, *, braced: bool) -> pa.Array:
    """GUIDs out of their bytes, 16 in a row."""
    table, margin = (_HEX_LOWER, 1) if braced else (_HEX_UPPER, 0)
    digits = np.ascontiguousarray(table[bytes_[:, _GUID_ORDER]]).view(np.uint8).reshape(-1, 32)
    out = np.full((len(bytes_), 36 + 2 * margin), ord("-"), np.uint8)
    for number, (start, stop) in enumerate(_GUID_PARTS):
        out[:, start + number + margin : stop + number + margin] = digits[:, start:stop]
    if braced:
        out[:, 0], out[:, -1] = ord("{"), ord("}")
    return fixed(out)


def filetimes(ticks: npt.NDArray[np.uint64]) -> pa.Array:
    """Moments in ISO 8601 with microseconds; null where no date is that late."""
    is_date = ticks <= LATEST
    micros = np.where(is_date, ticks // 10, 0).astype(np.int64) - _EPOCH_US
    written = pc.cast(pa.array(micros).cast(pa.timestamp("us")), pa.string())
    out = np.frombuffer(written.buffers()[2], np.uint8, 26 * ticks.size).reshape(-1, 26)
    out = np.concatenate([out, np.full((ticks.size, 1), ord("Z"), np.uint8)], axis=1)
    out[:, 10] = ord("T")
    return fixed(out, None if is_date.all() else is_date)


def fixed(rows: Bytes, is_there: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Strings of one length, from their bytes."""
    ends = np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int32)
    there = None if is_there is None else pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(
        pa.string(), len(rows), [there, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(rows))]
    )


def _distinct(numbers: npt.NDArray[np.generic], write: Callable[[int], str]) -> pa.Array:
    """Numbers as texts, each different one written once."""
    found = pc.dictionary_encode(pa.array(numbers))
    return found.from_arrays(found.indices, pa.array([write(n) for n in found.dictionary.to_pylist()], pa.string()))


def _of_bytes(found: pa.Array, write: Callable[[bytes], str | None]) -> pa.Array:
    """The same of values that are bytes."""
    coded = pc.dictionary_encode(found)
    return coded.from_arrays(coded.indices, pa.array([write(b) for b in coded.dictionary.to_pylist()], pa.string()))


def _boolean(number: int) -> str:
    return {0: "false", 1: "true"}.get(number, str(number))


def _hex(memory: Memory, at: Places, sizes: Places) -> pa.Array:
    """Numbers in hexadecimal; null where they have neither four nor eight bytes."""
    numbers = np.zeros(at.size, np.uint64)
    for size, kind in ((4, "<u4"), (8, "<u8")):
        here = sizes == size
        numbers[here] = memory.numbers(kind, at[here])
    found = _distinct(numbers, hex)
    is_odd = (sizes != 4) & (sizes != 8)
    return (
        found
        if not is_odd.any()
        else pc.if_else(pa.array(is_odd), pa.scalar(None, pa.string()), found.cast(pa.string()))
    )


def _real(number: np.floating, digits: int) -> str:
    """A number as Rust's JSON writers do: with an exponent only if it is very large or very small."""
    if not np.isfinite(number):
        return {"nan": "NaN"}.get(str(number), str(number))
    if number == 0:
        return str(number)
    shown = np.format_float_scientific(number, trim="-")
    mantissa, _, exponent = shown.partition("e")
    if -5 <= int(exponent) < digits:
        return np.format_float_positional(number, trim="0")
    return f"{mantissa}e{int(exponent):+d}" if int(exponent) > 0 else f"{mantissa}e{int(exponent)}"


def _sid(value: bytes) -> str | None:
    """A security identifier; null if it is shorter than it says."""
    if len(value) < 8 or len(value) < 8 + 4 * value[1]:
        return None
    parts = (int.from_bytes(value[at : at + 4], "little") for at in range(8, 8 + 4 * value[1], 4))
    return "-".join(["S", str(value[0]), str(int.from_bytes(value[2:8], "big")), *map(str, parts)])


def _ansi(value: bytes) -> str | None:
    """A text of the western code page, without zeros."""
    return "".join(map(_WESTERN.__getitem__, value.replace(b"\0", b""))) or None


_WESTERN = [bytes((n,)).decode("cp1252", "ignore") or chr(n) for n in range(256)]


def _systemtime(value: bytes) -> str | None:
    year, month, _, day, hour, minute, second, milli = np.frombuffer(value, "<u2").tolist()
    if not any(value):
        return "1601-01-01T00:00:00.000000Z"
    try:
        return datetime(year, month, day, hour, minute, second, milli * 1000).isoformat(timespec="microseconds") + "Z"  # noqa: DTZ001 - it is written as UTC
    except ValueError:
        return None


def _binary(value: bytes) -> str | None:
    return value.hex().upper() or None


_BYTES: dict[int, Callable[[bytes], str | None]] = {
    types.SID: _sid, types.ANSI: _ansi, types.SYSTEMTIME: _systemtime, types.BINARY: _binary,
}  # fmt: skip
