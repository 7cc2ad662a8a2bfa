"""The row groups of a Parquet file: which of them are read, and what of them; runs in a process of its own, see `child`."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow.parquet as pq
    from _typeshed import WriteableBuffer

    from comtrap.events.wanted import Narrowing

ROWS = 16_384
"""Rows decoded at once, at most."""

CATEGORY, TIME = "event.category", "@timestamp"
CODES = ("winlog.event_id", "event.code")
SCRIPT_BLOCK = "4104"
"""Parts of scripts are joined with those of other groups, whatever these are wanted for."""

_MARGIN_NS = 1_000_000  # statistics are of whole units


class RowGroups(io.RawIOBase):
    """A whole file, of which the row groups that begin in some of its bytes are meant; closing it leaves the file open.

    Attributes:
        name: the file's path.
        start: the first of the bytes.
        stop: the byte after the last.
    """

    def __init__(self, file: IO[bytes], start: int, stop: int) -> None:
        """Args: file: at its start from now on."""
        super().__init__()
        self._file = file
        self.name, self.start, self.stop = file.name, start, stop
        file.seek(0)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As every raw stream does it."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer) -> int:
        """As every raw stream does it."""
        view = memoryview(buffer).cast("B")
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)


def part(file: IO[bytes], start: int, stop: int) -> IO[bytes]:
    """The row groups that begin in some bytes of a file."""
    return cast("IO[bytes]", RowGroups(file, start, stop))


def groups(file: pq.ParquetFile, start: int, stop: int | None) -> Iterator[tuple[int, int]]:
    """The row groups that begin in some bytes (to the end without `stop`), each with the number of its first row."""
    first = 0
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        # Files have been seen whose first column's offset is beyond others'; any order will do as long as it is one.
        column = group.column(0) if group.num_columns else None
        at = 0 if column is None else min(o for o in (column.dictionary_page_offset, column.data_page_offset) if o)
        if start <= at and (stop is None or at < stop):
            yield number, first
        first += group.num_rows


@dataclass(frozen=True, slots=True)
class Choice:
    """Which columns of each row group are decoded.

    Attributes:
        wanted: those of groups that may have an event some rule wants.
        counted: those of the others.
        narrowing: what tells them apart; None if all groups are wanted.
        texts: gives the columns of a batch as text, by the names of fields.
    """

    wanted: list[str]
    counted: list[str]
    narrowing: Narrowing | None
    texts: Callable[[pa.RecordBatch], pa.Table]

    def of(self, file: pq.ParquetFile, group: int, paths: Callable[[list[str]], list[str]]) -> list[str]:
        """The columns to decode of a group."""
        if self.narrowing is None or self._is_wanted(file, group, self.narrowing, paths):
            return self.wanted
        return self.counted

    def _is_wanted(
        self, file: pq.ParquetFile, group: int, narrowing: Narrowing, paths: Callable[[list[str]], list[str]]
    ) -> bool:
        late = _is_outside(file, group, narrowing)
        if narrowing.categories is None and not late:
            return True
        for batch in file.iter_batches(ROWS, [group], paths([CATEGORY, *CODES])):
            table = self.texts(batch)
            if any(_has(table, name, [SCRIPT_BLOCK]) for name in CODES):
                return True
            if not late and _may_be(table, narrowing.categories or ()):
                return True
        return False


def _has(table: pa.Table, name: str, values: Iterable[str]) -> bool:
    return name in table.schema.names and bool(
        pc.any(pc.is_in(_flat(table, name), pa.array(values, pa.string()))).as_py()
    )


def _may_be(table: pa.Table, categories: Iterable[str]) -> bool:
    """Whether some row has one of the categories, or none at all: it may be given one."""
    if CATEGORY not in table.schema.names or table.column(CATEGORY).null_count:
        return True
    return _has(table, CATEGORY, sorted(categories))


def _flat(table: pa.Table, name: str) -> pa.ChunkedArray:
    column = table.column(name)
    return pc.list_flatten(column) if pa.types.is_list(column.type) else column


def _is_outside(file: pq.ParquetFile, group: int, narrowing: Narrowing) -> bool:
    """Whether statistics say that all rows are before or after the times that are wanted."""
    if narrowing.first_ns is None and narrowing.last_ns is None:
        return False
    at = file.schema_arrow.get_field_index(TIME)
    kind = file.schema_arrow.field(at).type if at >= 0 else None
    leaves = [n for n in range(len(file.schema)) if file.schema.column(n).path == TIME]
    if kind is None or not pa.types.is_timestamp(kind) or not leaves:
        return False
    told = file.metadata.row_group(group).column(leaves[0]).statistics
    if told is None or not told.has_min_max or not told.has_null_count or told.null_count:
        return False
    low, high = (pa.scalar(end, kind).cast(pa.timestamp("ns", kind.tz)).value for end in (told.min, told.max))
    before = narrowing.first_ns is not None and high + _MARGIN_NS < narrowing.first_ns
    after = narrowing.last_ns is not None and low - _MARGIN_NS > narrowing.last_ns
    return before or after
