"""Rows of a Parquet file as text; runs in a process of its own, see `child`."""

from __future__ import annotations

import base64
import json
import os
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.errors import SourceError
from comtrap.events.arrays import lengths, listed
from comtrap.events.wanted import Narrowing
from comtrap.sources.child import packed, unpacked
from comtrap.sources.parquet_groups import ROWS, Choice, groups
from comtrap.sources.record import SIZE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow.parquet as pq

REST, UNFIT = "comtrap.origin.rest", "comtrap.origin.unfit"
"""Columns of what `convert` writes: JSON of what no schema knows, and of values that are not of their column's type."""

TOGETHER_BYTES = 32 << 20
"""Text that rows taken together have, at most, if they are more than one."""

RECENT_BYTES = 128 << 20
"""How much of rows that were decoded before is kept."""

COLUMNS = 20_000
"""How many columns a file may have."""

FOOTER_BYTES = 64 << 20
"""How much a file may say of itself."""


def described(request: bytes) -> bytes:
    """Names of the columns within objects and lists, dotted, and how many rows there are, as JSON.

    Args:
        request: the file's path.
    """
    with _opened(request) as file:
        rows = file.metadata.num_rows
        size = Path(os.fsdecode(request)).stat().st_size
        if rows > max(size, ROWS):
            raise SourceError(f"a Parquet file that claims {rows:,} rows in {size:,} bytes; not read")
        return orjson.dumps({"rows": rows, "names": sorted(_names(file.schema_arrow))})


def counted(request: bytes) -> bytes:
    """How many rows there are in some row groups.

    Args:
        request: packed: the file's path, and the bytes that they begin in, as JSON: start and stop.
    """
    path, (start, stop) = _asked(request)
    with _opened(path) as file:
        return str(sum(file.metadata.row_group(number).num_rows for number, _ in groups(file, start, stop))).encode()


def frames(request: bytes) -> Iterator[bytes]:
    """The rows of a file in order: packed, the numbers of rows that are too long, as JSON, and a table of the others.

    The table is in Arrow's stream format. Its columns are string or list<string>, as in a RawBatch, and ``_position``.

    Args:
        request: packed: the file's path, and as JSON: the bytes that row groups begin in (start, stop or null), the
            columns wanted, and null or the values of a `Narrowing`.
    """
    path, (start, stop, names, others) = _asked(request)
    with _opened(path) as file:
        narrowing = None if others is None else _narrowing(*others)
        less = [] if narrowing is None else _paths(file, sorted(narrowing.counted))
        choice = Choice(_paths(file, names), less, narrowing, _texts)
        for group, first in groups(file, start, stop):
            for begin, batch in _group(file, group, first, choice.of(file, group, lambda some: _paths(file, some))):
                for rows, lost in _parts(batch):
                    positions = pa.array((rows + begin).astype(np.uint64))
                    table = _texts(batch.take(pa.array(rows))).append_column("_position", positions)
                    yield packed([orjson.dumps((lost + begin).tolist()), _stream(table)])


def _narrowing(categories: list[str] | None, first_ns: int | None, last_ns: int | None, less: list[str]) -> Narrowing:
    return Narrowing(None if categories is None else frozenset(categories), first_ns, last_ns, frozenset(less))


def _asked(request: bytes) -> tuple[bytes, list[Any]]:
    path, asked = unpacked(request)
    return path, orjson.loads(asked)


def documents(request: bytes) -> Iterator[bytes]:
    """Rows as nested documents, each one line of JSON; an empty line for one that is too long.

    Args:
        request: packed: the file's path, and as JSON the numbers of the rows wanted or null for all, and the bytes that
            the row groups of these begin in (start, stop or null).
    """
    path, (wanted, start, stop) = _asked(request)
    with _opened(path) as file:
        if wanted is None:
            for group, first in groups(file, start, stop):
                for _, batch in _group(file, group, first, None):
                    yield from _lines(batch)
            return
        rows = np.array(wanted, np.int64)
        for first, count, batches in _groups(file, path):
            held = rows[(rows >= first) & (rows < first + count)]
            if not len(held):
                continue
            for begin, batch in batches:
                part = held[(held >= begin) & (held < begin + batch.num_rows)] - begin
                if len(part):
                    yield from _lines(batch.take(pa.array(part)))


@contextmanager
def _opened(path: bytes) -> Iterator[pq.ParquetFile]:
    import pyarrow.parquet as pq  # noqa: PLC0415 - most scans read none, and it brings all file systems of Arrow along

    pa.set_cpu_count(1)
    limits = {"thrift_string_size_limit": FOOTER_BYTES, "thrift_container_size_limit": COLUMNS * 50}
    try:
        with pq.ParquetFile(os.fsdecode(path), **limits) as file:
            if len(file.schema) > COLUMNS:
                raise SourceError(f"a Parquet file of more than {COLUMNS:,} columns; not read")
            leaves = (file.schema.column(number) for number in range(len(file.schema)))
            # Texts that repeat stay one until it is known how long all of them are.
            repeated = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
            with pq.ParquetFile(os.fsdecode(path), metadata=file.metadata, read_dictionary=repeated, **limits) as again:
                yield again
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"broken Parquet file: {' '.join(str(error).split())[:200]}") from error


