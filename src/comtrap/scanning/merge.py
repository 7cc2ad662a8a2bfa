"""What other processes found, put into the run as one process would have found it.

Where a piece of a file begins is known by bytes only. How many positions there are before it is told by those who read
the pieces before, so that nobody has to count them beforehand; until then what was found in it waits on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.alerts.store import Moved
from comtrap.errors import SourceError
from comtrap.sources.pieces import Piece, positions
from comtrap.sources.read import FILE_BITS

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from comtrap.events.problems import Problems
    from comtrap.scanning.part import Part, Tally
    from comtrap.scanning.tasks import Task, Unit
    from comtrap.sources.progress import Progress


@dataclass(frozen=True, slots=True)
class Done:
    """What is told of a task that was run.

    Attributes:
        tally: the counts, but for the problems.
        problems: of each unit that was begun.
    """

    tally: Tally
    problems: list[Problems]


@dataclass(slots=True)
class Merge:
    """Takes what tasks found, in any order; all is in the part when it is left.

    Attributes:
        part: its store and tally take it.
        progress: told of each task that is done.
        folder: where the databases of tasks are.
    """

    part: Part
    progress: Progress
    folder: str
    _paths: int = 0
    _waiting: list[tuple[Unit, str]] = field(default_factory=list)
    _done: list[tuple[Unit, Problems]] = field(default_factory=list)
    _counts: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict)
    """By input, and by the byte where a piece begins: where it ends, and how many positions it has."""

    def path(self) -> str:
        """Where a task may write what it finds."""
        self._paths += 1
        return str(Path(self.folder) / f"{self._paths}.db")

    def add(self, task: Task, path: str, done: Done) -> None:
        """Take what a task found, as soon as its place is known."""
        self.part.tally.add(done.tally)
        for unit, problems in zip(task.units, done.problems, strict=False):
            self._done.append((unit, problems))
            if unit.piece is not None and problems.positions is not None:
                counts = self._counts.setdefault(unit.input[0], {})
                counts[unit.piece.start] = (unit.piece.stop, problems.positions)
        self._waiting.append((task.units[0], path))
        self._take()
        self.progress.begin(task.units[-1].input[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Pieces that were not read to their ends have positions too: of these alone they are counted here.
        for unit in [unit for unit, _ in self._waiting]:
            self._count_before(unit)
        self._take()
        for unit, problems in sorted(self._done, key=lambda one: (one[0].input[0], one[0].start)):
            problems.move(self._position(unit) or 0)
            self.part.tally.problems.add(problems)

    def _take(self) -> None:
        waiting, self._waiting = self._waiting, []
        for unit, path in waiting:
            position = self._position(unit)
            if position is None:
                self._waiting.append((unit, path))
                continue
            number = unit.input[0]
            moved = Moved(number << FILE_BITS, (number + 1) << FILE_BITS, position) if position else None
            self.part.store.absorb(path, moved=moved)
            Path(path).unlink()

    def _position(self, unit: Unit) -> int | None:
        """Of the first record of a unit; None while it is not known."""
        counts = self._counts.get(unit.input[0], {})
        at = found = 0
        while at < unit.start:
            if at not in counts:
                return None
            at, more = counts[at]
            found += more
        return found

    def _count_before(self, unit: Unit) -> None:
        """Count the positions before a unit that nobody has told."""
        counts = self._counts.setdefault(unit.input[0], {})
        at = 0
        while at < unit.start:
            if at not in counts:
                stop = min([start for start in counts if start > at] + [unit.start])
                try:
                    counts[at] = (stop, positions(unit.input[1], Piece(at, stop)))
                except (OSError, SourceError):  # it is no longer what it was; that is said by whoever read it
                    counts[at] = (stop, 0)
            at, _ = counts[at]
