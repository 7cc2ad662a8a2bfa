"""What is in a file: itself, or what another process unpacks of it."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from comtrap.errors import SourceError
from comtrap.sources import child
from comtrap.sources.archives import is_packed
from comtrap.sources.child import YES, Limits, packed, unpacked
from comtrap.sources.shared_file import SharedFile
from comtrap.sources.source import HEAD, Content
from comtrap.sources.stream import SpentError, Stream
from comtrap.sources.unpack import BROKEN, CONTENT, DATA, END, FAILED, PLACE, unpack

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from comtrap.events.origin import Origin
    from comtrap.events.problems import Problems

LIMITS = Limits()
"""Of the process that unpacks: the time is that of a piece of 256 KiB."""


def contents(
    stream: Stream, origin: Origin, problems: Problems, passwords: tuple[bytes, ...] = ()
) -> Iterator[Content]:
    """All that is in a file: itself, or its members, nested ones too, in their order.

    A content's stream must be read before the next is asked for; one that is not read is not unpacked. What cannot be
    opened is told to `problems`.

    Args:
        stream: the file. An archive that is none (standard input) is copied to a temporary one.
        origin: what it is called.
        problems: takes what cannot be opened.
        passwords: tried in this order on members that are encrypted.

    Raises:
        SourceError: the file cannot be read, or no further member of it is.
    """
    head = stream.peek(HEAD)
    if is_packed(head):
        file = SharedFile.of(cast("BinaryIO", stream))
        yield from _members(child.stream(unpack, packed([file.path, *passwords]), LIMITS), origin, problems)
    else:
        yield Content(cast("BinaryIO", stream), head, replace(origin, head=sha256(head).hexdigest()))


def _members(answers: Generator[bytes, bytes | None, None], origin: Origin, problems: Problems) -> Iterator[Content]:
    messages = _Messages(answers)
    try:
        while message := messages.next():
            parts = unpacked(message[1:])
            if message[:1] == CONTENT:
                head, *name = parts
                member = _Member(messages)
                named = replace(origin, member=name[0].decode() if name else None, head=sha256(head).hexdigest())
                yield Content(cast("BinaryIO", Stream(cast("IO[bytes]", member))), head, named)
                member.finish()
                continue
            reason, where, *why = (part.decode() for part in (parts if message[:1] != FAILED else (b"", *parts)))
            if message[:1] == FAILED:
                problems.fail(origin.path + where, why[0])
            else:
                problems.note(reason, origin.path + where, why[0])
    finally:
        answers.close()


class _Messages:
    """What the other process says."""

    def __init__(self, answers: Generator[bytes, bytes | None, None]) -> None:
        self._answers = answers
        self._begun = False

    def next(self, reply: bytes | None = None) -> bytes:
        """The next message, nothing at the end.

        Raises:
            SpentError: there is none, and will be none.
        """
        try:
            message = self._answers.send(reply if self._begun else None)
            self._begun = True
        except StopIteration:
            return b""
        except SourceError as error:
            raise SpentError(str(error)) from error
        return message


class _Member:
    """A content's bytes; they are asked for by the first read.

    Attributes:
        place: how far the packed file is read.
    """

    def __init__(self, messages: _Messages) -> None:
        self._messages = messages
        self._data = memoryview(b"")
        self._asked = False
        self._ended = False
        self._broken: SourceError | None = None
        self.place = 0

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none only at the end.

        Raises:
            SourceError: it breaks off.
        """
        if not self._data and not self._ended:
            self._next()
        if self._broken is not None and not self._data:
            raise self._broken
        taken, self._data = (self._data, memoryview(b"")) if size < 0 else (self._data[:size], self._data[size:])
        return bytes(taken)

    def finish(self) -> None:
        """Pass over what was not read of what was asked for."""
        while self._asked and not self._ended:
            self._next()

    def _next(self) -> None:
        message = self._messages.next(None if self._asked else YES)
        self._asked = True
        if message[:1] == DATA:
            self.place, self._data = PLACE.unpack_from(message, 1)[0], memoryview(message)[1 + PLACE.size :]
        elif message[:1] == BROKEN:
            self._ended, self._broken = True, SourceError(message[1:].decode())
        else:
            assert message == END
            self._ended = True
