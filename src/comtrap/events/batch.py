"""A batch of normalised events, held as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.events.arrays import decoded
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from comtrap.schema.schema import Schema

ARROW = {
    Type.BOOLEAN: pa.bool_(),
    Type.LONG: pa.int64(),
    Type.DOUBLE: pa.float64(),
    Type.KEYWORD: pa.string(),
    Type.TEXT: pa.string(),
    Type.DATE: pa.timestamp("ns", "UTC"),
    Type.DATE_NANOS: pa.timestamp("ns", "UTC"),
    Type.IP: pa.string(),
    Type.VERSION: pa.string(),
    Type.NULL: pa.null(),
}


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Rows are events, columns are dotted field names.

    Attributes:
        frame: a pyarrow Table. Always present and without nulls: ``@timestamp`` (timestamp[ns, UTC]) and ``_event``
            (uint64: file number << 40 | row in that file; unique within a run and ascending in reading order, which is
            the tiebreaker). In a scan also ``_index`` (string): the index the event would have had in Elastic. In a search
            ``_time`` (as ``@timestamp``) where another field orders the events, and ``_tie`` (int64, null last). Any
            other column has the Arrow type of its schema type (`ARROW`), or a list of it where some row has several
            values; it may be absent, which reads as all null. An empty list is the same as null. Strings, and strings in
            lists, may be by code (`arrays.CODED`): each value once in the dictionary, none of them null; it may have
            values that no row has.
        schema: the types; a superset of the columns (those that start with an underscore excepted).
    """

    frame: pa.Table
    schema: Schema

    def __len__(self) -> int:
        return int(self.frame.num_rows)

    def column(self, name: str) -> pa.Array:
        """One column as a single array of plain values, or nulls of the schema's type where this batch has none."""
        return decoded(self.held(name))

    def held(self, name: str) -> pa.Array:
        """The same as the frame has it, which may be by code."""
        place = self.frame.schema.get_field_index(name)
        if place < 0:
            return pa.nulls(len(self), ARROW[self.schema[name].type])
        column = self.frame.column(place)
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
