"""Checksums of a log file: CRC-32 of its header, and of each chunk's header and records.

Source: "Windows XML Event Log (EVTX) format" of the libevtx documentation. A log
that was copied while Windows wrote it has old ones in its header and in the chunk that was being filled.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from comtrap.sources.evtx.chunk import CHUNK_BYTES, CHUNK_MAGIC, FILE_MAGIC, FIRST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.sources.evtx.segment import Segment

_SUMMED, _OF_HEADER, _OF_RECORDS, _USED, _TABLES = (
    120,
    124,
    52,
    48,
    128,
)  # offsets, in headers of files and chunks alike


def doubts(head: bytes) -> Iterator[str]:
    """What a file's first bytes have that is not as its checksum says; nothing of chunks cut out of a file."""
    if head.startswith(FILE_MAGIC) and len(head) >= _TABLES and _number(head, _OF_HEADER) != zlib.crc32(head[:_SUMMED]):
        yield "the checksum of the file's header is wrong"


def wrong(segment: Segment) -> Iterator[tuple[int, str]]:
    """The whole chunks whose checksums are not their own, by number, and which of the two it is."""
    for number in range(segment.size_bytes // CHUNK_BYTES):
        chunk = segment.chunk(number)
        if not chunk.startswith(CHUNK_MAGIC):
            continue
        tables = zlib.crc32(chunk[_TABLES:FIRST_BYTES], zlib.crc32(chunk[:_SUMMED]))
        if _number(chunk, _OF_HEADER) != tables:
            yield number, "header"
        used = _number(chunk, _USED)
        if not FIRST_BYTES <= used <= CHUNK_BYTES or _number(chunk, _OF_RECORDS) != zlib.crc32(chunk[FIRST_BYTES:used]):
            yield number, "records"


def _number(data: bytes, at: int) -> int:
    (found,) = struct.unpack_from("<I", data, at)
    return int(found)
