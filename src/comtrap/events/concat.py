"""Several batches as one: what makes work per batch pay off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.events.arrays import as_lists, decoded
from comtrap.events.batch import EventBatch

if TYPE_CHECKING:
    from collections.abc import Sequence


def concat(batches: Sequence[EventBatch]) -> EventBatch:
    """All rows of the batches, in their order; a column that one of them lacks is null there.

    A column that holds lists in one batch holds lists in all, and one that is plain in one batch is plain in all. There
    is at least one batch, all of one schema.
    """
    if len(batches) == 1:
        return batches[0]
    types: dict[str, set[pa.DataType]] = {}
    for batch in batches:
        for column in batch.frame.schema:
            types.setdefault(column.name, set()).add(column.type)
    mixed = {name: any(map(pa.types.is_list, found)) for name, found in types.items() if len(found) > 1}
    tables = [_alike(batch.frame, mixed) for batch in batches] if mixed else [batch.frame for batch in batches]
    return EventBatch(pa.concat_tables(tables, promote_options="default").combine_chunks(), batches[0].schema)


def _alike(frame: pa.Table, mixed: dict[str, bool]) -> pa.Table:
    """Columns of several forms as the one that can hold them all: plain, in lists if one has lists."""
    for place, name in enumerate(frame.schema.names):
        if name in mixed:
            column = decoded(frame.column(place).combine_chunks())
            frame = frame.set_column(place, name, as_lists(column) if mixed[name] else column)
    return frame
