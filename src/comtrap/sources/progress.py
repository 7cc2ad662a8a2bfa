"""How far a run has got with its inputs, for whoever waits for it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.sources.walk import STDIN

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableSequence

PACKED = (b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"(\xb5/\xfd")
PACKED_TIMES = 12  # how much larger packed logs are unpacked

_MAGIC_BYTES = 8


def work_bytes(path: str) -> int | None:
    """About how many bytes there are to read; None for what is no file, such as a pipe, or cannot be opened."""
    if path == STDIN:
        return None
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return None
        with Path(path).open("rb") as file:
            return os.fstat(file.fileno()).st_size * times(file.read(_MAGIC_BYTES))
    except OSError:  # reading it will say what is wrong
        return None


def times(head: bytes) -> int:
    """How many bytes one byte of a file that begins like this is worth: what is packed takes longer to read."""
    return PACKED_TIMES if head.startswith(PACKED) else 1


class Progress:
    """What there is to read, and what was read of it. The run keeps it up; another thread may look at any time.

    Whatever is told here is told after it was read and looked at.

    Attributes:
        path: what is being read, or was last.
        total_bytes: what there is to read, packed bytes at their worth; None while or where nobody can know.
    """

    def __init__(self, numbers: MutableSequence[int] | None = None, at: int = 0) -> None:
        """Nothing was read yet.

        Args:
            numbers: where to count, if others are to see it: events at `at`, bytes after that.
            at: see there.
        """
        self.path = ""
        self.total_bytes: int | None = None
        self._numbers = [0, 0] if numbers is None else numbers
        self._at = at
        self._beside: MutableSequence[int] = []

    @property
    def events(self) -> int:
        """How many were read."""
        return self._numbers[self._at] + sum(self._beside[::2])

    @property
    def read_bytes(self) -> int:
        """How many of the total were read."""
        return self._numbers[self._at + 1] + sum(self._beside[1::2])

    @property
    def share(self) -> float | None:
        """How much of the work is done, from 0 to 1, where that can be known."""
        if self.total_bytes is None:
            return None
        return min(1.0, self.read_bytes / self.total_bytes) if self.total_bytes else 1.0

    def expect(self, sizes: Iterable[int | None]) -> None:
        """Say what there is to read, by `work_bytes`; whatever was counted before is forgotten."""
        known = list(sizes)
        self._numbers[self._at] = self._numbers[self._at + 1] = 0
        self.total_bytes = None if None in known else sum(size for size in known if size is not None)

    def begin(self, path: str) -> None:
        """Say what is read next."""
        self.path = path

    def add(self, events: int, size_bytes: int) -> None:
        """Count what was read."""
        self._numbers[self._at] += events
        self._numbers[self._at + 1] += size_bytes

    def watch(self, numbers: MutableSequence[int]) -> None:
        """Count in what other processes count: events and bytes, by turns."""
        self.settle()
        self._beside = numbers

    def settle(self) -> None:
        """Take over what other processes have counted; they are done."""
        counted, self._beside = self._beside, []
        self.add(sum(counted[::2]), sum(counted[1::2]))


@dataclass(slots=True)
class Reading:
    """One input, or a piece of it, as it is read.

    Attributes:
        progress: what is told.
        size_bytes: what the whole of it counts; 0 where that is not known.
        times: what each of its bytes counts.
    """

    progress: Progress
    size_bytes: int
    times: int
    _told_bytes: int = 0

    def at(self, place: int, events: int) -> None:
        """Tell of more events, up to some byte of the input."""
        now = min(place * self.times, self.size_bytes) if self.size_bytes else place
        self.progress.add(events, max(0, now - self._told_bytes))
        self._told_bytes = max(now, self._told_bytes)

    def end(self) -> None:
        """Tell that there is no more of it, whether it was all read or not."""
        self.at(self.size_bytes, 0)
