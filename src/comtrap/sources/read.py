"""Files to raw batches: opened, unpacked, told by their bytes, read."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from comtrap.errors import SourceError
from comtrap.events.raw import Origin
from comtrap.remote.address import is_address
from comtrap.sources import elasticsearch, ndjson
from comtrap.sources.manner import BAD_CHECKSUM, ORDINARY, Manner
from comtrap.sources.opened import contents
from comtrap.sources.pieces import content_of
from comtrap.sources.progress import Progress, Reading, times
from comtrap.sources.refusal import refusal
from comtrap.sources.registered import source_of
from comtrap.sources.source import HEAD, Content
from comtrap.sources.stream import SpentError, Stream, reason
from comtrap.sources.text import as_utf8
from comtrap.sources.walk import STDIN, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.problems import Problems
    from comtrap.events.raw import RawBatch
    from comtrap.events.wanted import Wanted
    from comtrap.sources.pieces import Piece

FILE_BITS = 40
"""An event's number is its file's number, and in so many lower bits its row in the file, over all members."""


def read(
    path: str,
    number: int,
    wanted: Wanted | None,
    problems: Problems,
    piece: Piece | None = None,
    *,
    manner: Manner = ORDINARY,
    progress: Progress | None = None,
) -> Iterator[RawBatch]:
    """All records of a file, of its members if it is an archive, in batches of one kind each.

    Never raises for what is in the file: that is told to `problems`, and what can be read is.

    Args:
        path: a file, ``-`` for standard input, or the address of an index.
        number: the file's number in this run.
        wanted: the raw columns to decode, None for all.
        problems: takes what cannot be read.
        piece: one of `pieces.pieces`, for some of the records only.
        manner: how.
        progress: told of what was read, once whoever reads this asks for more.
    """
    progress = progress or Progress()
    progress.begin(path)
    origin = Origin("", printable(path), first=number << FILE_BITS)
    try:
        if is_address(path):
            yield from _index(path, origin, wanted, problems, manner=manner, progress=progress)
            return
        with _opened(path) as file:
            stream = _stream(file, path)
            reading = _reading(file, stream, piece, progress)
            found = contents(stream, origin, problems, manner.passwords)
            placed = (replace(each, manner=manner) for each in found)
            for batch, place in _all(placed, wanted, problems, None if piece is None else (file, piece)):
                yield batch
                reading.at(place, batch.frame.num_rows)
            reading.end()
    except OSError as error:
        problems.fail(origin.path, f"cannot be read: {reason(error)}")
    except SourceError as error:
        problems.fail(origin.path, str(error))


def _index(
    path: str, origin: Origin, wanted: Wanted | None, problems: Problems, *, manner: Manner, progress: Progress
) -> Iterator[RawBatch]:
    """The documents of an index; how many there are is not asked."""
    reading = Reading(progress, 0, 1)
    with elasticsearch.opened(path, manner, wanted, problems) as lines:
        for batch in ndjson.read(Content(cast("BinaryIO", lines), b"", origin, manner=manner), wanted, problems):
            yield batch
            reading.at(0, batch.frame.num_rows)
    reading.end()


def _opened(path: str) -> IO[bytes]:
    if path == STDIN:
        return os.fdopen(sys.stdin.fileno(), "rb", closefd=False)
    return Path(path).open("rb")


def _stream(file: IO[bytes], path: str) -> Stream:
    return Stream(file, whole=stat.S_ISREG(os.fstat(file.fileno()).st_mode) and path != STDIN)


def _reading(file: IO[bytes], stream: Stream, piece: Piece | None, progress: Progress) -> Reading:
    if piece is not None:
        return Reading(progress, piece.stop - piece.start, 1)
    status = os.fstat(file.fileno())
    weight = times(stream.peek(HEAD))
    return Reading(progress, status.st_size * weight if stat.S_ISREG(status.st_mode) else 0, weight)


def _all(
    found: Iterator[Content], wanted: Wanted | None, problems: Problems, piece: tuple[IO[bytes], Piece] | None
) -> Iterator[tuple[RawBatch, int]]:
    """The batches of all contents, each with how many bytes of the file were read by then."""
    row = 0
    for content in found:
        placed = replace(content, origin=replace(content.origin, first=content.origin.first + row))
        for batch, place in _content(placed, wanted, problems, piece):
            row = max(row, batch.origin.first - content.origin.first + int(batch.frame["_position"][-1].as_py()) + 1)
            yield batch, place


def _content(
    content: Content, wanted: Wanted | None, problems: Problems, piece: tuple[IO[bytes], Piece] | None
) -> Iterator[tuple[RawBatch, int]]:
    name, stream = content.origin.name, content.stream
    try:
        if not content.head:
            return
        content = as_utf8(content)
        source = source_of(content.head)
        if source is None:
            problems.fail(name, refusal(content.head))
            return
        if content.manner.verify and hasattr(source, "doubts") and (piece is None or not piece[1].start):
            for why in source.doubts(content.head):
                problems.note(BAD_CHECKSUM, name, why)
        if piece is not None:
            content = replace(content_of(piece[0], source, piece[1], content.origin), manner=content.manner)
            stream = content.stream
        for batch in source.read(content, wanted, problems):
            yield batch, cast("Stream", stream).place
    except SpentError:
        raise
    except SourceError as error:
        problems.fail(name, str(error))
