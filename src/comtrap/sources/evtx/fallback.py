"""Records read by the `evtx` package: those of a form that is not read here. A process of its own reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from comtrap.errors import SourceError
from comtrap.sources.child import Limits, packed, stream, unpacked
from comtrap.sources.evtx.chunk import file_header, mended, slots
from comtrap.sources.evtx_package import NUMBER_BYTES, records
from comtrap.sources.record import DEPTH, BadRecordError, parsed
from comtrap.sources.shapes import evtx_event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from comtrap.sources.shapes.shaped import Shaped

UNDECODABLE = "undecodable record"
STOPPED = "parser stopped"

LIMITS = Limits(seconds=10, memory_bytes=512 << 20)
"""Of the process in which the package works; the time is that of one chunk, which takes some thousandths of it."""

STOPS = 8
"""How many chunks of one file may cost that process, before no more of the file's are given to it."""


@dataclass(slots=True)
class Package:
    """The package at work on one file."""

    _stops: int = 0
    _why: str = ""

    def texts(self, chunks: Sequence[tuple[bytes, Collection[int]]]) -> Iterator[str | BadRecordError]:
        """The JSON text of some records, or why there is none.

        What stops the package costs the chunk that does it.

        Args:
            chunks: each with the offsets of those of its records that are meant, ascending.
        """
        files, counts = [], []
        for data, offsets in chunks:
            chosen = [slot for slot in slots(data) if slot.offset in offsets]
            files.append(file_header(1) + mended(data, chosen, 0))
            counts.append(len(chosen))
        answers = self._answers(files)
        for count, found in zip(counts, answers, strict=True):
            if isinstance(found, BadRecordError):
                yield from [found] * count
                continue
            for number in range(count):
                text = found.get(number)
                yield BadRecordError(UNDECODABLE) if text is None else text

    def _answers(self, files: list[bytes]) -> Iterator[dict[int, str] | BadRecordError]:
        """What the package says of each file."""
        done = 0
        while done < len(files):
            if self._stops >= STOPS:
                why = f"not read: {STOPS} chunks of the file have stopped the parser ({self._why})"
                yield from [BadRecordError(STOPPED, why)] * (len(files) - done)
                return
            try:
                for answer in stream(records, packed(files[done:]), LIMITS):
                    done += 1
                    yield _texts(answer)
            except SourceError as error:
                done += 1
                self._stops, self._why = self._stops + 1, str(error)
                yield BadRecordError(STOPPED, f"the chunk has stopped the parser: {error}")


def _texts(answer: bytes) -> dict[int, str]:
    """Texts by the numbers of their records."""
    return {
        int.from_bytes(part[:NUMBER_BYTES], "little"): part[NUMBER_BYTES:].decode("utf-8", "replace")
        for part in unpacked(answer)
    }


def decoded(text: str) -> Shaped:
    """A record out of its JSON text.

    Raises:
        BadRecordError: it is no event.
    """
    try:
        record = orjson.loads(text) if text.count("{") <= DEPTH else parsed(text.encode())[0]
    except orjson.JSONDecodeError:
        # The parser does not escape every character that JSON forbids.
        record = parsed(text.encode())[0]
    event = record.get("Event")
    if not isinstance(event, dict):
        raise BadRecordError(UNDECODABLE)
    return evtx_event.shaped(event)
