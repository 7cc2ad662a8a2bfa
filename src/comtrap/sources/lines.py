"""Lines of a stream, many at a time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from comtrap.sources.record import DEPTH, SIZE_BYTES, VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 18

TOO_LONG = None
"""Stands for a line that is longer than a record may be; its bytes are gone."""

_NEWLINE, _BRACKET, _NO_BIT_5 = np.uint8(ord("\n")), np.uint8(ord("[")), np.uint8(0xFF ^ 0x20)  # without it { is [
_ONES, _TOP_BYTE = np.uint64(0x0101010101010101), np.uint64(56)  # a product's top byte is the sum of its bytes


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
            yield b"".join((*start, block[:last]))
        start, size = [block[last:]], len(block) - last
    if size:
        yield b"".join(start) if size <= SIZE_BYTES else TOO_LONG


def unfit(text: bytes) -> set[int]:
    """Which lines a parser must not see that checks neither depth nor encoding, and some that it might: by index."""
    found: set[int] = set()
    if _may_be_deep(text):
        found.update(n for n, line in enumerate(io.BytesIO(text)) if line.count(b"{") + line.count(b"[") > DEPTH)
    if len(text) > VALUES:
        found.update(n for n, line in enumerate(io.BytesIO(text)) if len(line) > VALUES)
    if not text.isascii():
        found.update(n for n, line in enumerate(io.BytesIO(text)) if not line.isascii() and not _is_utf8(line))
    return found


def _may_be_deep(text: bytes) -> bool:
    """Whether a line might have more opening brackets than objects may lie within one another.

    Looked at eight bytes at a time, which takes a fifth of the time that counting takes.
    """
    padded = -(-len(text) // 8) * 8
    marks = np.zeros(padded, np.uint8)
    bytes_, marked = np.frombuffer(text, np.uint8), marks[: len(text)]
    words = marks.view(np.uint64)
    np.equal(bytes_, _NEWLINE, out=marked.view(bool))
    ends = np.flatnonzero(words != 0)
    np.bitwise_and(bytes_, _NO_BIT_5, out=marked)
    np.equal(marked, _BRACKET, out=marked.view(bool))
    opening = np.flatnonzero(words != 0)
    counts = np.zeros(len(opening) + 1, np.int64)
    np.cumsum((words[opening] * _ONES) >> _TOP_BYTE, out=counts[1:])
    # Words that lie on the border of two lines count for both.
    first = np.searchsorted(opening, np.concatenate(([0], ends)), "left")
    last = np.searchsorted(opening, np.concatenate((ends, [len(words)])), "right")
    return bool((counts[last] - counts[first] > DEPTH).any())


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
