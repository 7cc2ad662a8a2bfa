"""The chunks of some bytes of a log file."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, cast

from comtrap.sources.evtx.chunk import CHUNK_BYTES, FILE_MAGIC, HEADER_BYTES
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


def positions(stream: BinaryIO) -> int:
    """How many slots of records there are."""
    return sum(segment.starts.size for segment in segments(stream))
