"""Text files as UTF-8, whatever wrote them."""

from __future__ import annotations

import codecs
import io
from dataclasses import replace
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from comtrap.sources.source import HEAD
from comtrap.sources.stream import Stream

if TYPE_CHECKING:
    from comtrap.sources.source import Content

_BOM = codecs.BOM_UTF8
_PIECE = 1 << 16
_FIRST = b"{[< \r\n\t"


def as_utf8(content: Content, encoding: str | None = None) -> Content:
    """The content without a byte order mark; UTF-16 (what PowerShell's ``>`` writes) as UTF-8.

    Halves of surrogate pairs become U+FFFD. Anything else stays as it is.

    Args:
        content: as it was opened.
        encoding: what the content says it is in, None for what its first bytes show.
    """
    encoding = encoding or _utf16(content.head)
    if encoding is not None:
        inner: IO[bytes] = cast("IO[bytes]", _Decoded(content.stream, encoding))
    elif content.head.startswith(_BOM):
        content.stream.read(len(_BOM))
        inner = content.stream
    else:
        return content
    stream = Stream(inner)
    return replace(content, stream=cast("BinaryIO", stream), head=stream.peek(HEAD))


def _utf16(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark: JSON and XML begin with ASCII characters.
    if len(head) >= 4 and head[:1] in _FIRST and head[1] == 0 and head[3] == 0 and head[2] != 0:
        return "utf-16-le"
    if len(head) >= 4 and head[0] == 0 and head[2] == 0 and head[1:2] in _FIRST and head[3] != 0:
        return "utf-16-be"
    return None


class _Decoded(io.RawIOBase):
    """Text in another encoding read as UTF-8."""

    def __init__(self, inner: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._inner = inner
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = b""
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        del size  # pieces are small enough
        while not self._ready and not self._ended:
            data = self._inner.read(_PIECE)
            self._ended = not data
            self._ready = self._decoder.decode(data, final=self._ended).encode("utf-8", "replace")
        out, self._ready = self._ready, b""
        return out
