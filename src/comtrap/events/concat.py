"""Several batches as one: what makes work per batch pay off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.events.batch import EventBatch

if TYPE_CHECKING:
    from collections.abc import Sequence


def concat(batches: Sequence[EventBatch]) -> EventBatch:
    """All rows of the batches, in their order; a column that one of them lacks is null there.

    A column that holds lists in one batch holds lists in all. There is at least one batch, all of one schema.
    """
    lists = {f.name for b in batches for f in b.frame.schema if pa.types.is_list(f.type)}
    tables = [_with_lists(b.frame, lists) for b in batches]
    return EventBatch(pa.concat_tables(tables, promote_options="default").combine_chunks(), batches[0].schema)


def _with_lists(frame: pa.Table, lists: set[str]) -> pa.Table:
    for place, column in enumerate(frame.schema):
        if column.name in lists and not pa.types.is_list(column.type):
            frame = frame.set_column(place, column.name, _as_list(frame.column(place).combine_chunks()))
    return frame


def _as_list(column: pa.Array) -> pa.Array:
    held = np.asarray(column.is_valid())
    offsets = np.concatenate([[0], np.cumsum(held)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), column.drop_null())
