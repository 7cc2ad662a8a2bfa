"""Lines of a stream, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from comtrap.sources.record import SIZE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 20

TOO_LONG = None
"""Stands for a line that is longer than a record may be; its bytes are gone."""


def lines(stream: BinaryIO) -> Iterator[list[bytes | None]]:
    """All lines in order, without their ends, many at a time; an empty last one is none.

    No more than a block and the longest line are held.

    Raises:
        SourceError: the stream breaks off; the lines before it were given.
    """
    start: list[bytes] = []  # of a line whose end has not been seen
    size = 0
    while block := stream.read(BLOCK_BYTES):
        first, *rest = block.split(b"\n")
        size += len(first)
        if size <= SIZE_BYTES:
            start.append(first)
        else:
            start.clear()
        if not rest:
            continue
        last = rest.pop()
        yield [b"".join(start) if size <= SIZE_BYTES else TOO_LONG, *rest]
        start, size = [last], len(last)
    if size:
        yield [b"".join(start) if size <= SIZE_BYTES else TOO_LONG]
