"""A part of a file as a stream of its own."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Section(io.RawIOBase):
    """Some bytes of a file as a stream of their own; the file is used by nobody else meanwhile."""

    def __init__(self, file: IO[bytes], start: int, stop: int) -> None:
        super().__init__()
        self._file = file
        self._left = max(stop - start, 0)
        file.seek(start)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """As every raw stream does it."""
        view = memoryview(buffer).cast("B")[: self._left]
        size: int = cast("io.BufferedReader", self._file).readinto(view)
        self._left -= size
        return size

    readinto1 = readinto
