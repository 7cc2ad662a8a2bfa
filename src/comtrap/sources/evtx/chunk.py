"""Record slots in a chunk of an EVTX file, and chunks mended so that a parser sees all of them.

Source: MS-EVEN6 section 2.2, and "Windows XML Event Log (EVTX) format" of the libevtx documentation.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

HEADER_BYTES = 4096  # before the first chunk
CHUNK_BYTES = 65536
FILE_MAGIC, CHUNK_MAGIC, RECORD_MAGIC = b"ElfFile\0", b"ElfChnk\0", b"**\0\0"

GAP = (1 << 64) - 1
"""The record number of what stands in for bytes that are no record."""

FIRST_BYTES = 512  # before the first record of a chunk
_TABLES = slice(128, FIRST_BYTES)  # where strings and templates begin: a short cut for readers, no more
RECORD_HEAD_BYTES, RECORD_TAIL_BYTES = 24, 4  # what stands before and after a record's event
SMALLEST_BYTES = RECORD_HEAD_BYTES + RECORD_TAIL_BYTES
_RECORD = struct.Struct("<4sIQ")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a chunk that begins like a record.

    Attributes:
        offset: in the chunk.
        size_bytes: of the record; 0 where it cannot be told or reaches past the chunk's end.
    """

    offset: int
    size_bytes: int


def slots(chunk: bytes) -> list[Slot]:
    """The records of a chunk, in file order.

    Up to the end that the header tells, every record in the chain counts; where the chain breaks, it is taken up at the
    next record that is whole. Past that end (a log that was not closed has an old header) a record counts if it is
    whole and follows on the one before it by number: what was there before the chunk was reused does not.
    """
    used = struct.unpack_from("<I", chunk, 48)[0] if len(chunk) >= FIRST_BYTES else 0
    used = used if FIRST_BYTES < used <= CHUNK_BYTES else FIRST_BYTES
    found: list[Slot] = []
    at, last = FIRST_BYTES, None
    while at + SMALLEST_BYTES <= len(chunk):
        magic, size, number = _RECORD.unpack_from(chunk, at)
        whole = magic == RECORD_MAGIC and size >= SMALLEST_BYTES and at + size <= len(chunk)
        if at >= used and not (whole and _closed(chunk, at, size) and last in {None, number - 1}):
            break
        if whole:
            found.append(Slot(at, size))
            at, last = at + size, number
            continue
        if magic == RECORD_MAGIC:
            found.append(Slot(at, 0))
        at = _next(chunk, at + 4)
        if at < 0:
            break
    return found


def _closed(chunk: bytes, at: int, size: int) -> bool:
    """Whether a record's size stands at its end too."""
    return chunk[at + size - 4 : at + size] == chunk[at + 4 : at + 8]


def _next(chunk: bytes, at: int) -> int:
    """Where the next whole record begins, or -1."""
    while (at := chunk.find(RECORD_MAGIC, at)) >= 0:
        if at + SMALLEST_BYTES <= len(chunk):
            size = _RECORD.unpack_from(chunk, at)[1]
            if size >= SMALLEST_BYTES and at + size <= len(chunk) and _closed(chunk, at, size):
                return at
        at += 4
    return -1


def left_over(chunk: bytes, end: int) -> list[Slot]:
    """The whole records from some byte of a chunk on, whatever is between them."""
    found: list[Slot] = []
    while (at := _next(chunk, end)) >= 0:
        found.append(Slot(at, _RECORD.unpack_from(chunk, at)[1]))
        end = at + found[-1].size_bytes
    return found


def mended(chunk: bytes, found: list[Slot], first: int) -> bytes:
    """A full-sized copy of a chunk whose header tells the truth and whose chain has no breaks.

    Its tables of strings and templates are empty, so that a parser looks up each where it is: damaged ones cost all
    records, and a chain in them that goes in a circle keeps the `evtx` package busy for ever.

    The n-th record gets the number ``first + n``, by which a parser's result is matched with its slot; what is between
    records gets the number `GAP`.

    Args:
        chunk: the chunk, perhaps cut off.
        found: its slots.
        first: the number of the first of them.
    """
    out = bytearray(chunk.ljust(CHUNK_BYTES, b"\0"))
    end, last = FIRST_BYTES, FIRST_BYTES
    for number, slot in enumerate(found, first):
        if not slot.size_bytes:
            continue
        if slot.offset - end >= SMALLEST_BYTES:
            _RECORD.pack_into(out, end, RECORD_MAGIC, slot.offset - end, GAP)
        elif slot.offset > end:
            struct.pack_into("<I", out, last + 4, slot.offset - last)
        struct.pack_into("<Q", out, slot.offset + 8, number)
        end, last = slot.offset + slot.size_bytes, slot.offset
    out[:8] = CHUNK_MAGIC
    final = first + max(len(found) - 1, 0)
    struct.pack_into("<QQQQIII", out, 8, first, final, first, final, 128, last, end)
    out[_TABLES] = bytes(FIRST_BYTES - 128)
    return bytes(out)


def file_header(chunks: int) -> bytes:
    """The header of a file that has so many chunks."""
    header = bytearray(HEADER_BYTES)
    struct.pack_into("<8sQQQIHHHH", header, 0, FILE_MAGIC, 0, max(chunks - 1, 0), 1, 128, 1, 3, HEADER_BYTES, chunks)
    struct.pack_into("<I", header, 124, zlib.crc32(header[:120]))
    return bytes(header)
