"""Events that are written out in each record, without a template: what a collector of other machines' events has.

Such records have the same elements in the same order as others of their kind, as a rule. One is taken apart token by
token, and all others are compared with it, each step for all at once.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from comtrap.sources.evtx.chunk import CHUNK_BYTES
from comtrap.sources.evtx.definitions import Template
from comtrap.sources.evtx.instances import Part
from comtrap.sources.evtx.layout import Heading, heading
from comtrap.sources.evtx.template import DEPTH, Element, Hole, Item, UnknownFormError
from comtrap.sources.evtx.types import TEXT

if TYPE_CHECKING:
    from comtrap.sources.evtx.memory import Bytes, Mask, Memory, Places

STARTS = (0x01, 0x41)
"""Tokens that such a record begins with."""

STEPS = 4_000
"""How many steps a form may have."""

_FRAGMENT = b"\x0f\x01\x01\0"
_VALUE = 0x0105  # a text, and its type


@dataclass(frozen=True, slots=True)
class Step:
    """What stands next in a record: bytes that are the same in all, then something that differs.

    Attributes:
        kept: which of the next bytes must be the same.
        said: these bytes.
        skip: how many bytes that is in all.
        name: the name that is referred to then, as hash, length and text; none if it is something else.
        value: whether a text follows.
        optional: whether that may be missing.
    """

    kept: Places
    said: Bytes
    skip: int
    name: Bytes
    value: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Elements in an order.

    Attributes:
        steps: what a record must have.
        template: its elements, whose holes are the texts.
        heading: what is looked at first.
        head: how many of the steps lead to the last of that.
    """

    steps: tuple[Step, ...]
    template: Template
    heading: Heading
    head: int


def walk(memory: Memory, steps: tuple[Step, ...], template: Template, at: Places, ends: Places) -> tuple[Places, Part]:
    """Which of some records have a form, and where their texts are.

    Args:
        memory: has them; begins with a chunk.
        steps: all of a form's steps, or the first ones.
        template: the form's.
        at: where the records' events begin.
        ends: where they end.
    """
    walk = _Walk(memory, np.arange(at.size), at, ends)
    for step in steps:
        walk.keep(walk.at + step.skip <= walk.ends)
        if step.kept.size and walk.rows.size:
            walk.keep((memory.rows(walk.at, step.skip)[:, step.kept] == step.said).all(axis=1))
        if not walk.rows.size:
            break
        walk.at = walk.at + step.skip
        if step.name.size:
            walk.name(step.name)
        elif step.value:
            walk.text(optional=step.optional)
    walk.keep(walk.at <= walk.ends)
    rows = walk.rows
    count = len(walk.starts) if rows.size else 0
    first = at[rows]
    places = (np.array(walk.starts, np.int64).reshape(count, rows.size) - first).astype(np.uint32)
    table = np.array(walk.sizes, np.uint32).reshape(count, rows.size) | np.uint32(TEXT << 16)
    return rows, Part(template, np.full(count, TEXT, np.uint8), table, first, places)


@dataclass(slots=True)
class _Walk:
    """Goes through records, all at once; those that are of another form are left behind.

    Attributes:
        memory: has the records.
        rows: which of them are left.
        at: where each is gone through up to.
        ends: where each ends. Four bytes more can be read: what stands after a record's event.
        starts: where each text begins, one array for each.
        sizes: how many bytes it has.
    """

    memory: Memory
    rows: Places
    at: Places
    ends: Places
    starts: list[Places] = field(default_factory=list)
    sizes: list[Places] = field(default_factory=list)

    def keep(self, keep: Mask) -> None:
        """Leave the others behind."""
        if keep.all():
            return
        self.rows, self.at, self.ends = self.rows[keep], self.at[keep], self.ends[keep]
        self.starts, self.sizes = [each[keep] for each in self.starts], [each[keep] for each in self.sizes]

    def name(self, name: Bytes) -> None:
        """A reference to a name; the first one in a chunk has the name behind it."""
        to = self.memory.u32(self.at).astype(np.int64)
        most = CHUNK_BYTES - 4 - name.size
        place = (self.at & -CHUNK_BYTES) + np.minimum(to, most) + 4
        # Records of one chunk refer to the same place, as a rule.
        is_new = np.append(True, place[1:] != place[:-1])
        said = (self.memory.rows(place[is_new], name.size) == name).all(axis=1)
        keep = to <= most
        if not said.all():
            keep &= said[np.cumsum(is_new) - 1]
        self.at = self.at + 4
        is_inline = self.at % CHUNK_BYTES == to
        if is_inline.any():
            self.at = self.at + is_inline * (4 + name.size + 2)
        self.keep(keep)

    def text(self, *, optional: bool) -> None:
        """A text, which is noted down."""
        is_there = self.memory.numbers("<u2", self.at) == _VALUE
        sizes = self.memory.numbers("<u2", self.at + 2).astype(np.int64) * 2
        if not is_there.all():
            sizes[~is_there] = 0
        self.starts.append(self.at + 4)
        self.sizes.append(sizes)
        self.at = self.at + 4 * is_there + sizes
        self.keep(sizes < CHUNK_BYTES if optional else is_there & (sizes < CHUNK_BYTES))


