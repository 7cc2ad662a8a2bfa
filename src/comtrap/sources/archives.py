"""What is inside archives and compressed files, without anything touching the disk by its own name.

Runs in a process of its own, see `unpack`.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from comtrap.errors import SourceError
from comtrap.sources import tar
from comtrap.sources.decompressors import DICTIONARY_BYTES, MAGIC
from comtrap.sources.source import HEAD, Content
from comtrap.sources.stream import BROKEN, Allowance, SpentError, Stream, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.origin import Origin
    from comtrap.events.problems import Problems

DEPTH = 3
"""How many archives within one another are opened; a compressed tar archive is one."""

MEMBERS = 100_000
"""How many members of one archive are read."""

MEMORY_BYTES = 32 << 20
"""A zip archive that cannot be read in place (in an archive, from standard input) is kept in memory up to this size,
then in a temporary file without a name."""

NAME = 1024
"""How many characters of a member's name are kept."""

ENCRYPTED = "is encrypted; give its password: --password-file, COMTRAP_PASSWORD or --password"
AES = "is encrypted with AES, which is not read; unpack it first"

_AES_METHOD = 99
_LOCAL_HEADER_BYTES = 30


@dataclass(frozen=True, slots=True)
class _Archive:
    """What goes for all that is in one input.

    Attributes:
        allowance: what unpacking counts against.
        problems: takes members that cannot be opened.
        passwords: to try where one is needed.
    """

    allowance: Allowance
    problems: Problems
    passwords: tuple[bytes, ...]

    def inside(self, stream: Stream, origin: Origin, depth: int) -> Iterator[Content]:
        """What is in a stream, so many archives deep at most."""
        try:
            head = stream.peek(HEAD)
            inner = self._decompressed(stream, head)
            if inner is not None:
                packed_tar = tar.is_tar(inner.peek(HEAD))
        except SpentError:
            raise
        except SourceError as error:
            self.problems.fail(origin.name, str(error))
            return
        if not is_packed(head):
            yield Content(cast("BinaryIO", stream), head, origin)
        elif depth == 0:
            self.problems.fail(origin.name, f"more than {DEPTH} archives within one another")
        elif inner is not None:
            yield from self.inside(inner, origin, depth if packed_tar else depth - 1)
        else:
            members = self._zip if _is_zip(head) else self._tar
            try:
                yield from members(stream, origin, depth - 1)
            except SpentError:
                raise
            except SourceError as error:
                self.problems.fail(origin.name, str(error))

    def _decompressed(self, stream: Stream, head: bytes) -> Stream | None:
        for magic, opened in MAGIC.items():
            if head.startswith(magic):
                return Stream(opened(cast("IO[bytes]", stream)), self.allowance)
        return None

    def _tar(self, stream: Stream, origin: Origin, depth: int) -> Iterator[Content]:
        for count, member in enumerate(tar.members(cast("IO[bytes]", stream))):
            if count == MEMBERS:
                raise SourceError(f"more than {MEMBERS:,} members; the rest is not read")
            named = _member(origin, member.name)
            if not _passed_over(named, self.problems):
                yield from self.inside(Stream(cast("IO[bytes]", member.stream)), named, depth)

    def _zip(self, stream: Stream, origin: Origin, depth: int) -> Iterator[Content]:
        with ExitStack() as stack:
            file = stack.enter_context(_seekable(stream))
            try:
                archive = stack.enter_context(zipfile.ZipFile(file))
            except (*BROKEN, ValueError) as error:
                raise SourceError(f"broken zip archive: {reason(error)}") from error
            entries = [entry for entry in archive.infolist() if not _is_folder(entry)]
            for entry in entries[:MEMBERS]:
                named = _member(origin, entry.filename)
                if _passed_over(named, self.problems):
                    continue
                try:
                    member = self._opened(archive, file, entry)
                except SpentError:
                    raise
                except SourceError as error:
                    self.problems.fail(named.name, str(error))
                    continue
                yield from self.inside(member, named, depth)
            if len(entries) > MEMBERS:
                raise SourceError(f"more than {MEMBERS:,} members; the rest is not read")

    def _opened(self, archive: zipfile.ZipFile, file: IO[bytes], entry: zipfile.ZipInfo) -> Stream:
        """A member's bytes.

        Raises:
            SourceError: it cannot be opened, or by none of the passwords.
        """
        is_encrypted = bool(entry.flag_bits & 1)
        if is_encrypted and entry.compress_type == _AES_METHOD:
            raise SourceError(AES)
        if is_encrypted and not self.passwords:
            raise SourceError(ENCRYPTED)
        try:
            if entry.compress_type == zipfile.ZIP_LZMA and not is_encrypted:
                _check_dictionary(file, entry)
            if not is_encrypted:
                return Stream(archive.open(entry), self.allowance)
            for password in self.passwords:
                opened = self._decrypted(archive, entry, password)
                if opened is not None:
                    return opened
        except (*BROKEN, ValueError) as error:
            raise SourceError(f"cannot be unpacked: {reason(error)}") from error
        raise SourceError("is encrypted, and none of the passwords given is its own")

    def _decrypted(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, password: bytes) -> Stream | None:
        """A member's bytes by a password, None if it is another's.

        One in 256 wrong passwords passes the check that the format has; what it gives then is seldom data.
        """
        try:
            opened = Stream(archive.open(entry, pwd=password), self.allowance)
        except RuntimeError:
            return None
        except IndexError:  # fewer bytes than encryption begins with
            raise SourceError("cannot be unpacked: it is cut off") from None
        try:
            opened.peek(HEAD)
            opened.check()
        except SpentError:
            raise
        except SourceError:
            if len(self.passwords) > 1:
                return None
        return opened


