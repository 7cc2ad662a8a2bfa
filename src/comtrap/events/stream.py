"""Frames as bytes: Arrow streams, packed."""

from __future__ import annotations

import pyarrow as pa

# Most frames are small: to hand their columns to other threads takes ten times as long as to do the work at once.
_PACKED = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_UNPACKED = pa.ipc.IpcReadOptions(use_threads=False)


def written(frame: pa.Table) -> bytes:
    """A frame as an Arrow stream."""
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, frame.schema, options=_PACKED) as writer:
        writer.write_table(frame)
    return out.getvalue().to_pybytes()


def read(content: bytes) -> pa.Table:
    """The same again."""
    return pa.ipc.open_stream(content, options=_UNPACKED).read_all()
