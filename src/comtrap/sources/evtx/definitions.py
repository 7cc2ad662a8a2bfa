"""The template definitions met so far, so that each is parsed once.

Chunks have definitions of their own, and two of one template differ in where the names are that they refer to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from comtrap.sources.evtx.chunk import CHUNK_BYTES
from comtrap.sources.evtx.template import Element, Hole, Parsed, UnknownFormError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.sources.evtx.memory import Bytes, Memory, Places

HEAD_BYTES = 24
"""Before a definition's elements: the offset of another one, its GUID, its size."""

KNOWN_BYTES = 32 << 20
"""How much of definitions is remembered, about, before all are forgotten."""

_VARIANTS = 16  # of one GUID and size, by other things than the offsets of names
_TIMES = 60  # what a definition takes up when it is parsed, in times its size
_NAME_BYTES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A template: equal only to itself, as there is one of each form.

    Attributes:
        roots: its elements.
        holes: how many values it refers to, counted from the first.
        content: the values that stand in the content of some element, where they may be elements themselves.
    """

    roots: tuple[Element, ...]
    holes: int
    content: frozenset[int]


@dataclass(slots=True)
class Definitions:
    """Definitions by what they say; may be used for any number of files."""

    _by_bytes: dict[bytes, Template | None] = field(default_factory=dict)
    _variants: dict[bytes, list[_Variant]] = field(default_factory=dict)
    _by_form: dict[tuple[Element, ...], Template] = field(default_factory=dict)
    _size_bytes: int = 0

    def placed(self, memory: Memory, at: Places, offsets: Places) -> Places:
        """Where in their chunks the definitions are of instances at some places, which say these offsets."""
        del memory, at
        return offsets

    def at(self, memory: Memory, base: int, offset: int, most: int) -> tuple[Template, int] | None:
        """The template that is defined at an offset of a chunk and the size of that, None if it is not understood.

        Args:
            memory: has the chunk.
            base: where in it the chunk begins; all `CHUNK_BYTES` of it are there.
            offset: in the chunk.
            most: how long the definition may be.
        """
        if offset + HEAD_BYTES > CHUNK_BYTES:
            return None
        start = base + offset
        size = int.from_bytes(memory.data[start + 20 : start + HEAD_BYTES].tobytes(), "little")
        if size > most or offset + HEAD_BYTES + size > CHUNK_BYTES:
            return None
        key = memory.data[start + 4 : start + HEAD_BYTES + size].tobytes()
        try:
            template = self._by_bytes[key]
        except KeyError:
            if self._size_bytes > KNOWN_BYTES:
                self._forget()
            self._size_bytes += len(key)
            template = self._by_bytes[key] = self._found(memory, base, offset, key)
        return None if template is None else (template, size)

    def _found(self, memory: Memory, base: int, offset: int, key: bytes) -> Template | None:
        variants = self._variants.setdefault(key[:20], [])
        for variant in variants:
            if variant.is_at(memory, base, offset + 4):
                return variant.template
        chunk = memory.data[base : base + CHUNK_BYTES].tobytes()
        self._size_bytes += _TIMES * len(key)
        try:
            parsed = parse(chunk, offset + HEAD_BYTES, offset + HEAD_BYTES + len(key) - 20)
        except UnknownFormError:
            return None
        template = self._by_form.get(parsed.roots)
        if template is None:
            template = self._by_form[parsed.roots] = _template(parsed)
        if len(variants) < _VARIANTS:
            variants.append(_Variant.of(parsed, template, key, chunk, offset + 4))
            self._size_bytes += variants[-1].names.size
        return template

    def _forget(self) -> None:
        self._by_bytes.clear()
        self._variants.clear()
        self._by_form.clear()
        self._size_bytes = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Variant:
    """A definition apart from the offsets of its names; offsets here are from its GUID on.

    Attributes:
        kept: where its other bytes are.
        said: these bytes.
        refers: where it refers to names.
        follows: where each name is if it stands right where it is referred to, else -1.
        names: the bytes of hash, length and text of all names, one after the other.
        sizes: how many bytes of these are of each name.
    """

    template: Template
    kept: Places
    said: Bytes
    refers: Places
    follows: Places
    names: Bytes
    sizes: Places

    @classmethod
    def of(cls, parsed: Parsed, template: Template, key: bytes, chunk: bytes, start: int) -> _Variant:
        """What is known of a definition that was parsed."""
        data = np.frombuffer(key, np.uint8)
        is_kept = np.ones(len(key), np.bool_)
        names, follows = [], []
        for name in parsed.names:
            is_inline = name.to == name.at + 4
            is_kept[name.at - start : name.at - start + 4] = False
            if is_inline:
                is_kept[name.to - start : name.to - start + 4] = False  # a link to another name
            follows.append(name.to - start if is_inline else -1)
            names.append(chunk[name.to + 4 : name.to + _NAME_BYTES + 2 * _length(chunk, name.to)])
        kept = np.flatnonzero(is_kept)
        return cls(
            template,
            kept,
            data[kept],
            np.array([name.at - start for name in parsed.names], np.int64),
            np.array(follows, np.int64),
            np.frombuffer(b"".join(names), np.uint8),
            np.array([len(name) for name in names], np.int64),
        )

    def is_at(self, memory: Memory, base: int, start: int) -> bool:
        """Whether the definition of the same size at an offset of a chunk is this one."""
        data = memory.data
        at = base + start
        if not np.array_equal(data[at + self.kept], self.said):
            return False
        to = memory.u32(at + self.refers).astype(np.int64)
        if (to + 4 + self.sizes > CHUNK_BYTES).any():
            return False
        inline = to == self.refers + start + 4
        if (inline != (self.follows >= 0)).any():
            return False
        ends = np.cumsum(self.sizes)
        places = np.repeat(base + to + 4 - (ends - self.sizes), self.sizes) + np.arange(self.names.size)
        return np.array_equal(data[places], self.names)


def _length(chunk: bytes, name: int) -> int:
    return int.from_bytes(chunk[name + 6 : name + _NAME_BYTES], "little")


def _template(parsed: Parsed) -> Template:
    content: set[int] = set()
    everything: set[int] = set()
    for element in _elements(parsed.roots):
        holes = {piece.index for piece in element.content if isinstance(piece, Hole)}
        content |= holes
        everything |= holes
        for _, value in element.attributes:
            everything |= {piece.index for piece in value if isinstance(piece, Hole)}
    return Template(parsed.roots, max(everything, default=-1) + 1, frozenset(content))


def _elements(roots: tuple[Element, ...]) -> Iterator[Element]:
    left = list(roots)
    while left:
        element = left.pop()
        yield element
        left += [piece for piece in element.content if isinstance(piece, Element)]
