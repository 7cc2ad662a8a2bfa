"""Large files in pieces, so that several processes can read one file.

Some formats can be taken up anywhere: EVTX at a chunk, lines at a line's end, Parquet at a row group. A module in `comtrap.sources` whose format
is such has two more names: ``part(file, start, stop)``, the stream of all records that begin in these bytes of the file,
and ``positions(stream)``, how many positions there are in such a stream.

Such formats can also be read while they are written. A third name tells how far: ``settled(file, start)``, an `Edge`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from comtrap.errors import SourceError
from comtrap.events.raw import Origin
from comtrap.sources.archives import is_packed
from comtrap.sources.edge import Edge
from comtrap.sources.registered import source_of
from comtrap.sources.source import HEAD, Content
from comtrap.sources.stream import Stream
from comtrap.sources.text import as_utf8


@dataclass(frozen=True, slots=True)
class Piece:
    """The records that begin in some bytes of a file.

    Attributes:
        start: the first of the bytes.
        stop: the byte after the last.
        position: of the first record, counted from the beginning of the file.
    """

    start: int
    stop: int
    position: int = 0


def settled(path: str, start: int) -> Edge | None:
    """How far a file can be relied on, from some byte on; None if it has to be read as a whole.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        source = _source(file.read(HEAD))
        if source is None or not hasattr(source, "settled"):
            return None
        found = source.settled(file, start)
        return found if isinstance(found, Edge) else None


def is_divisible(path: str) -> bool:
    """Whether a file can be read in pieces."""
    try:
        with Path(path).open("rb") as file:
            return hasattr(_source(file.read(HEAD)), "part")
    except OSError:  # reading it will say what is wrong
        return False


def pieces(path: str, most_bytes: int) -> list[Piece]:
    """A file in pieces of at most so many bytes; none if it has to be read as a whole.

    Their positions are still to be told, by `positions` of those before.
    """
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            head = file.read(HEAD)
    except OSError:  # reading it will say what is wrong
        return []
    if size <= most_bytes or not hasattr(_source(head), "part"):
        return []
    count = -(-size // most_bytes)
    edges = [size * at // count for at in range(count + 1)]
    return [Piece(start, stop) for start, stop in pairwise(edges)]


def positions(path: str, piece: Piece) -> int:
    """How many positions there are in a piece.

    Raises:
        OSError: the file cannot be read.
        SourceError: it is no longer what it was.
    """
    with Path(path).open("rb") as file:
        source = _source(file.read(HEAD))
        if source is None or not hasattr(source, "part"):
            raise SourceError("changed while it was read")
        return int(source.positions(source.part(file, piece.start, piece.stop)))


def content_of(file: IO[bytes], source: Any, piece: Piece, origin: Origin) -> Content:
    """What a source reads of a piece."""
    stream = Stream(cast("IO[bytes]", source.part(file, piece.start, piece.stop)), whole=True)
    return Content(cast("BinaryIO", stream), stream.peek(HEAD), origin, piece.position)


def _source(head: bytes) -> Any | None:
    """What reads a file as it is; None if it is packed, or not in the encoding that is read."""
    if is_packed(head):
        return None
    stream = Stream(io.BytesIO(head))
    content = Content(cast("BinaryIO", stream), head, Origin("", ""))
    return source_of(head) if as_utf8(content) is content else None
