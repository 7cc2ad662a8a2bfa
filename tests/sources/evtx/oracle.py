"""Log files as the `evtx` package reads them, to compare with."""

from __future__ import annotations

import io

from tests.sources.reading import rows

from comtrap.events.problems import Problems
from comtrap.events.raw import Origin
from comtrap.sources import evtx
from comtrap.sources.batches import Batches
from comtrap.sources.evtx.chunk import CHUNK_BYTES, FILE_MAGIC, HEADER_BYTES, slots
from comtrap.sources.evtx.fallback import Package, decoded
from comtrap.sources.record import BadRecordError
from comtrap.sources.shapes import evtx_event
from comtrap.sources.source import HEAD, Content
from comtrap.sources.stream import Stream


def by_package(data):
    """Every record by its position, as a row without nulls; None for one that the package cannot decode."""
    body = data[HEADER_BYTES:] if data.startswith(FILE_MAGIC) else data
    batches = Batches(Origin("evtx", "events"), None, decoded, evtx_event)
    found, position = {}, 0
    for at in range(0, len(body), CHUNK_BYTES):
        chunk = body[at : at + CHUNK_BYTES]
        for text in Package().texts([(chunk, {slot.offset for slot in slots(chunk)})]):
            try:
                if isinstance(text, BadRecordError):
                    raise text
                batches.add(position, decoded(text), text)
            except BadRecordError:
                found[position] = None
            position += 1
    return found | {row["_position"]: plain(row) for row in rows(batches.rest())}


def by_us(data, wanted=None):
    """The same as this reader reads it, and what was wrong."""
    problems = Problems()
    stream = Stream(io.BytesIO(data))
    batches = evtx.read(Content(stream, stream.peek(HEAD), Origin("", "events")), wanted, problems)
    return {row["_position"]: plain(row) for row in rows(batches)}, problems


def plain(row):
    """A row in which one text is the same as a list of one."""
    return {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in row.items()}


def differences(data):
    """What differs: position, column, what the package says, what we say."""
    theirs = by_package(data)
    ours, problems = by_us(data)
    found = []
    for position, row in theirs.items():
        mine = ours.get(position)
        if row is None or mine is None:
            if row is not None:
                found.append((position, None, row, mine))
            continue
        found += [
            (position, k, row.get(k), mine.get(k))
            for k in sorted(row.keys() | mine.keys())
            if row.get(k) != mine.get(k)
        ]
    return found, len(theirs), problems
