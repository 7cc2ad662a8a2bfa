from __future__ import annotations

import pyarrow as pa

from comtrap.events.parcel import packed, unpacked
from comtrap.events.raw import Origin, RawBatch


def test_records_arrive_with_where_they_came_from():
    frame = pa.table({"_position": pa.array([3, 4], pa.uint64()), "a": ["x", None]})
    raw = RawBatch(("p", 7), frame, Origin("evtx", "\ufffd.zip", "in.evtx", 1 << 40, "head"))
    again, beside = unpacked(packed(raw, [[3, 0]]))
    assert (again.kind, again.origin, beside) == (raw.kind, raw.origin, [[3, 0]])
    assert again.frame.equals(frame)