def form(chunk: bytes, start: int, end: int) -> Form:
    """The form of one record.

    Args:
        chunk: the chunk that has it.
        start: where its event begins.
        end: where it ends.

    Raises:
        UnknownFormError: it has something that is not understood here.
    """
    try:
        return _Learner(chunk, start, end).form()
    except (IndexError, struct.error) as error:
        raise UnknownFormError("breaks off") from error


Attribute: TypeAlias = tuple[str, tuple[Item, ...]]


@dataclass(slots=True)
class _Learner:
    """Takes one record apart."""

    chunk: bytes
    at: int
    end: int
    holes: int = 0
    _bytes: bytearray = field(default_factory=bytearray)
    _kept: list[int] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _head: int = 0

    def form(self) -> Form:
        if self.chunk.startswith(_FRAGMENT, self.at):
            self._keep(4)
        root = self._element(0)
        self._expect(0x00)
        self._step()
        template = Template((root,), self.holes, frozenset(range(self.holes)))
        found = heading(template)
        if found is None or not self._head:
            raise UnknownFormError("no event")
        return Form(tuple(self._steps), template, found, self._head)

    # element := start name attributes (empty | content (text? | element*) end)
    def _element(self, depth: int) -> Element:
        if depth > DEPTH or len(self._steps) > STEPS or self.at > self.end:
            raise UnknownFormError("too deep, or too long")
        token = self.chunk[self.at]
        if token not in STARTS:
            raise UnknownFormError(f"token {token:#04x}")
        self._keep(1)
        self._skip(4)
        name = self._name()
        attributes = self._attributes(name) if token == 0x41 else ()
        content: list[Item | Element] = []
        if self.chunk[self.at] == 0x03:
            self._keep(1)
            return Element(name, attributes, ())
        self._expect(0x02)
        if self.chunk[self.at] in STARTS:
            while self.chunk[self.at] in STARTS:
                content.append(self._element(depth + 1))
        else:
            content.append(self._text(optional=True))
        self._expect(0x04)
        if name == "EventID" and depth == 2:
            self._head = len(self._steps)
        return Element(name, attributes, tuple(content))

    # attributes := size (more* last)
    def _attributes(self, element: str) -> tuple[Attribute, ...]:
        self._skip(4)
        found: list[Attribute] = []
        more = True
        while more:
            token = self.chunk[self.at]
            if token not in {0x06, 0x46}:
                raise UnknownFormError(f"token {token:#04x}")
            more = token == 0x46
            self._keep(1)
            name = self._name()
            is_fixed = name == "xmlns" or (element == "Data" and name == "Name")
            found.append((name, (self._fixed() if is_fixed else self._text(optional=False),)))
        return tuple(found)

    def _name(self) -> str:
        to = struct.unpack_from("<I", self.chunk, self.at)[0]
        count = struct.unpack_from("<H", self.chunk, to + 6)[0]
        said = self.chunk[to + 4 : to + 8 + 2 * count]
        if len(said) < 4 + 2 * count:
            raise UnknownFormError("a name outside of the chunk")
        self.at += 4
        if to == self.at:
            self.at += 4 + len(said) + 2
        self._step(name=said)
        return _decoded(said[4:])

    def _text(self, *, optional: bool) -> Hole:
        self._step(value=True, optional=optional)
        if struct.unpack_from("<H", self.chunk, self.at)[0] == _VALUE:
            self.at += 4 + 2 * struct.unpack_from("<H", self.chunk, self.at + 2)[0]
        elif not optional:
            raise UnknownFormError("an attribute that is no text")
        self.holes += 1
        return Hole(self.holes - 1)

    def _fixed(self) -> str:
        token, count = struct.unpack_from("<HH", self.chunk, self.at)
        if token != _VALUE:
            raise UnknownFormError("an attribute that is no text")
        text = self.chunk[self.at + 4 : self.at + 4 + 2 * count]
        self._keep(4 + 2 * count)
        return _decoded(text)

    def _expect(self, token: int) -> None:
        if self.chunk[self.at] != token:
            raise UnknownFormError(f"token {self.chunk[self.at]:#04x}")
        self._keep(1)

    def _keep(self, count: int) -> None:
        self._kept += range(len(self._bytes), len(self._bytes) + count)
        self._skip(count)

    def _skip(self, count: int) -> None:
        self._bytes += self.chunk[self.at : self.at + count].ljust(count, b"\0")
        self.at += count

    def _step(self, *, name: bytes = b"", value: bool = False, optional: bool = False) -> None:
        kept = np.array(self._kept, np.int64)
        said = np.frombuffer(bytes(self._bytes), np.uint8)[kept]
        self._steps.append(Step(kept, said, len(self._bytes), np.frombuffer(name, np.uint8), value, optional))
        self._bytes.clear()
        self._kept.clear()


def _decoded(text: bytes) -> str:
    try:
        found = text.decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise UnknownFormError("a text that is no UTF-16") from error
    if "\0" in found:
        raise UnknownFormError("a text with an end in it")
    return found
