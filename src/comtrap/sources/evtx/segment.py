"""Many chunks of a log at once, and where their records are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from comtrap.errors import SourceError
from comtrap.sources.evtx.chunk import CHUNK_BYTES, FIRST_BYTES, SMALLEST_BYTES, slots
from comtrap.sources.evtx.memory import Memory

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from typing import BinaryIO

    from comtrap.sources.evtx.memory import Bytes, Mask, Places

CHUNKS = 1024
"""How many chunks are worked on at once: most work is done once for each form of record that is among them."""

_FEW = 16  # chunks for which there is room at first: most logs are small

_PIECE_BYTES = 1 << 18  # read at once

_MAGIC = 0x2A2A
_CHUNK_MAGIC = int.from_bytes(b"ElfChnk\0", "little")


@dataclass(frozen=True, slots=True)
class Segment:
    """Some chunks, and the places in them that begin like a record, in file order.

    Attributes:
        memory: the chunks; the last one is filled up with zeros if it is cut off.
        size_bytes: what of that is of the file.
        starts: offsets of the records.
        sizes: their sizes; 0 where it cannot be told or goes past the end of the chunk.
        repaired: of each chunk, whether there are bytes between its records that are no record.
    """

    memory: Memory
    size_bytes: int
    starts: Places
    sizes: Places
    repaired: Mask

    @property
    def chunks(self) -> int:
        """How many there are, the last one perhaps cut off."""
        return self.memory.data.size // CHUNK_BYTES

    def chunk(self, number: int) -> bytes:
        """What there is of a chunk in the file."""
        end = min((number + 1) * CHUNK_BYTES, self.size_bytes)
        return self.memory.data[number * CHUNK_BYTES : end].tobytes()

    def unmarked(self) -> list[int]:
        """The chunks that have content and not their mark."""
        marks = self.memory.data.view("<u8")[:: CHUNK_BYTES // 8]
        return [n for n in np.flatnonzero(marks != _CHUNK_MAGIC).tolist() if self.chunk(n).strip(b"\0")]


def segments(stream: BinaryIO) -> Iterator[Segment]:
    """The chunks of a log from the stream's position on; where it breaks off, those before that.

    A segment is there until the next one is asked for: all are in the same memory, so that its pages are new only once.

    Raises:
        SourceError: the stream broke off.
    """
    memory = np.empty(min(_FEW, CHUNKS) * CHUNK_BYTES, np.uint8)
    broken = None
    while broken is None:
        size_bytes, broken = _read(stream, memory)
        if broken is None and size_bytes == memory.size < CHUNKS * CHUNK_BYTES:
            few, memory = memory, np.empty(CHUNKS * CHUNK_BYTES, np.uint8)
            memory[:size_bytes] = few
            more, broken = _read(stream, memory[size_bytes:])
            size_bytes += more
        if broken is not None:
            size_bytes -= size_bytes % CHUNK_BYTES
        elif not size_bytes:
            break
        if size_bytes:
            yield _segment(memory, size_bytes)
    if broken is not None:
        raise broken


def _read(stream: BinaryIO, into: Bytes) -> tuple[int, SourceError | None]:
    """How many of the next bytes there were, fewer than there is room for only at the end, and why there are no more."""
    end, view = 0, into.data
    readinto = cast("io.RawIOBase", stream).readinto
    try:
        while end < into.size and (size := readinto(view[end : end + _PIECE_BYTES])):
            end += size
    except SourceError as error:
        return end, error
    return end, None


def _segment(content: Bytes, size_bytes: int) -> Segment:
    """The segment that the first bytes of some memory are."""
    data = content[: -(-size_bytes // CHUNK_BYTES) * CHUNK_BYTES]
    data[size_bytes:] = 0
    memory = Memory(data)
    starts, sizes, is_doubtful = _chained(data)
    if size_bytes < data.size:
        is_doubtful[-1] = True
    repaired = np.zeros(is_doubtful.size, np.bool_)
    doubtful = np.flatnonzero(is_doubtful)
    if doubtful.size:
        is_sound = ~is_doubtful[starts // CHUNK_BYTES]
        all_starts, all_sizes = [starts[is_sound]], [sizes[is_sound]]
        for number in doubtful.tolist():
            base = number * CHUNK_BYTES
            found = slots(data[base : min(base + CHUNK_BYTES, size_bytes)].tobytes())
            all_starts.append(np.array([base + slot.offset for slot in found], np.int64))
            all_sizes.append(np.array([slot.size_bytes for slot in found], np.int64))
            repaired[number] = _has_gaps(all_starts[-1], all_sizes[-1], base)
        starts, sizes = np.concatenate(all_starts), np.concatenate(all_sizes)
        order = np.argsort(starts, kind="stable")
        starts, sizes = starts[order], sizes[order]
    return Segment(memory, size_bytes, starts, sizes, repaired)


def _has_gaps(starts: Places, sizes: Places, base: int) -> bool:
    """Whether there is something between whole records."""
    starts, sizes = starts[sizes > 0], sizes[sizes > 0]
    ends = np.concatenate([[base + FIRST_BYTES], starts + sizes])
    return bool((starts != ends[:-1]).any())


def _chained(data: Bytes) -> tuple[Places, Places, Mask]:
    """The records of all chunks that have nothing odd about them, and which chunks are to be looked at more closely.

    The same as `slots` gives of each, but not record by record: all that begins like a record is looked for, and then
    which of these can be reached from the first of a chunk, in steps that double.
    """
    chunks = data.size // CHUNK_BYTES
    words = data.view("<u4")
    found = np.flatnonzero(words[::2] == _MAGIC) * 8  # a record's size is a multiple of eight
    at, number = found % CHUNK_BYTES, found // CHUNK_BYTES
    used = words[12 :: CHUNK_BYTES // 4].astype(np.int64)
    used[(used <= FIRST_BYTES) | (used > CHUNK_BYTES)] = FIRST_BYTES
    sizes = words[found // 4 + 1].astype(np.int64)
    is_whole = (sizes >= SMALLEST_BYTES) & (sizes % 8 == 0) & (at + sizes <= CHUNK_BYTES)
    is_used = at < used[number]
    following = np.searchsorted(found, found + sizes)
    leads = is_whole & (np.append(found, -1)[following] == found + sizes) & np.append(is_used, False)[following]
    is_reached = is_used & (at == FIRST_BYTES)
    step = np.append(np.where(leads, following, found.size), found.size)
    is_reached = np.append(is_reached, False)
    for _ in range(int(CHUNK_BYTES // SMALLEST_BYTES).bit_length()):
        before = np.count_nonzero(is_reached)
        is_reached[step[is_reached]] = True
        is_reached[-1] = False
        if np.count_nonzero(is_reached) == before:
            break
        step = step[step]
    chain = np.flatnonzero(is_reached)
    last = chain[~leads[chain]]
    ends = np.full(chunks, FIRST_BYTES)
    ends[number[last]] = (at + sizes)[last]
    # The last one must reach to what the header says is used, and no record follow on it.
    is_doubtful = ends < used
    is_doubtful[number[last[~is_whole[last]]]] = True
    after = np.arange(chunks) * CHUNK_BYTES + np.minimum(ends, CHUNK_BYTES - 4)
    is_doubtful |= (ends <= CHUNK_BYTES - SMALLEST_BYTES) & (words[after // 4] == _MAGIC)
    return found[chain], sizes[chain], is_doubtful
