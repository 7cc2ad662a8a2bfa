"""Windows' event log files (EVTX)."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

import orjson
from evtx import PyEvtxParser

from comtrap.errors import SourceError
from comtrap.sources.batches import Batches
from comtrap.sources.evtx_chunk import (
    CHUNK_BYTES,
    CHUNK_MAGIC,
    FILE_MAGIC,
    HEADER_BYTES,
    Slot,
    file_header,
    mended,
    slots,
)
from comtrap.sources.record import DEPTH, BadRecordError, parsed
from comtrap.sources.shapes import evtx_event
from comtrap.sources.stream import exactly

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from comtrap.events.problems import Problems
    from comtrap.events.raw import RawBatch
    from comtrap.events.wanted import Wanted
    from comtrap.sources.shapes.shaped import Shaped
    from comtrap.sources.source import Content

UNDECODABLE = "undecodable record"

CHUNKS = 32
"""How many chunks are handed to the parser at once."""


def sniff(head: bytes) -> bool:
    """A log file, or chunks cut out of one."""
    return head.startswith((FILE_MAGIC, CHUNK_MAGIC))


def read(content: Content, wanted: Wanted | None, problems: Problems) -> Iterator[RawBatch]:
    """The records of a log file in file order; a position is the record's slot, whether it can be decoded or not.

    Headers are not believed: a log that was not closed, was cut off, or has a damaged chunk gives every whole record.
    """
    origin = replace(content.origin, source="evtx")
    batches = Batches(origin, None if wanted is None else wanted.columns, _decoded, evtx_event)
    if content.head.startswith(FILE_MAGIC) and len(exactly(content.stream, HEADER_BYTES)) < HEADER_BYTES:
        raise SourceError("an EVTX file that ends within its header")

    def take(position: int, group: list[_Chunk]) -> int:
        for chunk in group:
            chunk.complain(origin.name, problems)
        for text in _texts(group):
            problems.fallback += text is not None
            try:
                batches.add(position, _decoded(text), text or "")
            except BadRecordError:
                problems.skip(UNDECODABLE, origin.name, f"record {position} cannot be decoded")
            position += 1
        return position

    yield from batches.filled(_groups(content.stream), take)


def _groups(stream: BinaryIO) -> Iterator[list[_Chunk]]:
    """The chunks of a log, several at once; where it breaks off, those before that."""
    group: list[_Chunk] = []
    try:
        while data := exactly(stream, CHUNK_BYTES):
            group.append(_Chunk(data, slots(data)))
            if len(group) == CHUNKS:
                yield group
                group = []
    except SourceError:
        if group:
            yield group
        raise
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk of the file, perhaps cut off, and its slots."""

    data: bytes
    slots: list[Slot]

    def complain(self, where: str, problems: Problems) -> None:
        """Say what is wrong with it, apart from records that cannot be decoded."""
        if not self.data.strip(b"\0"):
            return
        if not self.data.startswith(CHUNK_MAGIC):
            problems.note("damaged chunk", where, "a chunk without its mark")
        elif len(self.data) < CHUNK_BYTES:
            problems.note("cut off", where, "the last chunk is cut off")
        ends = [512, *(slot.offset + slot.size_bytes for slot in self.slots if slot.size_bytes)]
        starts = [slot.offset for slot in self.slots if slot.size_bytes]
        if any(start > end for end, start in zip(ends, starts, strict=False)):
            problems.note("damaged records", where, "bytes between records that are no record")


def _texts(group: Sequence[_Chunk]) -> Iterator[str | None]:
    """The JSON text of each slot of some chunks, None where it cannot be decoded."""
    used = [chunk for chunk in group if chunk.slots]
    firsts = [0]
    for chunk in used:
        firsts.append(firsts[-1] + len(chunk.slots))
    found = parse([mended(chunk.data, chunk.slots, first) for chunk, first in zip(used, firsts, strict=False)])
    for chunk, (first, after) in zip(used, pairwise(firsts), strict=True):
        if not any(number in found for number in range(first, after)):
            # Nothing of the chunk: what came before it may have ended the parser.
            found |= parse([mended(chunk.data, chunk.slots, first)])
        for number in range(first, after):
            yield found.get(number)


def parse(chunks: Sequence[bytes]) -> dict[int, str]:
    """Each record of some chunks that can be decoded, as JSON text by the number in its header.

    All that is foreign code happens in here.
    """
    found: dict[int, str] = {}
    failures = 0
    try:
        records = PyEvtxParser(io.BytesIO(file_header(len(chunks)) + b"".join(chunks)), 1).records_json()
        while failures < len(chunks) * CHUNK_BYTES // 28:
            try:
                record = next(records, None)
            except RuntimeError:
                failures += 1
                continue
            if record is None:
                break
            found[record["event_record_id"]] = record["data"]
    except BaseException as error:
        # What the parser's code did not expect arrives as an exception that is no Exception.
        if type(error).__name__ != "PanicException" and not isinstance(error, RuntimeError):
            raise
    return found


def _decoded(text: str | None) -> Shaped:
    if text is None:
        raise BadRecordError(UNDECODABLE)
    try:
        record = orjson.loads(text) if text.count("{") <= DEPTH else parsed(text.encode())[0]
    except orjson.JSONDecodeError:
        # The parser does not escape every character that JSON forbids.
        record = parsed(text.encode())[0]
    event = record.get("Event")
    if not isinstance(event, dict):
        raise BadRecordError(UNDECODABLE)
    return evtx_event.shaped(event)
