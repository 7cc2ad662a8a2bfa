"""Several batches as one: what makes work per batch pay off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.events.arrays import as_lists, decoded
from comtrap.events.batch import EventBatch

if TYPE_CHECKING:
    from collections.abc import Sequence


def concat(batches: Sequence[EventBatch]) -> EventBatch:
    """All rows of the batches, as `concat_frames` gives them. There is at least one batch, all of one schema."""
    if len(batches) == 1:
        return batches[0]
    return EventBatch(concat_frames([batch.frame for batch in batches]), batches[0].schema)


def concat_frames(frames: Sequence[pa.Table]) -> pa.Table:
    """All rows of the frames, in their order; a column that one of them lacks is null there.

    A column that holds lists in one frame holds lists in all, and one that is plain in one frame is plain in all. There
    is at least one frame.
    """
    types: dict[str, set[pa.DataType]] = {}
    for frame in frames:
        for column in frame.schema:
            types.setdefault(column.name, set()).add(column.type)
    mixed = {name: any(map(pa.types.is_list, found)) for name, found in types.items() if len(found) > 1}
    if mixed:
        frames = [_alike(frame, mixed) for frame in frames]
    return pa.concat_tables(frames, promote_options="default").combine_chunks()


def _alike(frame: pa.Table, mixed: dict[str, bool]) -> pa.Table:
    """Columns of several forms as the one that can hold them all: plain, in lists if one has lists."""
    for place, name in enumerate(frame.schema.names):
        if name in mixed:
            column = decoded(frame.column(place).combine_chunks())
            frame = frame.set_column(place, name, as_lists(column) if mixed[name] else column)
    return frame
