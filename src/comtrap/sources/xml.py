"""Windows events as XML: `wevtutil qe`, with a root element or without, Event Viewer's export, evtx_dump."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from comtrap.sources.batches import Batches
from comtrap.sources.child import packed, run
from comtrap.sources.event_xml import BAD, REPAIRED, parsed
from comtrap.sources.record import REPAIRED as REPAIRED_TEXT
from comtrap.sources.record import BadRecordError
from comtrap.sources.shapes import evtx_event
from comtrap.sources.text import as_utf8
from comtrap.sources.xml_split import root, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.events.problems import Problems
    from comtrap.events.raw import RawBatch
    from comtrap.events.wanted import Wanted
    from comtrap.sources.shapes.shaped import Shaped
    from comtrap.sources.source import Content
    from comtrap.sources.xml_split import Element

_ENCODING = re.compile(rb"""\s*<\?xml[^>]*\bencoding\s*=\s*["']((?:iso-8859-|windows-125)\d)["']""", re.IGNORECASE)


def sniff(head: bytes) -> bool:
    """XML that has an event, or is made to have some, at its beginning."""
    return root(head) is not None


def read(content: Content, wanted: Wanted | None, problems: Problems) -> Iterator[RawBatch]:
    """A position is the event's number, broken ones counted.

    The columns are those of the same record in its log file.
    """
    encoding = _ENCODING.match(content.head)
    if encoding is not None:
        content = as_utf8(content, encoding[1].decode())
    origin = replace(content.origin, source="xml")
    batches = Batches(origin, None if wanted is None else wanted.columns, _decoded, evtx_event)

    def take(position: int, block: list[Element]) -> int:
        for at, element in enumerate(block, position):
            if isinstance(element, BadRecordError):
                problems.skip(element.reason, f"{origin.name}:{at}", element.why)
                continue
            if element.startswith(REPAIRED):
                problems.note(REPAIRED_TEXT, f"{origin.name}:{at}")
            batches.add(at, _decoded(element), element)
        return position + len(block)

    yield from batches.filled(_parsed(split(content.stream, root(content.head) or b"")), take)


def _parsed(blocks: Iterable[list[Element]]) -> Iterator[list[Element]]:
    """The events as lines of JSON, see `event_xml`; parsed in a process of its own."""
    for block in blocks:
        texts = [element for element in block if isinstance(element, bytes)]
        lines = iter(run(parsed, packed(texts)).split(b"\n") if texts else ())
        yield [_told(next(lines)) if isinstance(element, bytes) else element for element in block]


def _told(line: bytes) -> Element:
    return BadRecordError(*orjson.loads(line[1:])) if line.startswith(BAD) else line


def _decoded(line: bytes) -> Shaped:
    return evtx_event.shaped(orjson.loads(line[1:]))
