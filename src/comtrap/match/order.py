"""The order of events: (time, tie with null last, event)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pyarrow as pa


def order(hits: pa.Table, within: np.ndarray[Any, Any] | None = None) -> np.ndarray[Any, Any]:
    """The row numbers of `hits` (schema HITS) in the order of their events.

    Args:
        hits: in any order.
        within: one number a row, ascending among the hits of one event.
    """
    # lexsort takes its last key first.
    keys = [] if within is None else [within]
    keys.append(hits.column("event").to_numpy())
    tie = hits.column("tie")
    if tie.null_count < len(tie):
        keys.append(pc.fill_null(tie, 0).to_numpy())
        if tie.null_count:
            keys.append(pc.is_null(tie).to_numpy())
    keys.append(hits.column("time_ns").to_numpy())
    return np.lexsort(keys)
