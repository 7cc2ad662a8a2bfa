"""JSON that is more than lines: lists, search responses, objects over several lines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comtrap.sources import json_text
from comtrap.sources.batches import Batches
from comtrap.sources.elements import elements
from comtrap.sources.ndjson import add, decoded
from comtrap.sources.record import BadRecordError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.problems import Problems
    from comtrap.events.raw import RawBatch
    from comtrap.events.wanted import Wanted
    from comtrap.sources.source import Content


def sniff(head: bytes) -> bool:
    """A list, a search response, or an object that does not end with its first line."""
    return json_text.form(head) is json_text.Form.VALUES


def read(content: Content, wanted: Wanted | None, problems: Problems) -> Iterator[RawBatch]:
    """A position is the element's number."""
    origin = replace(content.origin, source="json")
    batches = Batches(origin, None if wanted is None else wanted.columns, decoded)

    def take(position: int, block: list[bytes | BadRecordError]) -> int:
        for at, element in enumerate(block, position):
            if isinstance(element, BadRecordError):
                problems.skip(element.reason, f"{origin.name}:{at}", element.why)
            else:
                add(batches, at, element, problems)
        return position + len(block)

    yield from batches.filled(elements(content.stream), take)
