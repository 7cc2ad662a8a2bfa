"""Records read by the `evtx` package: those of a form that is not read here."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import orjson
from evtx import PyEvtxParser

from comtrap.sources.evtx.chunk import CHUNK_BYTES, file_header, mended, slots
from comtrap.sources.record import DEPTH, BadRecordError, parsed
from comtrap.sources.shapes import evtx_event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from comtrap.sources.shapes.shaped import Shaped

UNDECODABLE = "undecodable record"


def texts(chunks: Sequence[tuple[bytes, Collection[int]]]) -> Iterator[str | None]:
    """The JSON text of some records, None where one cannot be decoded.

    Args:
        chunks: each with the offsets of those of its records that are meant, ascending.
    """
    made, first = [], 0
    for data, offsets in chunks:
        chosen = [slot for slot in slots(data) if slot.offset in offsets]
        made.append((mended(data, chosen, first), range(first, first + len(chosen))))
        first += len(chosen)
    found = parse([data for data, _ in made])
    for data, numbers in made:
        if not any(number in found for number in numbers):
            # Nothing of the chunk: what came before it may have ended the parser.
            found |= parse([data])
        for number in numbers:
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


def decoded(text: str | None) -> Shaped:
    """A record out of its JSON text.

    Raises:
        BadRecordError: there is none, or it is no event.
    """
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
