"""Records in the slack space of chunks: what was there before a log was cleared or its chunk used again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from comtrap.sources.evtx.chunk import CHUNK_BYTES, FIRST_BYTES, RECORD_HEAD_BYTES, SMALLEST_BYTES, left_over

if TYPE_CHECKING:
    from comtrap.sources.evtx.memory import Memory, Places
    from comtrap.sources.evtx.segment import Segment

SLACK = "[slack]"
"""What stands for a file's slack space in the place of an archive member's name."""

_INSTANCE, _FRAGMENT = 0x0C, 0x0001010F
_ENTRY_BYTES = 16  # of a template instance's beginning, with the header of the fragment before it


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


def is_defined(memory: Memory, starts: Places) -> np.ndarray:
    """Whether the template that each record is an instance of is still where it says, or whether it is none.

    An instance has the number that its template's GUID begins with. Where that is another, the template was written over
    since, and the record's values would get the names of another event's.
    """
    at = starts + RECORD_HEAD_BYTES
    at = at + 4 * (memory.u32(at) == _FRAGMENT)
    at = np.minimum(at, memory.data.size - _ENTRY_BYTES)
    offsets = memory.u32(at + 6).astype(np.int64)
    bases = starts - starts % CHUNK_BYTES
    fits = offsets + 8 <= CHUNK_BYTES
    there = memory.u32(bases + np.where(fits, offsets, 0) + 4)
    return (memory.data[at] != _INSTANCE) | (fits & (memory.u32(at + 2) == there))
