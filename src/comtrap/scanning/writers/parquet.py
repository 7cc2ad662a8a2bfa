"""Documents as Parquet: one column a field, of a type that follows from the field's name alone.

Two columns beside them hold JSON, so that nothing is lost: `REST` what no schema knows, `UNFIT` values that are not of
their column's type.
"""

from __future__ import annotations

import tempfile
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from comtrap.errors import SourceError
from comtrap.events.arrays import as_lists, first_of, lengths
from comtrap.events.batch import ARROW
from comtrap.normalise.cast import typed
from comtrap.scanning.documents import json_of
from comtrap.schema.many import holds_many
from comtrap.schema.telemetry import OPEN, telemetry
from comtrap.sources.batches import LARGE_BYTES
from comtrap.sources.columns import columns
from comtrap.sources.parquet_rows import REST, UNFIT
from comtrap.sources.record import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.scanning.writers.writer import Target
    from comtrap.schema.types import Type

SUFFIX = "parquet"

ROWS = 10_000
"""Rows of a row group, at most."""

TEXT_BYTES = 32 << 20
"""JSON of a row group, about, at most."""

LARGE_TEXT_BYTES = 8 << 20
"""JSON of a group of rows that are larger than `LARGE_BYTES` on average, about, if they are several."""

NAMES = 2_000
"""Columns for names that Windows' providers choose themselves, at most; what is more goes into `UNFIT`."""


class Writer:
    """Holds the documents in a temporary file until all columns are known."""

    def __init__(self, target: Target) -> None:
        """Open the file.

        Raises:
            SourceError: Parquet cannot be written to a stream.
        """
        if target.path is None:
            raise SourceError("Parquet needs a file or a folder to be written to")
        self._target = target
        self._names: set[str] = set()
        self._open = 0
        self._held = tempfile.TemporaryFile()  # noqa: SIM115 - closed in the end
        target.opened(0, SUFFIX).close()

    def write(self, documents: Iterator[bytes]) -> None:
        """Take each document apart."""
        for text in documents:
            known: dict[str, Any] = {}
            rest = self._split(_parsed(text), "", known)
            if rest:
                known[REST] = json_of(rest).decode()
            self._held.write(json_of(known) + b"\n")

    def close(self) -> None:
        """Write the files."""
        with self._held:
            self._held.seek(0)
            names = [name for name in sorted(self._names) if name not in {REST, UNFIT}]
            schema = pa.schema([*(pa.field(name, _type(name)) for name in names), *_JSON])
            groups = _groups(self._held)
            group = next(groups, None)
            part = 0
            while group is not None or not part:
                with (
                    self._target.opened(part, SUFFIX) as out,
                    pq.ParquetWriter(out, schema, compression="zstd") as writer,
                ):
                    written = 0
                    while group is not None and (self._target.most is None or written < self._target.most):
                        writer.write_table(_table(group, names, schema))
                        written += len(group)
                        group = next(groups, None)
                part += 1

    def _split(self, document: dict[str, Any], prefix: str, known: dict[str, Any]) -> dict[str, Any]:
        """Put values of fields with columns into `known`, by dotted name; gives the others as they stood."""
        rest: dict[str, Any] = {}
        for key, value in document.items():
            name = prefix + key
            if isinstance(value, dict):
                inner = self._split(value, name + ".", known)
                if inner:
                    rest[key] = inner
            elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
                rest[key] = value
                self._leaves(value, name, known)
            elif value is None or value == []:
                continue
            elif "." not in key and self._is_column(name):
                known[name] = value
            else:
                rest[key] = value
        return rest

    def _leaves(self, items: list[Any], name: str, known: dict[str, Any]) -> None:
        """The values in a list of objects, which can be asked for by the names of their fields."""
        for leaf, column in columns([{name: items}], None).items():
            if self._is_column(leaf):
                known[leaf] = column[0].as_py()

    def _is_column(self, name: str) -> bool:
        if name in self._names:
            return True
        if not _is_known(name):
            return False
        if name.startswith(OPEN) and name not in telemetry().fields:
            if self._open == NAMES:
                # Has no column, but is known: see `_table`.
                return True
            self._open += 1
        self._names.add(name)
        return True


_JSON = (pa.field(UNFIT, pa.string()), pa.field(REST, pa.string()))


@cache
def _is_known(name: str) -> bool:
    field = telemetry().get(name)
    return field is not None and field.supported and field.copy_of is None


def _kind(name: str) -> Type:
    return telemetry()[name].type


def _type(name: str) -> pa.DataType:
    inner = ARROW[_kind(name)]
    return pa.list_(inner) if holds_many(name) else inner


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = parsed(text)[0]  # halves of characters
    return found


def _groups(lines: Any) -> Iterator[list[dict[str, Any]]]:
    """The held documents in groups of bounded size."""
    group: list[dict[str, Any]] = []
    size_bytes = 0
    for line in lines:
        after_bytes = size_bytes + len(line)
        if group and (len(group) == ROWS or after_bytes > _most_bytes(len(group) + 1, after_bytes)):
            yield group
            group, size_bytes = [], 0
        group.append(_parsed(line))
        size_bytes += len(line)
    if group:
        yield group


def _most_bytes(rows: int, size_bytes: int) -> int:
    """How much JSON a group may have, of rows that are as large as these."""
    return min(TEXT_BYTES, LARGE_TEXT_BYTES) if size_bytes > rows * LARGE_BYTES else TEXT_BYTES


def _table(group: list[dict[str, Any]], names: list[str], schema: pa.Schema) -> pa.Table:
    """A row group: what is of its column's type in columns, the rest of it in `UNFIT`."""
    found = columns(group, None)
    unfit: list[dict[str, Any]] = [{} for _ in group]
    made: dict[str, pa.Array] = {}
    wanted = set(names)
    for name, column in found.items():
        if name in wanted:
            made[name] = _fitted(column, name, unfit)
        elif name != REST:
            for row, value in enumerate(column.to_pylist()):
                if value is not None:
                    unfit[row][name] = value
    made[UNFIT] = pa.array([json_of(row).decode() if row else None for row in unfit], pa.string())
    if REST in found:
        made[REST] = found[REST]
    arrays = [made[f.name] if f.name in made else pa.nulls(len(group), f.type) for f in schema]
    return pa.table(arrays, schema=schema)


def _fitted(column: pa.Array, name: str, unfit: list[dict[str, Any]]) -> pa.Array:
    """A column of texts as one of its field's type."""
    target = _type(name)
    is_list = pa.types.is_list(column.type)
    if pa.types.is_list(target):
        source = as_lists(column)
        out = _listed(typed(source, _kind(name))[0], target)
        misfits = lengths(out) != lengths(source)
    else:
        several = lengths(column) > 1 if is_list else None
        source = column
        flat = first_of(column) if is_list else column
        if several is not None and several.any():
            flat = pc.if_else(pa.array(several), pa.scalar(None, flat.type), flat)
        out = typed(flat, _kind(name))[0]
        misfits = pc.and_(pc.is_null(out), pc.is_valid(source)).to_numpy(zero_copy_only=False)
        if is_list:
            misfits &= lengths(source) > 0
    for row in misfits.nonzero()[0].tolist():
        unfit[row][name] = source[row].as_py()
    return out


def _listed(column: pa.Array, target: pa.DataType) -> pa.Array:
    return as_lists(column).cast(target)
