"""The chunks of some bytes of a log file."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, cast

from comtrap.sources.edge import Edge
from comtrap.sources.evtx.chunk import CHUNK_BYTES, CHUNK_MAGIC, FILE_MAGIC, HEADER_BYTES
from comtrap.sources.evtx.segment import segments
from comtrap.sources.section import Section

if TYPE_CHECKING:
    from typing import BinaryIO


def part(file: IO[bytes], start: int, stop: int) -> IO[bytes]:
    """The chunks that begin in some bytes of a file; its header belongs to none."""
    file.seek(0)
    first = HEADER_BYTES if file.read(len(FILE_MAGIC)) == FILE_MAGIC else 0
    begin, end = (first + -(-max(at - first, 0) // CHUNK_BYTES) * CHUNK_BYTES for at in (start, stop))
    return cast("IO[bytes]", Section(file, begin, end))


def settled(file: IO[bytes], start: int) -> Edge:
    """Up to the last chunk that was begun: it is written in place until the next one is."""
    file.seek(0)
    first = HEADER_BYTES if file.read(len(FILE_MAGIC)) == FILE_MAGIC else 0
    chunk = first + max(0, file.seek(0, 2) - first) // CHUNK_BYTES * CHUNK_BYTES
    while chunk > max(start, first):
        file.seek(chunk)
        if file.read(len(CHUNK_MAGIC)) == CHUNK_MAGIC:
            break
        chunk -= CHUNK_BYTES
    return Edge(max(start, chunk), whole=True)


def positions(stream: BinaryIO) -> int:
    """How many slots of records there are."""
    return sum(segment.starts.size for segment in segments(stream))
