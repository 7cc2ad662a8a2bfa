"""Unpacking, in a process of its own (see `child`): an archive's contents as a row of small messages.

A `CONTENT` is followed, if it is wanted, by its `DATA` and then `END`, or `BROKEN` with a sentence. `DATA` begins with
the place up to which the file was read for it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from comtrap.errors import SourceError
from comtrap.events.origin import Origin
from comtrap.events.problems import Problems
from comtrap.sources.archives import contents
from comtrap.sources.child import YES, Question, packed, unpacked
from comtrap.sources.stream import Allowance, SpentError, Stream

if TYPE_CHECKING:
    from collections.abc import Generator

    from comtrap.events.problems import Words
    from comtrap.sources.source import Content

CONTENT, DATA, END, BROKEN, FAILED, NOTED = b"c", b"+", b".", b"!", b"f", b"n"

PLACE = struct.Struct("<Q")
_PIECE = 1 << 18


class _Told(Problems):
    """Problems as messages."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: list[bytes] = []

    def fail(self, where: str, why: str) -> None:
        """A member that cannot be opened."""
        self._messages.append(FAILED + _texts(where, why))

    def note(self, reason: str, where: Words, why: Words = "", count: int = 1) -> None:
        """A member that is passed over."""
        assert count == 1
        assert isinstance(where, str)
        assert isinstance(why, str)
        self._messages.append(NOTED + _texts(reason, where, why))

    def taken(self) -> list[bytes]:
        """What was told since this was asked the last time."""
        messages, self._messages = self._messages, []
        return messages


def unpack(request: bytes) -> Generator[bytes, bytes | None, None]:
    """What is in a file.

    Args:
        request: the file's path, then passwords to try; packed.

    Raises:
        SourceError: nothing further of it is read.
    """
    path, *passwords = unpacked(request)
    told = _Told()
    with Path(os.fsdecode(path)).open("rb") as file:
        allowance = Allowance(file.seek(0, 2))
        file.seek(0)
        stream = Stream(cast("IO[bytes]", file), whole=True)
        for content in contents(stream, Origin("", ""), allowance, told, tuple(passwords)):
            yield from told.taken()
            member = content.origin.member
            wanted = yield Question(CONTENT + packed([content.head, *([] if member is None else [member.encode()])]))
            if wanted == YES:
                yield from _data(content, file)
        yield from told.taken()


def _data(content: Content, file: IO[bytes]) -> Generator[bytes, bytes | None, None]:
    while True:
        data, why = b"", None
        try:
            while len(data) < _PIECE and (more := content.stream.read(_PIECE - len(data))):
                data += more
        except SpentError:
            if data:
                yield DATA + PLACE.pack(file.tell()) + data
            raise
        except SourceError as error:
            why = str(error)
        if data:
            yield DATA + PLACE.pack(file.tell()) + data
        if why is not None or not data:
            yield END if why is None else BROKEN + why.encode("utf-8", "replace")
            return


def _texts(*texts: str) -> bytes:
    return packed(text.encode("utf-8", "replace") for text in texts)
