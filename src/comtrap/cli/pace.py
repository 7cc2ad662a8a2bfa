"""How fast a run is getting on, and when it will be done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comtrap.sources.progress import Progress

HORIZON = 20
"""What was so many seconds ago counts e times less than what is now: files differ, and batches come in jerks."""

FIRST = 2
"""Seconds before anything is said of the time left."""

STEPS = 2
"""How often more must have been read before that."""


@dataclass(slots=True)
class Pace:
    """Looks at a run from time to time.

    Attributes:
        rate: events a second, lately; the last one once all is read.
        left: seconds until all is read, None while there is nothing to go by or where nobody can know.
        elapsed: seconds since the first look.
    """

    rate: float = 0.0
    left: float | None = None
    elapsed: float = 0.0
    _began: float | None = None
    _looked: float | None = None  # None while nothing was read
    _seconds: float = 0.0  # this and the two below: sums of what lies between looks, older parts counting less
    _events: float = 0.0
    _bytes: float = 0.0
    _seen: tuple[int, int] = (0, 0)
    _steps: int = 0

    def look(self, now: float, progress: Progress) -> None:
        """Take note of how far it is.

        Args:
            now: seconds of any clock that does not run backwards.
            progress: the run's.
        """
        events, size = progress.events, progress.read_bytes
        self._began = now if self._began is None else self._began
        self.elapsed = now - self._began
        if self._looked is None or size < self._seen[1]:
            # Nothing was read yet, or reading has begun again: how long it took to get going says nothing of the rest.
            self._looked, self._seen, self._steps = now if size or events else None, (events, size), 0
            self._seconds = self._events = self._bytes = 0.0
            self.left = None
            return
        passed = now - self._looked
        if passed <= 0 or (progress.share == 1 and (events, size) == self._seen):
            return
        kept = math.exp(-passed / HORIZON)
        self._seconds = self._seconds * kept + passed
        self._events = self._events * kept + events - self._seen[0]
        self._bytes = self._bytes * kept + size - self._seen[1]
        self._steps += size > self._seen[1]
        self._looked, self._seen = now, (events, size)
        self.rate = self._events / self._seconds
        self.left = self._left(progress.total_bytes, size)

    def _left(self, total: int | None, size: int) -> float | None:
        if total is None or size >= total or self._seconds < FIRST or self._steps < STEPS or not self._bytes:
            return None
        return (total - size) * self._seconds / self._bytes


def time_left(seconds: float) -> str:
    """Seconds as exactly as they deserve, rounded up: an estimate is none to the second."""
    if seconds <= 5:
        return "a few seconds left"
    if seconds <= 55:
        return f"{math.ceil(seconds / 5) * 5} s left"
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min left"
    hours, minutes = divmod(math.ceil(minutes / 5) * 5, 60)
    return f"about {hours:,} h {minutes} min left" if minutes else f"about {hours:,} h left"
