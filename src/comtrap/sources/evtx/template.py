"""Definitions of BinXml templates: the XML of records apart from their values.

Source: MS-EVEN6 section 2.2.12 (the grammar of BinXml), and "Windows XML Event Log (EVTX) format" of the libevtx
documentation (what stands before and after names in a file).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TypeAlias

DEPTH = 64
"""How deep elements may lie within one another."""

CHARACTERS = 1 << 18
"""How long the names and texts of a definition may be together: many may refer to one that is long."""


class UnknownFormError(Exception):
    """A definition that is damaged, or has parts that are not understood here."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a record's value goes.

    Attributes:
        index: which of the record's values.
    """

    index: int


Item: TypeAlias = str | Hole


@dataclass(frozen=True, slots=True)
class Element:
    """An element of XML with holes.

    Attributes:
        attributes: names and the pieces of their values.
        content: pieces of text, and elements, in their order.
    """

    name: str
    attributes: tuple[tuple[str, tuple[Item, ...]], ...]
    content: tuple[Item | Element, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """Where a definition refers to a name.

    Attributes:
        at: offset of the reference.
        to: offset of the name itself.
        text: what the name is.
    """

    at: int
    to: int
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a definition says, and the names it refers to."""

    roots: tuple[Element, ...]
    names: tuple[Name, ...]


def parse(chunk: bytes, start: int, end: int) -> Parsed:
    """The definition whose elements are at some offsets of a chunk.

    Raises:
        UnknownFormError: the definition is damaged, or uses what no known log does.
    """
    try:
        return _Parser(chunk, start, end).parsed()
    except (IndexError, struct.error) as error:
        raise UnknownFormError("breaks off") from error


@dataclass(slots=True)
class _Open:
    """An element whose end is not seen yet."""

    name: str
    attributes: list[tuple[str, list[Item]]] = field(default_factory=list)
    content: list[Item | Element] = field(default_factory=list)

    def closed(self) -> Element:
        return Element(self.name, tuple((name, tuple(v)) for name, v in self.attributes), tuple(self.content))


_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_FRAGMENT_BYTES = 4


class _Parser:
    """Goes through the tokens of one definition."""

    def __init__(self, chunk: bytes, start: int, end: int) -> None:
        self._chunk = chunk
        self._at = start
        self._end = min(end, len(chunk))
        self._names: list[Name] = []
        self._open: list[_Open] = []
        self._roots: list[Element] = []
        self._into: list[Item] | list[Item | Element] | None = None  # where pieces of text go
        self._left = CHARACTERS

    def parsed(self) -> Parsed:
        while self._at < self._end:
            token = self._chunk[self._at]
            self._at += 1
            if token == 0x00:
                break
            self._token(token & 0x3F, more=bool(token & 0x40))
        if self._at > self._end:
            raise UnknownFormError("breaks off")
        if self._open:
            raise UnknownFormError("an element without an end")
        return Parsed(tuple(self._roots), tuple(self._names))

    def _token(self, token: int, *, more: bool) -> None:
        match token:
            case 0x0F:  # a fragment's header
                self._at += _FRAGMENT_BYTES - 1
            case 0x01:
                self._start(has_attributes=more)
            case 0x06:
                value: list[Item] = []
                self._top().attributes.append((self._name(), value))
                self._into = value
            case 0x02:  # what follows is content
                self._into = self._top().content
            case 0x03 | 0x04:
                self._close()
            case 0x05:
                self._literal()
            case 0x0D | 0x0E:
                index = self._u16()
                self._at += 1
                self._piece(Hole(index))
            case 0x09:
                name = self._name()
                self._piece(_ENTITIES.get(name, f"&{name};"))
            case _:
                raise UnknownFormError(f"token {token:#04x}")

    def _start(self, *, has_attributes: bool) -> None:
        self._at += 2 + 4  # a dependency, and the element's size
        self._open.append(_Open(self._name()))
        if has_attributes:
            self._at += 4
        self._into = None
        if len(self._open) > DEPTH:
            raise UnknownFormError("too deep")

    def _close(self) -> None:
        element = self._top().closed()
        self._open.pop()
        if self._open:
            self._open[-1].content.append(element)
            self._into = self._open[-1].content
        else:
            self._roots.append(element)
            self._into = None

    def _literal(self) -> None:
        if self._chunk[self._at] != 0x01:
            raise UnknownFormError("a constant that is no text")
        self._at += 1
        count = self._u16()
        self._piece(self._text(self._at, count))
        self._at += 2 * count

    def _name(self) -> str:
        """A reference to a name; where it is to the very next bytes, the name too."""
        at = self._at
        to = struct.unpack_from("<I", self._chunk, at)[0]
        self._at += 4
        if to + 8 > len(self._chunk):
            raise UnknownFormError("a name outside of the chunk")
        count = struct.unpack_from("<H", self._chunk, to + 6)[0]
        text = self._text(to + 8, count)
        if to == self._at:
            self._at += 8 + 2 * count + 2
        self._names.append(Name(at, to, text))
        return text

    def _text(self, at: int, count: int) -> str:
        if at + 2 * count > len(self._chunk):
            raise UnknownFormError("a text beyond the chunk's end")
        self._left -= count
        if self._left < 0:
            raise UnknownFormError("too long")
        try:
            text = self._chunk[at : at + 2 * count].decode("utf-16-le")
        except UnicodeDecodeError as error:
            raise UnknownFormError("a text that is no UTF-16") from error
        if "\0" in text:
            raise UnknownFormError("a text with an end in it")
        return text

    def _u16(self) -> int:
        self._at += 2
        value: int = struct.unpack_from("<H", self._chunk, self._at - 2)[0]
        return value

    def _top(self) -> _Open:
        if not self._open:
            raise UnknownFormError("a part of no element")
        return self._open[-1]

    def _piece(self, piece: Item) -> None:
        if self._into is None:
            raise UnknownFormError("a text that is in no element")
        self._into.append(piece)