def contents(
    stream: Stream, origin: Origin, allowance: Allowance, problems: Problems, passwords: tuple[bytes, ...] = ()
) -> Iterator[Content]:
    """All that is in a file: itself, or its members, nested ones too, in their order.

    A content's stream must be read before the next is asked for. Where one member cannot be opened, that is said and
    the next follows.

    Args:
        stream: the file.
        origin: what it is called.
        allowance: what unpacking counts against.
        problems: takes members that cannot be opened.
        passwords: tried in this order on members that are encrypted.

    Raises:
        SpentError: nothing more of it may be read.
    """
    yield from _Archive(allowance, problems, passwords).inside(stream, origin, DEPTH)


def is_packed(head: bytes) -> bool:
    """Whether a file that begins like this is compressed or an archive."""
    return head.startswith(tuple(MAGIC)) or _is_zip(head) or tar.is_tar(head)


def _is_zip(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK"))


def _check_dictionary(file: IO[bytes], entry: zipfile.ZipInfo) -> None:
    """Look at how much memory an LZMA member wants: what decompresses it would just take that.

    Raises:
        SourceError: more than any program has it take.
    """
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES).ljust(_LOCAL_HEADER_BYTES, b"\0")
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    file.seek(entry.header_offset + _LOCAL_HEADER_BYTES + names)
    properties = file.read(9)  # version and size of what follows, a byte of settings, the dictionary's size
    if int.from_bytes(properties[5:9], "little") > DICTIONARY_BYTES:
        raise SourceError(f"cannot be unpacked: takes more than {DICTIONARY_BYTES >> 20} MiB of memory")


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
    printable = name[:NAME].encode("utf-8", "replace").decode("utf-8") + ("\u2026" if len(name) > NAME else "")
    return replace(origin, member=printable if origin.member is None else f"{origin.member}!{printable}")


def _passed_over(origin: Origin, problems: Problems) -> bool:
    """Whether a member is no log but what macOS keeps beside a file; that is counted."""
    assert origin.member is not None
    path = origin.member.rpartition("!")[2].split("/")
    if "__MACOSX" not in path[:-1] and not path[-1].startswith("._"):
        return False
    problems.note("AppleDouble member", origin.name)
    return True
