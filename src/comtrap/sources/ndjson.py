"""JSON, one object a line."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from comtrap.sources import json_text
from comtrap.sources.batches import Batches
from comtrap.sources.line_pieces import part, positions, settled
from comtrap.sources.lines import TOO_LONG as TOO_LONG_LINE
from comtrap.sources.lines import lines
from comtrap.sources.plain import Plain
from comtrap.sources.record import REPAIRED, SIZE_BYTES, TOO_LONG, BadRecordError, parsed
from comtrap.sources.shapes.shape import Shaped, shaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.events.problems import Problems
    from comtrap.events.raw import Origin, RawBatch
    from comtrap.events.wanted import Wanted
    from comtrap.sources.source import Content

__all__ = ["part", "positions", "read", "settled", "sniff"]


def sniff(head: bytes) -> bool:
    """Text in which a line is an object, or nothing but blank lines."""
    return json_text.form(head) is json_text.Form.LINES


def read(content: Content, wanted: Wanted | None, problems: Problems) -> Iterator[RawBatch]:
    """A position is the line's number, blank lines counted; they are no records."""
    origin = replace(content.origin, source="ndjson")
    batches = Batches(origin, None if wanted is None else wanted.columns, decoded)
    plain = None if wanted is None else Plain(batches, wanted)

    def take(position: int, text: bytes | None) -> int:
        if text is TOO_LONG_LINE:
            problems.skip(TOO_LONG, _where(origin, position), f"a line of more than {SIZE_BYTES >> 20} MiB")
            return position + 1
        left: Iterable[tuple[int, bytes]]
        if plain is None:
            count, left = text.count(b"\n") + (text[-1:] != b"\n"), enumerate(io.BytesIO(text), position)
        else:
            count, left = plain.take(position, text)
        for at, line in left:
            if len(line) > 3 or line.strip():
                record = add(batches, at, line.removesuffix(b"\n"), problems)
                if record is not None and plain is not None:
                    plain.learn(record)
        return position + count

    first = end = content.position

    def taken(at: int, text: bytes | None) -> int:
        nonlocal end
        end = take(first + at, text)
        return end - first

    yield from batches.filled(lines(content.stream), taken)
    problems.positions = end - first


def add(batches: Batches, position: int, text: bytes, problems: Problems) -> dict[str, Any] | None:
    """One record to the batches, or to the problems; gives what it has."""
    try:
        record, repaired = parsed(text)
    except BadRecordError as error:
        if text.strip():
            problems.skip(error.reason, _where(batches.origin, position), error.why)
        return None
    if repaired:
        problems.note(REPAIRED, _where(batches.origin, position))
    batches.add(position, shaped(record), text)
    return record


def decoded(text: bytes) -> Shaped:
    """A record again that was read before."""
    return shaped(parsed(text)[0])


def _where(origin: Origin, position: int) -> tuple[str, int]:
    return f"{origin.name}:", position + 1
