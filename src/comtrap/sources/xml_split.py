"""Where the events are in an XML text: one after another, or within a root element."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from comtrap.errors import SourceError
from comtrap.sources.elements import TRUNCATED
from comtrap.sources.event_xml import BAD_XML
from comtrap.sources.record import SIZE_BYTES, TOO_LONG, BadRecordError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
TAG_BYTES = 4096
"""The longest tag of an event that is known for one."""

_TOKEN = re.compile(rb"<(/?)(Event|UserData)(?:[\s/][^<>]*)?>|<!(?:DOCTYPE|ENTITY)")
# What was matched stays matched: comments could be told apart in as many ways as there are of them, to the power of two.
_START = re.compile(
    rb"\s*(?>(?:<\?[^>]*>|<!--(?s:.)*?-->|<!DOCTYPE[^>]*>)\s*)*+<(?P<name>[^\s<>/!?]{1,100})(?:[\s/][^<>]*)?>?"
)
_EVENT = re.compile(rb"<Events?[\s/>]")

Element: TypeAlias = bytes | BadRecordError


def root(head: bytes) -> bytes | None:
    """The name of the element around the events, empty where there is none; None for what is no events' XML."""
    first = _START.match(head)
    if first is None or not _EVENT.search(head, first.start("name") - 1):
        return None
    return b"" if first["name"] == b"Event" or head[: first.end()].endswith(b"/>") else first["name"]


def split(stream: BinaryIO, around: bytes) -> Iterator[list[Element]]:
    """Each `Event` element's text in order, many at a time; an error in the place of one that has no end.

    No more than a block and the longest event are held.

    Args:
        stream: UTF-8.
        around: what `root` gave.

    Raises:
        SourceError: the stream breaks off, or declares a document type; the events before it were given.
    """
    splitter = Splitter(around)
    while block := stream.read(BLOCK_BYTES):
        yield splitter.feed(block)
        if splitter.refused:
            raise SourceError("XML that declares a document type or entities, which no export of a log does; not read")
    yield splitter.end()


@dataclass(slots=True)
class Splitter:
    """Where in the text one is; fed block by block.

    Attributes:
        around: the name of the root element, empty for none.
        refused: whether something was declared between events.
    """

    around: bytes
    refused: bool = False
    _held: bytearray = field(default_factory=bytearray)
    _start: int | None = None  # of the open event in what is held
    _lost: bool = False  # the open event is too long to hold
    _depth: int = 0  # of events within the user data of one another
    _data: int = 0
    _next: int = 0  # where the next tag is looked for
    _tail: bytes = b""
    _out: list[Element] = field(default_factory=list)

    def feed(self, block: bytes) -> list[Element]:
        """The events that are complete now."""
        self._held += block
        self._tail = (self._tail + block)[-TAG_BYTES:]
        end = self._next
        for token in _TOKEN.finditer(self._held, self._next):
            end = token.end()
            if token[2] is None:
                self.refused = self.refused or not self._is_open
            elif token[2] == b"UserData":
                self._data += 0 if token[0].endswith(b"/>") else -1 if token[1] else 1
            elif token[1]:
                self._close(end)
            else:
                self._open(token.start(), end, closed=token[0].endswith(b"/>"))
            if self.refused:
                break
        # A tag that is not whole yet begins with the last bracket.
        bracket = self._held.rfind(b"<", max(end, len(self._held) - TAG_BYTES))
        self._next = len(self._held) if bracket < 0 else bracket
        self._drop()
        out, self._out = self._out, []
        return out

    def end(self) -> list[Element]:
        """What is left, which is no whole event."""
        if self._is_open:
            return [BadRecordError(TRUNCATED, "the text ends within an event")]
        if self.around and b"</" + self.around not in self._tail:
            return [
                BadRecordError(
                    TRUNCATED, f"the text ends before its root element {self.around.decode('utf-8', 'replace')} does"
                )
            ]
        return []

    @property
    def _is_open(self) -> bool:
        return self._start is not None or self._lost

    def _open(self, start: int, end: int, *, closed: bool) -> None:
        if self._is_open and self._data > 0:
            self._depth += not closed
            return
        if self._is_open:
            self._out.append(BadRecordError(TRUNCATED, "another event begins within it"))
        self._start, self._lost, self._depth, self._data = start, False, 1, 0
        if closed:
            self._close(end)

    def _close(self, end: int) -> None:
        self._depth -= 1
        if not self._is_open:
            self._out.append(BadRecordError(BAD_XML, "an event that ends and does not begin"))
        elif self._depth > 0:
            return
        elif self._lost or self._start is None or end - self._start > SIZE_BYTES:
            self._out.append(_too_long())
        else:
            self._out.append(bytes(memoryview(self._held)[self._start : end]))
        self._start, self._lost, self._depth, self._data = None, False, 0, 0

    def _drop(self) -> None:
        if self._start is not None and self._next - self._start > SIZE_BYTES:
            self._start, self._lost = None, True
        kept = self._next if self._start is None else self._start
        del self._held[:kept]
        self._next -= kept
        if self._start is not None:
            self._start = 0


def _too_long() -> BadRecordError:
    return BadRecordError(TOO_LONG, f"an event of more than {SIZE_BYTES >> 20} MiB")
