"""Members of a tar archive, read forwards with every size bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from comtrap.errors import SourceError
from comtrap.sources.stream import exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 512
_NAME_BYTES = 1 << 20
"""The longest extended header that is looked at; longer ones are passed over."""

_REGULAR = b"0\x007"
_WITHOUT_DATA = b"123456"  # links, devices, folders: their size says nothing
_PIECE = 1 << 16


@dataclass(slots=True)
class Member:
    """One regular file in the archive.

    Attributes:
        name: as the archive has it.
        size_bytes: as the archive says.
        stream: its bytes, to be read before the next member is asked for.
    """

    name: str
    size_bytes: int
    stream: Part


class Part:
    """The next so many bytes of a stream."""

    def __init__(self, inner: IO[bytes], size_bytes: int) -> None:
        self._inner = inner
        self.left_bytes = size_bytes

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; none only at the end.

        Raises:
            SourceError: the archive ends before the member does.
        """
        wanted = self.left_bytes if size < 0 else min(size, self.left_bytes)
        if not wanted:
            return b""
        data = self._inner.read(wanted)
        if not data:
            raise SourceError("breaks off: the archive ends within it")
        self.left_bytes -= len(data)
        return data

    def skip(self) -> None:
        """Pass over what is left; the end of the archive is no error."""
        while self.left_bytes and (data := self._inner.read(min(self.left_bytes, _PIECE))):
            self.left_bytes -= len(data)


def is_tar(head: bytes) -> bool:
    """Whether a member's header comes first."""
    return len(head) >= BLOCK and head[0] != 0 and _checked(head[:BLOCK])


def members(stream: IO[bytes]) -> Iterator[Member]:
    """The regular files of an archive, in order.

    Raises:
        SourceError: the archive breaks off or something in it is no header; the members before stand.
    """
    name: str | None = None
    size: int | None = None
    while header := exactly(stream, BLOCK):
        if not header.strip(b"\0"):
            return  # two blocks of zeros end an archive; what follows is padding
        if len(header) < BLOCK or not _checked(header):
            raise SourceError("broken tar archive: a member's header is damaged")
        if size is None:
            size = _number(header[124:136])
        kind = header[156]
        if kind in _WITHOUT_DATA:
            size = 0
        part = Part(stream, size)
        padding = -size % BLOCK
        if kind in b"Lxg" and size <= _NAME_BYTES:
            text = exactly(part, size)
            if kind == ord("L"):
                name, size = text.rstrip(b"\0").decode("utf-8", "replace"), None
            else:
                given = _extended(text) if kind == ord("x") else {}
                name, size = given.get(b"path", b"").decode("utf-8", "replace") or None, _size(given)
        else:
            if kind in _REGULAR:
                yield Member(name or _name(header), size, part)
            name = size = None
            part.skip()
        Part(stream, padding).skip()


def _checked(header: bytes) -> bool:
    """Whether the checksum is right: the sum of all bytes, its own eight taken as blanks."""
    try:
        given = _number(header[148:156])
    except SourceError:
        return False
    return given == sum(header[:148]) + 8 * 32 + sum(header[156:])


def _number(field: bytes) -> int:
    """Octal digits, or base 256 where the first bit is set."""
    if field[0] & 0x80:
        return int.from_bytes(bytes((field[0] & 0x7F, *field[1:])), "big")
    digits = field.strip(b"\0 ")
    try:
        return int(digits or b"0", 8)
    except ValueError:
        raise SourceError("broken tar archive: a member's size is no number") from None


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0")[0]
    prefix = header[345:500].split(b"\0")[0] if header[257:262] == b"ustar" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _extended(text: bytes) -> dict[bytes, bytes]:
    """The entries of an extended header, each ``length key=value`` and a line end."""
    found = {}
    while text:
        length, _, rest = text.partition(b" ")
        if not length.isdigit() or len(length) > 7 or not 0 < int(length) <= len(text):
            break
        key, _, value = rest[: int(length) - len(length) - 2].partition(b"=")
        found[key] = value
        text = text[int(length) :]
    return found


def _size(given: dict[bytes, bytes]) -> int | None:
    digits = given.get(b"size", b"")
    return int(digits) if digits.isdigit() and len(digits) < 20 else None
