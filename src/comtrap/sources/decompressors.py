"""Compressed files as streams, each with its memory bounded; runs in a process of its own, see `unpack`."""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

DICTIONARY_BYTES = 256 << 20
"""What a decompressor of xz or LZMA may allocate; the strongest setting of any program takes 65 MiB."""

_PIECE = 1 << 16
_SMALL = 1 << 14


class Xz:
    """The bytes of an xz file, also of several one after another."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Args: stream: the file."""
        self._stream = stream
        self._inner: lzma.LZMADecompressor | None = None
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """At least a byte and at most so many; none only at the end.

        Raises:
            lzma.LZMAError: it is broken, or wants more memory than it may.
            EOFError: it is cut off.
        """
        while self._inner is not None or self._begin():
            assert self._inner is not None
            if self._inner.needs_input and not self._left and not self._more():
                raise EOFError("the file ends before its end-of-stream marker")
            given, self._left = self._left, b""
            data = self._inner.decompress(given, size)
            if self._inner.eof:
                self._left, self._inner = self._inner.unused_data, None
            if data:
                return data
        return b""

    def _begin(self) -> bool:
        """Whether there is a further file; after each there may be zeros."""
        self._left = self._left.lstrip(b"\0")
        while not self._left and self._more():
            self._left = self._left.lstrip(b"\0")
        if self._left:
            self._inner = lzma.LZMADecompressor(lzma.FORMAT_XZ, DICTIONARY_BYTES)
        return bool(self._left)

    def _more(self) -> bool:
        self._left = self._stream.read(_PIECE)
        return bool(self._left)


class Arrow:
    """The bytes of a Zstandard or LZ4 file, which PyArrow decompresses."""

    def __init__(self, stream: IO[bytes], codec: str) -> None:
        """Args: stream: the file. codec: as PyArrow calls it."""
        import pyarrow as pa  # noqa: PLC0415 - takes longer than most archives

        pa.set_cpu_count(1)
        self._error: type[Exception] = pa.ArrowException
        self._inner: Any = pa.CompressedInputStream(pa.PythonFile(stream, "r"), codec)

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none only at the end. What is asked for at once is lost where it breaks off.

        Raises:
            OSError: it is broken or cut off.
        """
        if self._inner is None:
            raise EOFError("it broke off before")
        try:
            return bytes(self._inner.read(_SMALL if size < 0 else min(size, _SMALL)))
        except BaseException as error:
            # An error leads to this frame, and a stream may keep its error: a circle through PyArrow would never be freed.
            self._inner = None
            if isinstance(error, self._error):
                raise OSError(str(error)) from error
            raise


MAGIC: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b\x08": lambda stream: cast("IO[bytes]", gzip.GzipFile(fileobj=stream)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lambda stream: cast("IO[bytes]", Xz(stream)),
    b"\x28\xb5\x2f\xfd": lambda stream: cast("IO[bytes]", Arrow(stream, "zstd")),
    b"\x04\x22\x4d\x18": lambda stream: cast("IO[bytes]", Arrow(stream, "lz4")),
}
"""What decompresses content that begins with these bytes."""