def _names(schema: pa.Schema) -> Iterator[str]:
    left = [(field.name, field.type) for field in schema]
    while left:
        name, kind = left.pop()
        while _is_list(kind):
            kind = kind.value_type
        if pa.types.is_map(kind):
            left += [(f"{name}.key", kind.key_type), (f"{name}.value", kind.item_type)]
        elif pa.types.is_struct(kind):
            left += [(f"{name}.{inner.name}", inner.type) for inner in kind]
        else:
            yield name


def _paths(file: pq.ParquetFile, names: list[str]) -> list[str]:
    """What has to be decoded for columns within objects and lists."""
    leaves = [file.schema.column(number).path for number in range(len(file.schema))]
    known = {path[:end] for path in leaves for end in (len(path), *(at for at, c in enumerate(path) if c == "."))}
    found = set()
    for name in names:
        while name not in known and "." in name:
            name = name.rpartition(".")[0]  # noqa: PLW2901 - a list comes as a whole
        found.add(name)
    return sorted(found)


def _group(file: pq.ParquetFile, group: int, first: int, paths: list[str] | None) -> Iterator[_Numbered]:
    """Some rows of a group at a time, and the number of the first of them."""
    for batch in file.iter_batches(ROWS, [group], paths):
        yield first, batch
        first += batch.num_rows


_Numbered: TypeAlias = tuple[int, pa.RecordBatch]
_recent: OrderedDict[tuple[bytes, int, int], list[_Numbered]] = OrderedDict()


def _groups(file: pq.ParquetFile, path: bytes) -> Iterator[tuple[int, int, Iterable[_Numbered]]]:
    """Each row group: the number of its first row, how many there are, and what decodes them.

    Rows of one kind after another are asked for, and stand in the same groups: the last few stay decoded.
    """
    written_ns = Path(os.fsdecode(path)).stat().st_mtime_ns
    first = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        yield first, rows, _decoded_group(file, (path, written_ns, group), first)
        first += rows


def _decoded_group(file: pq.ParquetFile, key: tuple[bytes, int, int], first: int) -> Iterator[_Numbered]:
    if key in _recent:
        yield from _recent[key]
        return
    held: list[_Numbered] = []
    for batch in file.iter_batches(ROWS, [key[-1]]):
        slim = batch.select([f.name for f, c in zip(batch.schema, batch.columns, strict=True) if c.null_count < len(c)])
        yield first, slim
        first += batch.num_rows
        if sum(part.nbytes for _, part in held) <= RECENT_BYTES:
            held.append((first - batch.num_rows, slim))
    _recent[key] = held
    while _recent and sum(part.nbytes for parts in _recent.values() for _, part in parts) > RECENT_BYTES:
        _recent.popitem(last=False)


def _parts(batch: pa.RecordBatch) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows that can be taken at once, and those among them and before the next that are too long for that."""
    sizes = sum((_sizes(column) for column in batch.columns), np.zeros(batch.num_rows, np.int64))
    lost = sizes > SIZE_BYTES
    # Long rows end a part; so may rows that bring it over what is allowed.
    parts = np.cumsum(np.where(lost, 0, sizes)) // TOGETHER_BYTES
    for number in np.unique(parts):
        rows = np.flatnonzero(parts == number)
        yield rows[~lost[rows]], rows[lost[rows]]


def _unmapped(array: pa.Array) -> pa.Array:
    """Maps as lists of objects; else the column."""
    if not pa.types.is_map(array.type):
        return array
    offsets = np.asarray(array.offsets)
    pairs = pa.StructArray.from_arrays([array.keys, array.items], ["key", "value"])[offsets[0] : offsets[-1]]
    return listed(pairs, np.diff(offsets), np.asarray(array.is_valid()))


def _sizes(array: pa.Array) -> np.ndarray:
    """How many bytes of text each element has, about."""
    array = _unmapped(array)
    kind = array.type
    if pa.types.is_dictionary(kind):
        sizes = np.append(_sizes(array.dictionary), 0)
        return sizes[np.asarray(array.indices.fill_null(len(array.dictionary)))]
    if pa.types.is_struct(kind):
        fields = (_sizes(array.field(number)) for number in range(kind.num_fields))
        return sum(fields, np.zeros(len(array), np.int64))
    if _is_list(kind):
        counts = lengths(array)
        ends = np.append(0, np.cumsum(_sizes(array.flatten())))
        offsets = np.append(0, np.cumsum(counts))
        return ends[offsets[1:]] - ends[offsets[:-1]] + 8 * counts
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind):
        return np.asarray(pc.binary_length(array).fill_null(0)).astype(np.int64)
    return np.full(len(array), 8)


def _texts(batch: pa.RecordBatch) -> pa.Table:
    made: dict[str, pa.Array] = {}
    for field, column in zip(batch.schema, batch.columns, strict=True):
        for leaf, texts in _leaves(column):
            made.setdefault(field.name + leaf, texts)
    return pa.table(made)


def _leaves(array: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """The values within objects and lists, by what is to be added to the column's name."""
    array = _unmapped(array)
    kind = array.type
    if pa.types.is_struct(kind):
        for inner, column in zip(kind, array.flatten(), strict=True):
            for leaf, texts in _leaves(column):
                yield f".{inner.name}{leaf}", texts
    elif _is_list(kind):
        counts = lengths(array)
        for leaf, texts in _leaves(array.flatten()):
            yield leaf, _listed(texts, counts)
    else:
        yield "", _text(array)


