"""What `execute` gives: the table of hits."""

from __future__ import annotations

import pyarrow as pa

HITS = pa.schema(
    [
        pa.field("query", pa.uint16(), nullable=False),  # index into Plan.queries
        pa.field("stage", pa.uint16(), nullable=False),  # as numbered by plan.stages: as written, until last
        pa.field("key", pa.list_(pa.string()), nullable=False),  # join keys as text, null kept; [] where there are none
        pa.field("time_ns", pa.int64(), nullable=False),
        pa.field("tie", pa.int64()),  # the tiebreaker, null last
        pa.field("event", pa.uint64(), nullable=False),
    ]
)
"""One row per (query, stage, key tuple, event) that is true, in no particular order. A multi-valued key gives one row
per distinct tuple. A hit that lacks a mandatory key is left out."""
