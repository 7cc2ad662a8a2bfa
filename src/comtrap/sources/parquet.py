"""Parquet: what `convert` writes, and other files with the fields of ECS in columns, dotted or nested.

All of a file's decoding happens in a process of its own; this one gets text.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from comtrap.errors import SourceError
from comtrap.events.raw import ECS, RawBatch
from comtrap.sources.batches import ALWAYS, HELD_BYTES, Batches
from comtrap.sources.child import Limits, packed, run, stream, unpacked
from comtrap.sources.columns import array, merged, with_lists
from comtrap.sources.ndjson import add, decoded
from comtrap.sources.parquet_groups import RowGroups, part
from comtrap.sources.parquet_rows import UNFIT, counted, described, documents, frames
from comtrap.sources.record import TOO_LONG, BadRecordError
from comtrap.sources.shapes.shape import shaped
from comtrap.sources.shared_file import SharedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from comtrap.events.problems import Problems
    from comtrap.events.raw import Kind, Origin
    from comtrap.events.wanted import Wanted
    from comtrap.sources.shapes.shaped import Shaped
    from comtrap.sources.source import Content

LIMITS = Limits(memory_bytes=2 << 30)
"""Of the process that decodes; PyArrow alone takes up a good part of it."""

ROWS = 50_000
"""At most so many rows in a batch."""

KNOWN = 10_000
"""Kinds of rows remembered."""

__all__ = ["part", "positions", "read", "sniff"]

_MAGIC = b"PAR1"
_TOLD_BY = (
    "winlog.provider_name", "winlog.channel", "winlog.event_id", "event.provider", "event.code", "event.dataset",
    "data_stream.dataset", "agent.type",
)  # fmt: skip
"""Columns that tell what kind of event a row is."""

_OF_ECS = frozenset({*_TOLD_BY, "event.category", "event.kind", "event.action"})
_PROVIDER = "winlog.provider_name"


def sniff(head: bytes) -> bool:
    """Parquet that is not encrypted as a whole."""
    return head.startswith(_MAGIC)


def read(content: Content, wanted: Wanted | None, problems: Problems) -> Iterator[RawBatch]:
    """A position is the row's number.

    Of files with ECS fields only columns that are wanted are decoded; of others, every row is told by what it has, as
    JSON records are.
    """
    origin = replace(content.origin, source="parquet")
    file = SharedFile.of(content.stream)
    piece = _piece(content.stream)
    names = frozenset(orjson.loads(run(described, file.path, LIMITS))["names"])
    if wanted is None or "@timestamp" not in names or names.isdisjoint(_OF_ECS):
        yield from _records((file, piece, content.position), origin, wanted, problems)
        return
    asked = names & (wanted.columns | ALWAYS | {*_TOLD_BY, UNFIT})
    groups = _Groups(file, origin, problems)
    for answer in stream(
        frames, packed([file.path, orjson.dumps([*piece, sorted(asked), _others(wanted, asked)])]), LIMITS
    ):
        lost, table = unpacked(answer)
        for row in orjson.loads(lost):
            problems.skip(TOO_LONG, f"{origin.name}:{row}", "a row of more than 16 MiB")
        groups.add(pa.ipc.open_stream(table).read_all(), wanted.columns | ALWAYS)
        yield from groups.full()
    yield from groups.rest()


def positions(stream: IO[bytes]) -> int:
    """How many rows there are."""
    path = os.fsencode(Path(stream.name).absolute())
    return int(run(counted, packed([path, orjson.dumps(_piece(stream))]), LIMITS))


def _piece(stream: Any) -> tuple[int, int | None]:
    """The bytes that the row groups begin in which are to be read."""
    whole = stream if isinstance(stream, RowGroups) else getattr(stream, "whole_file", lambda: None)()
    return (whole.start, whole.stop) if isinstance(whole, RowGroups) else (0, None)


def _others(wanted: Wanted, asked: frozenset[str]) -> list[Any] | None:
    """What tells row groups that matter from others, for `frames`."""
    found = wanted.narrowing
    if found is None or (found.categories is None and found.first_ns is None and found.last_ns is None):
        return None
    less = sorted(asked & (found.counted | ALWAYS | {*_TOLD_BY, UNFIT}))
    return [None if found.categories is None else sorted(found.categories), found.first_ns, found.last_ns, less]


def _records(
    part_of: tuple[SharedFile, tuple[int, int | None], int], origin: Origin, wanted: Wanted | None, problems: Problems
) -> Iterator[RawBatch]:
    """Rows of any form, of the row groups that begin in some bytes; the first of them has a number."""
    file, piece, first = part_of
    batches = Batches(origin, None if wanted is None else wanted.columns, decoded)

    def take(position: int, block: bytes) -> int:
        lines = block.split(b"\n")[:-1]
        for at, line in enumerate(lines, first + position):
            if line:
                add(batches, at, line, problems)
            else:
                problems.skip(TOO_LONG, f"{origin.name}:{at}", "a row of more than 16 MiB")
        return position + len(lines)

    yield from batches.filled(stream(documents, packed([file.path, orjson.dumps([None, *piece])]), LIMITS), take)


@dataclass(slots=True)
class _Groups:
    """Rows gathered by kind until there are enough of them for a batch."""

    file: SharedFile
    origin: Origin
    problems: Problems
    _held: dict[Kind, list[pa.Table]] = field(default_factory=dict)
    _sizes: dict[Kind, int] = field(default_factory=dict)
    _known: dict[tuple[Any, ...], Shaped] = field(default_factory=dict)

    def add(self, table: pa.Table, wanted: frozenset[str]) -> None:
        """Some rows; positions ascend."""
        told = [_first(table, name) for name in _TOLD_BY]
        found: dict[tuple[Kind, str], list[int]] = {}
        for row, values in enumerate(zip(*told, strict=True)):
            known = self._known.get(values)
            if known is None:
                record = {name: value for name, value in zip(_TOLD_BY, values, strict=True) if value is not None}
                known = self._known.setdefault(values, shaped(record)) if len(self._known) < KNOWN else shaped(record)
            found.setdefault((known.kind, known.shape), []).append(row)
        table = _refitted(table, wanted)
        for (of, shape), rows in found.items():
            part = table.take(pa.array(rows)).append_column("_shape", pa.repeat(shape, len(rows)))
            self._held.setdefault(of, []).append(part)
            self._sizes[of] = self._sizes.get(of, 0) + part.nbytes

    def full(self) -> Iterator[RawBatch]:
        """Once enough is held: the largest groups, until half of it is gone."""
        held_bytes = sum(self._sizes.values())
        if held_bytes < HELD_BYTES:
            return
        for of in sorted(self._sizes, key=lambda k: (-self._sizes[k], k)):
            if held_bytes <= HELD_BYTES // 2:
                break
            held_bytes -= self._sizes[of]
            yield from self._release(of)

    def rest(self) -> Iterator[RawBatch]:
        """All that is left."""
        for of in list(self._held):
            yield from self._release(of)

    def _release(self, of: Kind) -> Iterator[RawBatch]:
        tables = self._held.pop(of)
        del self._sizes[of]
        lists = {f.name for table in tables for f in table.schema if pa.types.is_list(f.type)}
        frame = pa.concat_tables([with_lists(table, lists) for table in tables], promote_options="default")
        if of != ECS and _PROVIDER in frame.schema.names and not pa.types.is_list(frame.schema.field(_PROVIDER).type):
            at = frame.schema.get_field_index(_PROVIDER)
            frame = frame.set_column(at, _PROVIDER, frame.column(at).fill_null(of[0]))
        frame = frame.select(
            [f.name for f, c in zip(frame.schema, frame.columns, strict=True) if c.null_count < len(c)]
        )
        for start in range(0, len(frame), ROWS):
            part = frame.slice(start, ROWS)
            yield RawBatch(of, part, self.origin, self._whole(of, part))

    def _whole(self, of: Kind, frame: pa.Table) -> Callable[[np.ndarray], RawBatch]:
        def whole(rows: np.ndarray) -> RawBatch:
            positions = np.asarray(frame.column("_position"))[rows].tolist()
            batches = Batches(self.origin, None, decoded)
            try:
                request = packed([self.file.path, orjson.dumps([positions, 0, None])])
                lines = b"".join(stream(documents, request, LIMITS)).split(b"\n")[:-1]
                for position, line in zip(positions, lines, strict=True):
                    batches.add(position, decoded(line), line)
            except (SourceError, BadRecordError, ValueError) as error:
                self.problems.note("evidence cut short", self.origin.name, str(error), len(positions))
            found = list(batches.rest())
            if [(batch.kind, batch.frame.num_rows) for batch in found] == [(of, len(positions))]:
                return found[0].fetch(np.arange(len(positions)))
            return RawBatch(of, frame.take(pa.array(rows)), self.origin)

        return whole


def _first(table: pa.Table, name: str) -> list[Any]:
    """A column's values; of lists, the first."""
    if name not in table.schema.names:
        return [None] * len(table)
    values = table.column(name).to_pylist()
    return [v[0] if isinstance(v, list) and v else v if isinstance(v, str) else None for v in values]


def _refitted(table: pa.Table, wanted: frozenset[str]) -> pa.Table:
    """The columns with the values that did not fit them."""
    if UNFIT not in table.schema.names:
        return table
    unfit = table.column(UNFIT).combine_chunks()
    table = table.drop_columns(UNFIT)
    if unfit.null_count == len(unfit):
        return table
    kept: dict[str, list[Any]] = {}
    for row, text in enumerate(unfit.to_pylist()):
        for name, value in _object(text).items():
            if name in wanted and isinstance(value, str | list):
                kept.setdefault(name, [None] * len(table))[row] = value
    for name, values in kept.items():
        column = array(values)
        at = table.schema.get_field_index(name)
        if at < 0:
            table = table.append_column(name, column)
        else:
            table = table.set_column(at, name, merged(table.column(at).combine_chunks(), column))
    return table


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