def _listed(texts: pa.Array, counts: np.ndarray) -> pa.Array:
    """Texts, or lists of them, as lists of so many each; an empty one is null."""
    if _is_list(texts.type):
        ends = np.append(0, np.cumsum(lengths(texts)))
        offsets = ends[np.append(0, np.cumsum(counts))]
        counts, texts = np.diff(offsets), texts.flatten()
    return listed(texts, counts, counts > 0)


def _text(array: pa.Array) -> pa.Array:
    """A column of single values as their text in JSON."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _text(array.dictionary_decode())
    if pa.types.is_timestamp(kind):
        return _moments(array)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if v is None else _decoded(v) for v in array.to_pylist()], pa.string())
    try:
        return array.cast(pa.string())
    except pa.ArrowException:
        return pa.array([None if v is None else str(v) for v in array.to_pylist()], pa.string())


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _moments(array: pa.Array) -> pa.Array:
    """ISO 8601, UTC: milliseconds, or as many digits as there are."""
    try:
        ticks = array.cast(pa.timestamp("ns", array.type.tz)).cast(pa.int64())
    except pa.ArrowException:  # centuries away
        texts = array.cast(pa.int64()).cast(pa.timestamp(array.type.unit)).cast(pa.string())
        return pc.binary_join_element_wise(pc.replace_substring(texts, " ", "T"), "Z", "")
    texts = pc.replace_substring(ticks.cast(pa.timestamp("ns")).cast(pa.string()), " ", "T", max_replacements=1)
    is_short = pa.array(np.asarray(ticks.fill_null(0)) % 1_000_000 == 0)
    return pc.binary_join_element_wise(
        pc.if_else(is_short, pc.utf8_slice_codeunits(texts, 0, -6), pc.utf8_rtrim(texts, "0")), "Z", ""
    )


def _stream(table: pa.Table) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue().to_pybytes()


def _lines(batch: pa.RecordBatch) -> Iterator[bytes]:
    """One line of JSON a row; see `documents`."""
    for rows, lost in _parts(batch):
        part = batch.take(pa.array(rows))
        found = dict.fromkeys(lost.tolist(), b"")
        names = [f.name for f, c in zip(part.schema, part.columns, strict=True) if c.null_count < len(c)]
        columns = [_plain(part.column(name)).to_pylist() for name in names]
        for row, *values in zip(rows.tolist(), *columns, strict=True):
            found[row] = _json(_document(names, values))
        yield b"\n".join(found[row] for row in sorted(found)) + b"\n"


def _plain(array: pa.Array) -> pa.Array:
    """A column of values that JSON has."""
    array = _unmapped(array)
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_struct(kind):
        columns = [_plain(column) for column in array.flatten()]
        return pa.StructArray.from_arrays(columns, [f.name for f in kind], mask=array.is_null())
    if _is_list(kind):
        return listed(_plain(array.flatten()), lengths(array), np.asarray(array.is_valid()))
    if any(is_kind(kind) for is_kind in _AS_THEY_ARE):
        return array
    return _text(array)


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


_AS_THEY_ARE = (
    pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_large_string, pa.types.is_null,
)  # fmt: skip


def _document(names: list[str], values: list[Any]) -> dict[str, Any]:
    """A row's values as a nested document."""
    out: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        if value is None:
            continue
        if name == REST:
            rest = _object(value)
        elif name == UNFIT:
            for inner, kept in _object(value).items():
                _put(out, inner, kept)
        else:
            _put(out, name, value)
    _merge(out, rest)
    return out


def _object(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _put(document: dict[str, Any], name: str, value: Any) -> None:
    *way, last = name.split(".")
    node = document
    for part in way:
        inner = node.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        node = inner
    node[last] = value


def _merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _json(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, default=str).encode()
