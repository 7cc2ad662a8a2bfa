"""Provider, event id and channel of many records at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comtrap.sources.evtx import types
from comtrap.sources.evtx.memory import Memory
from comtrap.sources.evtx.texts import slices, texts
from comtrap.sources.shapes.kind import kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from comtrap.sources.evtx.instances import Part
    from comtrap.sources.evtx.layout import Heading
    from comtrap.sources.evtx.memory import Places
    from comtrap.sources.evtx.template import Hole

CODE_BITS = 32
"""Of an event id."""

_MASKS = {0x04: 0xFF, 0x06: 0xFFFF, 0x08: 0xFFFFFFFF}
"""By type of an event id, what of four bytes is of it."""


@dataclass(frozen=True, slots=True)
class Heads:
    """What is said first of records.

    Attributes:
        providers: the different ones.
        keys: of each record a number that tells them and the event id; negative where provider or event id is missing.
    """

    providers: list[str]
    keys: Places

    def told(self, key: int) -> tuple[str, int]:
        """Provider and event id."""
        return self.providers[key >> CODE_BITS], key & (1 << CODE_BITS) - 1


def is_told(part: Part, heading: Heading) -> bool:
    """Whether provider, event id and channel are of types that are understood here."""
    code = heading.code
    return (
        (_code(code) >= 0 if isinstance(code, str) else part.type(code.index) in {*_MASKS, types.TEXT})
        and _is_text(part, heading.provider)
        and (heading.channel is None or _is_text(part, heading.channel))
    )


def _is_text(part: Part, piece: str | Hole) -> bool:
    return isinstance(piece, str) or part.type(piece.index) in {types.TEXT, types.NULL}


def heads(memory: Memory, events: Sequence[tuple[Part, Heading]]) -> Heads:
    """What is said first of records, those of one part after those of the other.

    Args:
        memory: has them.
        events: the parts that have these values; `is_told` of each.
    """
    providers, provider = names(memory, [(part, heading.provider, None) for part, heading in events])
    codes = _codes(memory, [(part, heading.code) for part, heading in events])
    is_known = (provider < len(providers) - 1) & (codes >= 0)
    return Heads([name or "" for name in providers], np.where(is_known, provider << CODE_BITS | codes, -1))


def names(
    memory: Memory, wanted: Sequence[tuple[Part, str | Hole | None, Places | None]]
) -> tuple[list[str | None], Places]:
    """The different texts, None the last one of them, and of each record which it has.

    Args:
        memory: has them.
        wanted: the parts, and which value it is, or the text itself, or None; and in which records, None for all.
    """
    known: dict[str, int] = {}
    out = np.full(sum((part.first if rows is None else rows).size for part, _, rows in wanted), -1)
    mine: list[Places] = []
    places: list[tuple[Places, Places]] = []
    start = 0
    for part, piece, some in wanted:
        rows = np.arange(start, start + (part.first if some is None else some).size)
        start += rows.size
        if isinstance(piece, str):
            out[rows] = known.setdefault(piece, len(known))
        elif piece is not None and part.type(piece.index) != types.NULL:
            mine.append(rows)
            places.append(part.span(piece.index, some))
    if places:
        coded = slices(memory, *(np.concatenate(each) for each in zip(*places, strict=True))).dictionary_encode()
        numbers = [-1 if text is None else known.setdefault(text, len(known)) for text in _texts(coded.dictionary)]
        out[np.concatenate(mine)] = np.array(numbers)[np.asarray(coded.indices)]
    return [*known, None], np.where(out < 0, len(known), out)


def _texts(different: pa.Array) -> list[str | None]:
    """UTF-16 texts out of their bytes."""
    found = different.to_pylist()
    sizes = np.array([len(each) for each in found])
    return texts(Memory(np.frombuffer(b"".join(found), np.uint8)), np.cumsum(sizes) - sizes, sizes).to_pylist()


def _codes(memory: Memory, wanted: Sequence[tuple[Part, str | Hole]]) -> Places:
    """Event ids; -1 where one is missing."""
    found = []
    for part, piece in wanted:
        if isinstance(piece, str):
            found.append(np.full(part.first.size, _code(piece)))
        elif part.type(piece.index) == types.TEXT:
            different, which = names(memory, [(part, piece, None)])
            found.append(np.array([-1 if text is None else _code(text) for text in different])[which])
        else:
            # Four bytes are always there: the end of a record comes after its values.
            start, sizes = part.span(piece.index)
            numbers = memory.u32(start).astype(np.int64) & _MASKS[part.type(piece.index)]
            found.append(numbers if part.is_full else np.where(sizes > 0, numbers, -1))
    return np.concatenate(found)


def _code(text: str) -> int:
    """An event id out of its digits, -1 if they are none."""
    provider, number = kind("-", None, text)
    return number if provider and number < 1 << CODE_BITS else -1
