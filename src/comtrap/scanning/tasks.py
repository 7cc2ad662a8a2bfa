"""The inputs of a run as tasks for several processes.

They are few and large, since what is left at the end of each is looked at in small batches, which cost as much as large
ones. The last ones are smaller, so that all processes are done at about the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from comtrap.sources.pieces import Piece, is_divisible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from comtrap.scanning.part import Input

LARGEST_BYTES = 1 << 30  # of one task
LAST_BYTES = 256 << 20  # of one of the last tasks, at most
LEAST_BYTES = 64 << 20  # of one of the last tasks: for less there are none
PIECE_BYTES = 16 << 20  # a file is not cut for less


@dataclass(frozen=True, slots=True)
class Unit:
    """An input, or a piece of it; the piece's position is of no meaning."""

    input: Input
    piece: Piece | None = None

    @property
    def start(self) -> int:
        """The byte at which it begins."""
        return 0 if self.piece is None else self.piece.start


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does at a time: units in the order of the run; only the first may begin within its file."""

    units: tuple[Unit, ...]

    def halves(self) -> tuple[Task, ...]:
        """The same in two tasks; in one if that is so little that it is not divided."""
        if len(self.units) > 1:
            middle = len(self.units) // 2
            return Task(self.units[:middle]), Task(self.units[middle:])
        (one,) = self.units
        if one.piece is None or one.piece.stop - one.piece.start < 2 * PIECE_BYTES:
            return (self,)
        middle = (one.piece.start + one.piece.stop) // 2
        first, second = replace(one.piece, stop=middle), replace(one.piece, start=middle)
        return Task((replace(one, piece=first),)), Task((replace(one, piece=second),))


def tasks(inputs: Iterable[Input], sizes: Mapping[str, int], jobs: int, *, cut: bool = True) -> list[Task]:
    """All inputs in tasks, in order.

    Args:
        inputs: what to read, by number.
        sizes: how large they are, about.
        jobs: how many processes there will be.
        cut: whether files may be cut into pieces.
    """
    inputs = list(inputs)
    division = _Division(_shares(sum(sizes[path] for _, path in inputs), jobs))
    for one in inputs:
        start, end = 0, sizes[one[1]]
        may_cut = cut and end >= 2 * PIECE_BYTES and is_divisible(one[1])
        while True:
            room, left = division.room, end - start
            if may_cut and min(room, left - room) >= PIECE_BYTES:
                division.add(Unit(one, Piece(start, start + room)), room)
                start += room
            elif left > room and division.is_half_full:  # otherwise it is rather too much than too little
                division.close()
            else:
                break
        division.add(Unit(one, Piece(start, end) if start else None), left)
    division.close()
    return division.done


class _Division:
    """Tasks that are filled one after another."""

    def __init__(self, shares: list[int]) -> None:
        """Args: shares: how large each is to be; what is more is as large as the last."""
        self.done: list[Task] = []
        self._shares = shares[::-1]
        self._units: list[Unit] = []
        self.room = self._share

    @property
    def is_half_full(self) -> bool:
        """Whether the task that is being filled has most of what it is to have."""
        return bool(self._units) and self.room < self._share // 2

    def add(self, unit: Unit, size_bytes: int) -> None:
        """Put a unit into the task that is being filled."""
        self._units.append(unit)
        self.room -= size_bytes
        if self.room <= 0:
            self.close()

    def close(self) -> None:
        """Begin another task."""
        if self._units:
            self.done.append(Task(tuple(self._units)))
            if len(self._shares) > 1:
                self._shares.pop()
        self._units, self.room = [], self._share

    @property
    def _share(self) -> int:
        return self._shares[-1]


def _shares(total_bytes: int, jobs: int) -> list[int]:
    """How large the tasks are to be."""
    last = min(total_bytes // (5 * jobs), LAST_BYTES)
    if last < LEAST_BYTES:
        last = 0
    rounds = max(1, -(-(total_bytes - last * jobs) // (jobs * LARGEST_BYTES)))
    large = -(-(total_bytes - last * jobs) // (jobs * rounds))
    return [large] * (jobs * rounds) + [last] * (jobs if last else 0)
