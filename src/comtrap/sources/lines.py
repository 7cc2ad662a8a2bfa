"""Lines of a stream, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from comtrap.sources.record import DEPTH, SIZE_BYTES, VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCK_BYTES = 1 << 18

TOO_LONG = None
"""Stands for a line that is longer than a record may be; its bytes are gone."""

_BRACKET, _NO_BIT_5 = np.uint8(ord("[")), np.uint8(0xFF ^ 0x20)  # without it { is [
_WINDOW_BYTES = 1024


def lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """All lines in order, many at a time, with their ends; an empty last one is none.

    No more than a block and the longest line are held.

    Raises:
        SourceError: the stream breaks off; the lines before it were given.
    """
    start: list[bytes] = []  # of a line whose end has not been seen
    size = 0
    while block := stream.read(BLOCK_BYTES):
        first, last = block.find(b"\n"), block.rfind(b"\n") + 1
        size += len(block) if first < 0 else first
        if size > SIZE_BYTES:
            start.clear()
        if first < 0:
            if size <= SIZE_BYTES:
                start.append(block)
            continue
        if size > SIZE_BYTES:
            yield TOO_LONG
            if first + 1 < last:
                yield block[first + 1 : last]
        else:
            yield b"".join((*start, memoryview(block)[:last]))
        start, size = [block[last:]], len(block) - last
    if size:
        yield b"".join(start) if size <= SIZE_BYTES else TOO_LONG


def unfit(text: bytes, each: Sequence[bytes]) -> list[int]:
    """Which lines a parser must not see that checks neither depth nor encoding, and some that it might: by index.

    Args:
        text: the lines, one after another.
        each: the same lines.
    """
    found = _deep(text, each)
    if len(text) > VALUES:
        found += [n for n, line in enumerate(each) if len(line) > VALUES]
    if not text.isascii():
        found += [n for n, line in enumerate(each) if not line.isascii() and not _is_utf8(line)]
    return found


def _deep(text: bytes, each: Sequence[bytes]) -> list[int]:
    """The lines that have more opening brackets than objects may lie within one another.

    Counted by windows, and then in those lines only that might have so many, those on whose borders lie counted with
    them: that takes a tenth of the time of counting by lines.
    """
    counts = _brackets(text)
    if counts[-1] <= DEPTH:
        return []
    ends = np.cumsum(np.fromiter(map(len, each), np.int64, len(each)))
    last = (ends - 1) // _WINDOW_BYTES + 1
    first = np.zeros_like(last)
    first[1:] = ends[:-1] // _WINDOW_BYTES
    maybe = np.flatnonzero(counts[last] - counts[first] > DEPTH).tolist()
    return [n for n in maybe if each[n].count(b"{") + each[n].count(b"[") > DEPTH]


def _brackets(text: bytes) -> np.ndarray:
    """How many opening brackets come before each window of a text, and last how many there are."""
    windows = -(-len(text) // _WINDOW_BYTES)
    marks = np.empty(windows * _WINDOW_BYTES, np.uint8)
    marks[len(text) :] = 0
    marked = marks[: len(text)]
    np.bitwise_and(np.frombuffer(text, np.uint8), _NO_BIT_5, out=marked)
    np.equal(marked, _BRACKET, out=marked.view(bool))
    # Eight bytes are added at once: as many sums as that, each of a byte, since none can be more than 128.
    sums = marks.view(np.uint64).reshape(windows, _WINDOW_BYTES // 8).sum(axis=1)
    counts = np.zeros(windows + 1, np.int64)
    counts[1:] = np.cumsum(sums.view(np.uint8), dtype=np.int64)[7::8]
    return counts


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
