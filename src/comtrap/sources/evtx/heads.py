"""Provider, event id and channel of many records at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comtrap.sources.evtx import types
from comtrap.sources.evtx.template import Hole
from comtrap.sources.evtx.texts import texts
from comtrap.sources.shapes.kind import kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.sources.evtx.instances import Part
    from comtrap.sources.evtx.layout import Heading
    from comtrap.sources.evtx.memory import Memory, Places

CODE_BITS = 32
"""Of an event id."""

_MASKS = {0x04: 0xFF, 0x06: 0xFFFF, 0x08: 0xFFFFFFFF}
"""By type of an event id, what of four bytes is of it."""


@dataclass(frozen=True, slots=True)
class Heads:
    """What is said first of records.

    Attributes:
        providers: the different ones.
        channels: the different ones; None for records without.
        keys: of each record a number that tells them and the event id; negative where provider or event id is missing.
    """

    providers: list[str]
    channels: list[str | None]
    keys: Places

    def told(self, key: int) -> tuple[str, int, str | None]:
        """Provider, event id and channel."""
        provider, channel = divmod(key >> CODE_BITS, len(self.channels))
        return self.providers[provider], key & (1 << CODE_BITS) - 1, self.channels[channel]


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
    providers, provider = _names(memory, [(part, heading.provider) for part, heading in events])
    channels, channel = _names(memory, [(part, heading.channel) for part, heading in events])
    codes = np.concatenate([_codes(memory, part, heading.code) for part, heading in events])
    is_known = (provider < len(providers) - 1) & (codes >= 0)
    keys = np.where(is_known, (provider * len(channels) + channel) << CODE_BITS | codes, -1)
    return Heads([name or "" for name in providers], channels, keys)


def _codes(memory: Memory, part: Part, piece: str | Hole) -> Places:
    """Event ids; -1 where one is missing."""
    if isinstance(piece, str):
        return np.full(part.first.size, _code(piece))
    start, end = part.span(piece.index)
    if part.type(piece.index) == types.TEXT:
        read = texts(memory, start, np.where(part.has(piece.index), end - start, 0)).dictionary_encode()
        numbers = [*map(_code, read.dictionary.to_pylist()), -1]
        return np.array(numbers)[np.asarray(read.indices.fill_null(len(numbers) - 1))]
    # Four bytes are always there: the end of a record comes after its values.
    codes = memory.u32(start).astype(np.int64) & _MASKS[part.type(piece.index)]
    return np.where(part.has(piece.index), codes, -1)


def _code(text: str) -> int:
    """An event id out of its digits, -1 if they are none."""
    provider, number = kind("-", None, text)
    return number if provider and number < 1 << CODE_BITS else -1


def _names(memory: Memory, wanted: Sequence[tuple[Part, str | Hole | None]]) -> tuple[list[str | None], Places]:
    """The different texts, None the last one of them, and of each record which it has."""
    known: dict[str, int] = {}
    which: list[Places | None] = []
    starts, sizes = [], []
    for part, piece in wanted:
        if not isinstance(piece, Hole) or part.type(piece.index) == types.NULL:
            number = known.setdefault(piece, len(known)) if isinstance(piece, str) else -1
            which.append(np.full(part.first.size, number))
            continue
        start, end = part.span(piece.index)
        starts.append(start)
        sizes.append(np.where(part.has(piece.index), end - start, 0))
        which.append(None)
    if starts:
        read = texts(memory, np.concatenate(starts), np.concatenate(sizes)).dictionary_encode()
        numbers = [known.setdefault(text, len(known)) for text in read.dictionary.to_pylist()]
        found = np.array([*numbers, -1])[np.asarray(read.indices.fill_null(len(numbers)))]
        pieces = iter(np.split(found, np.cumsum([start.size for start in starts])[:-1]))
        which = [next(pieces) if each is None else each for each in which]
    joined = np.concatenate([each for each in which if each is not None])
    return [*known, None], np.where(joined < 0, len(known), joined)
