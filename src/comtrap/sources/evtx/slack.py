"""Records in the slack space of chunks: what was there before a log was cleared or its chunk used again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from comtrap.sources.evtx.chunk import CHUNK_BYTES, FIRST_BYTES, SMALLEST_BYTES, left_over
from comtrap.sources.evtx.definitions import HEAD_BYTES, Definitions

if TYPE_CHECKING:
    from comtrap.sources.evtx.memory import Memory, Places
    from comtrap.sources.evtx.segment import Segment

SLACK = "[slack]"
"""What stands for a file's slack space in the place of an archive member's name."""

_INSTANCE_BYTES = 10  # of a template instance, before its definition or its values
_TABLE, _CHAINS = 384, 32  # in a chunk's header: where its definitions are, by a hash of their GUIDs


def slack(segment: Segment) -> Segment:
    """The same chunks with the whole records after the last one that is the log's own, in place of these.

    A record is whole if its size stands at its end too. One that began before that place and was written over in part is
    not found.
    """
    ends = np.arange(segment.chunks) * CHUNK_BYTES + FIRST_BYTES
    np.maximum.at(ends, segment.starts // CHUNK_BYTES, segment.starts + np.maximum(segment.sizes, SMALLEST_BYTES))
    starts: list[int] = []
    sizes: list[int] = []
    for number, end in enumerate(ends.tolist()):
        base = number * CHUNK_BYTES
        for slot in left_over(segment.chunk(number), end - base):
            starts.append(base + slot.offset)
            sizes.append(slot.size_bytes)
    found = np.array(starts, np.int64)
    return replace(segment, starts=found, sizes=np.array(sizes, np.int64), repaired=np.zeros(segment.chunks, np.bool_))


@dataclass(slots=True)
class Recovered(Definitions):
    """Definitions of templates that records in slack space are instances of, wherever they are now."""

    def placed(self, memory: Memory, at: Places, offsets: Places) -> Places:
        """The place that an instance says, if its definition is still there, or another one that its chunk knows.

        An instance has the number that its template's GUID begins with. Where what stands at its offset has another, the
        definition was written over since, and the record's values would get the names of another event's. Logs that were
        exported with a filter have most definitions in other places than before.
        """
        bases = at - at % CHUNK_BYTES
        numbers = memory.u32(at + 2)
        fits = offsets + 8 <= CHUNK_BYTES
        there = memory.u32(bases + np.where(fits, offsets, 0) + 4)
        out = np.where(fits & (there == numbers), offsets, CHUNK_BYTES - 1)
        is_inline = offsets == at - bases + _INSTANCE_BYTES
        for base in np.unique(bases[~is_inline]).tolist():
            known = listed(memory, base)
            for row in np.flatnonzero((bases == base) & ~is_inline).tolist():
                out[row] = known.get(int(numbers[row]), out[row])
        return out


def listed(memory: Memory, base: int) -> dict[int, int]:
    """The definitions that a chunk's header leads to: what their GUIDs begin with, and their offsets."""
    out: dict[int, int] = {}
    heads = memory.u32(base + _TABLE + 4 * np.arange(_CHAINS)).tolist()
    seen: set[int] = set()
    for offset in heads:
        while FIRST_BYTES <= offset <= CHUNK_BYTES - HEAD_BYTES and offset not in seen:
            seen.add(offset)
            following, number = memory.u32(np.array([base + offset, base + offset + 4])).tolist()
            out.setdefault(number, offset)
            offset = following  # noqa: PLW2901 - the next of the same chain
    return out
