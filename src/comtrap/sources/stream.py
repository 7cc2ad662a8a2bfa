"""Bytes from wherever they come, with limits on how much may be unpacked, and one kind of error."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from comtrap.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

TOTAL_BYTES = 64 << 30
"""What one input may unpack to, all members and layers together."""

RATIO = 500
"""How many times its own size an input may unpack to, once it is past `FREE_BYTES`. Logs reach about 60."""

FREE_BYTES = 256 << 20

BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""What the decompressors of the standard library raise on bad data (RuntimeError: a password is needed)."""


@dataclass(slots=True)
class Allowance:
    """How much one input has unpacked to so far.

    Attributes:
        packed_bytes: size of the input itself.
        spent_bytes: unpacked so far.
    """

    packed_bytes: int
    spent_bytes: int = 0

    def spend(self, count: int) -> None:
        """Count unpacked bytes.

        Raises:
            SpentError: there are more than any log would have.
        """
        self.spent_bytes += count
        limit = min(TOTAL_BYTES, max(FREE_BYTES, RATIO * self.packed_bytes))
        if self.spent_bytes > limit:
            raise SpentError(
                f"unpacks to more than {limit >> 20} MiB, which no log of its size would; not read further"
            )


class SpentError(SourceError):
    """An input of which no further member is read: it unpacks to more than it may, or what unpacks it was ended."""


class Stream(io.RawIOBase):
    """A stream that is read once, forwards: its head can be seen before, and all that can go wrong is a SourceError.

    Args:
        inner: where the bytes come from; its `read1` is used where there is one, so that what was unpacked before a
            break is not lost.
        allowance: what the bytes count against, None for bytes that were not unpacked.
        whole: whether `inner` is a file that may be read in another order, by `whole_file`.
    """

    def __init__(self, inner: IO[bytes], allowance: Allowance | None = None, *, whole: bool = False) -> None:
        super().__init__()
        self._inner = inner
        self._read = getattr(inner, "read1", inner.read)
        self._readinto = getattr(inner, "readinto1", None)
        self._allowance = allowance
        self._whole = whole
        self._ahead = b""
        self._taken_bytes = 0
        self._broken: str | None = None  # the error itself leads back here, in a circle

    def readable(self) -> bool:
        """Always."""
        return True

    def peek(self, size: int) -> bytes:
        """The next bytes, without taking them; fewer only at the end (or where it breaks: taking them raises then)."""
        try:
            while len(self._ahead) < size and (more := self._next(size - len(self._ahead))):
                self._ahead += more
        except SpentError:
            raise
        except SourceError as error:
            if not self._ahead:
                raise
            self._broken = str(error)
        return self._ahead[:size]

    def check(self) -> None:
        """Say now what `peek` met after its first byte.

        Raises:
            SourceError: it met a break.
        """
        if self._broken is not None:
            raise SourceError(self._broken)

    @property
    def place(self) -> int:
        """How far the file is read that these bytes are of, or are unpacked from."""
        return getattr(self._inner, "place", self._taken_bytes)

    def whole_file(self) -> IO[bytes] | None:
        """The file itself, at its start, or None where there is none that could be read in another order."""
        if not self._whole or not self._inner.seekable():
            return None
        self._inner.seek(0)
        return self._inner

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many; without the copies that raw streams make."""
        if size < 0:
            return self.readall()
        if not self._ahead:
            return self._next(size) if size else b""
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data

    def readinto(self, buffer: WriteableBuffer) -> int:
        """As every raw stream does it; right into the buffer, where the bytes come from what can do that."""
        view = memoryview(buffer).cast("B")
        if self._ahead or self._readinto is None:
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)
        return self._counted(self._readinto, view) if view else 0

    def _next(self, size: int) -> bytes:
        data: bytes = self._counted(self._read, size)
        return data

    def _counted(self, read: Callable[[Any], Any], what: object) -> Any:
        """What a read gives: some bytes, or how many there were."""
        if self._broken is not None:
            raise SourceError(self._broken)
        try:
            found = read(what)
        except BROKEN as error:
            raise SourceError(f"breaks off: {reason(error)}") from error
        count = found if isinstance(found, int) else len(found)
        self._taken_bytes += count
        if self._allowance is not None:
            self._allowance.spend(count)
        return found


def exactly(stream: Any, size: int) -> bytes:
    """The next bytes, fewer only at the end of the stream."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def reason(error: BaseException) -> str:
    """An error of the standard library in a few words, without the path it may carry."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.rstrip(".")
