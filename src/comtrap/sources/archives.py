"""What is inside archives and compressed files, without anything touching the disk by its own name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from comtrap.errors import SourceError
from comtrap.sources import tar
from comtrap.sources.source import HEAD, Content
from comtrap.sources.stream import BROKEN, Allowance, SpentError, Stream, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from comtrap.events.problems import Problems
    from comtrap.events.raw import Origin

DEPTH = 3
"""How many archives within one another are opened; a compressed tar archive is one."""

MEMBERS = 100_000
"""How many members of one archive are read."""

MEMORY_BYTES = 32 << 20
"""A zip archive that cannot be read in place (in an archive, from standard input) is kept in memory up to this size,
then in a temporary file without a name."""

_COMPRESSED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b\x08": lambda stream: cast("IO[bytes]", gzip.GzipFile(fileobj=stream)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


def contents(stream: Stream, origin: Origin, allowance: Allowance, problems: Problems) -> Iterator[Content]:
    """All that is in a file: itself, or its members, nested ones too, in their order.

    A content's stream must be read before the next is asked for. Where one member cannot be opened, that is said and
    the next follows.

    Args:
        stream: the file.
        origin: what it is called.
        allowance: what unpacking counts against.
        problems: takes members that cannot be opened.
    """
    yield from _inside(stream, origin, allowance, problems, DEPTH)


def _inside(stream: Stream, origin: Origin, allowance: Allowance, problems: Problems, depth: int) -> Iterator[Content]:
    try:
        head = stream.peek(HEAD)
        inner = _decompressed(stream, head, allowance)
        if inner is not None:
            packed_tar = tar.is_tar(inner.peek(HEAD))
    except SpentError:
        raise
    except SourceError as error:
        problems.fail(origin.name, str(error))
        return
    is_archive = inner is not None or _is_zip(head) or tar.is_tar(head)
    if not is_archive:
        yield Content(cast("BinaryIO", stream), head, replace(origin, head=sha256(head).hexdigest()))
    elif depth == 0:
        problems.fail(origin.name, f"more than {DEPTH} archives within one another")
    elif inner is not None:
        yield from _inside(inner, origin, allowance, problems, depth if packed_tar else depth - 1)
    else:
        unpack = _zip if _is_zip(head) else _tar
        try:
            yield from unpack(stream, origin, allowance, problems, depth - 1)
        except SpentError:
            raise
        except SourceError as error:
            problems.fail(origin.name, str(error))


def _decompressed(stream: Stream, head: bytes, allowance: Allowance) -> Stream | None:
    for magic, opened in _COMPRESSED.items():
        if head.startswith(magic):
            return Stream(opened(cast("IO[bytes]", stream)), allowance)
    return None


def is_packed(head: bytes) -> bool:
    """Whether a file that begins like this is compressed or an archive."""
    return head.startswith(tuple(_COMPRESSED)) or _is_zip(head) or tar.is_tar(head)


def _is_zip(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK"))


def _tar(stream: Stream, origin: Origin, allowance: Allowance, problems: Problems, depth: int) -> Iterator[Content]:
    for count, member in enumerate(tar.members(cast("IO[bytes]", stream))):
        if count == MEMBERS:
            raise SourceError(f"more than {MEMBERS:,} members; the rest is not read")
        named = _member(origin, member.name)
        if not _passed_over(named, problems):
            yield from _inside(Stream(cast("IO[bytes]", member.stream)), named, allowance, problems, depth)


def _zip(stream: Stream, origin: Origin, allowance: Allowance, problems: Problems, depth: int) -> Iterator[Content]:
    with ExitStack() as stack:
        file = stack.enter_context(_seekable(stream))
        try:
            archive = stack.enter_context(zipfile.ZipFile(file))
        except (*BROKEN, ValueError) as error:
            raise SourceError(f"broken zip archive: {reason(error)}") from error
        entries = [entry for entry in archive.infolist() if not _is_folder(entry)]
        for entry in entries[:MEMBERS]:
            named = _member(origin, entry.filename)
            if _passed_over(named, problems):
                continue
            if entry.flag_bits & 1:
                problems.fail(named.name, "is encrypted; unpack it with its password first")
                continue
            try:
                opened = archive.open(entry)
            except (*BROKEN, ValueError) as error:
                problems.fail(named.name, f"cannot be unpacked: {reason(error)}")
                continue
            with opened:
                yield from _inside(Stream(opened, allowance), named, allowance, problems, depth)
        if len(entries) > MEMBERS:
            raise SourceError(f"more than {MEMBERS:,} members; the rest is not read")


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    """Whether a member is a folder; one with data under the name of one is not, and a name may be empty."""
    return entry.filename.endswith("/") and not entry.file_size


def _seekable(stream: Stream) -> IO[bytes]:
    """The stream's file where it is one, else a copy."""
    file = stream.whole_file()
    if file is not None:
        return file
    copy = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
    try:
        shutil.copyfileobj(stream, copy)
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return cast("IO[bytes]", copy)


def _member(origin: Origin, name: str) -> Origin:
    printable = name.encode("utf-8", "replace").decode("utf-8")
    return replace(origin, member=printable if origin.member is None else f"{origin.member}!{printable}")


def _passed_over(origin: Origin, problems: Problems) -> bool:
    """Whether a member is no log but what macOS keeps beside a file; that is counted."""
    assert origin.member is not None
    path = origin.member.rpartition("!")[2].split("/")
    if "__MACOSX" not in path[:-1] and not path[-1].startswith("._"):
        return False
    problems.note("AppleDouble member", origin.name)
    return True
