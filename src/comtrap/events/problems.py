"""What could not be read: counted by reason, never fatal, shown at the end of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHOWN = 20  # messages kept; the rest only counts


@dataclass(slots=True)
class Problems:
    """Counts of what was skipped or repaired; the one mutable type that travels with the data.

    Attributes:
        skipped: records that give no event, by reason (``truncated``, ``bad json``, ``too long``, ``too deep`` …).
            Each is one of the events seen.
        notes: what was odd but cost no event (a value of a wrong type, a checksum), by reason.
        failed: inputs that could not be read at all, by path (with ``!member``): the sentence that says why.
        fallback: records that the `evtx` package read.
        first: the first messages, each ``where: why``, at most `SHOWN`.
    """

    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    fallback: int = field(default=0, compare=False)  # a figure of the reader, no problem in itself
    first: list[str] = field(default_factory=list)

    def skip(self, reason: str, where: str, why: str = "", count: int = 1) -> None:
        """Count records that give no event."""
        self.skipped[reason] += count
        self._remember(where, why or reason)

    def note(self, reason: str, where: str, why: str = "", count: int = 1) -> None:
        """Count something odd that cost no event."""
        self.notes[reason] += count
        self._remember(where, why or reason)

    def fail(self, where: str, why: str) -> None:
        """An input that cannot be read, or cannot be read further."""
        self.failed[where] = why
        self._remember(where, why)

    def add(self, other: Problems) -> None:
        """Take over the counts of another run's part."""
        self.skipped.update(other.skipped)
        self.notes.update(other.notes)
        self.failed.update(other.failed)
        self.fallback += other.fallback
        self.first += other.first[: SHOWN - len(self.first)]

    def _remember(self, where: str, why: str) -> None:
        if len(self.first) < SHOWN:
            self.first.append(f"{where}: {why}")
