"""Frames as bytes: Arrow streams, packed."""

from __future__ import annotations

import pyarrow as pa

_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")


def written(frame: pa.Table) -> bytes:
    """A frame as an Arrow stream."""
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, frame.schema, options=_PACKED) as writer:
        writer.write_table(frame)
    return out.getvalue().to_pybytes()


def read(content: bytes) -> pa.Table:
    """The same again."""
    return pa.ipc.open_stream(content).read_all()
