"""What could not be read: counted by reason, never fatal, shown at the end of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

SHOWN = 20  # messages kept; the rest only counts

Words: TypeAlias = str | tuple[str | int, ...]
"""A text, or its parts; a number among them is a record's position, or one more, in what is read."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """An index of which the events that could matter were told by its cluster, so that others were not read.

    Attributes:
        queries: how many conditions the cluster was asked.
        found: how many documents it named for them.
        documents: how many there are; None where all of them were read.
        whole: why some of its indices, or all, were read whole nevertheless, by their names.
    """

    queries: int
    found: int
    documents: int | None
    whole: dict[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether all there are were read after all."""
        return self.documents is None

    @property
    def stats(self) -> dict[str, object]:
        """It in numbers, as ``--stats`` writes it."""
        return {"queries": self.queries, "found": self.found, "documents": self.documents, "read_whole": self.whole}


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
        narrowed: by address, what a cluster was asked instead of being read whole; no problem in itself.
        positions: how many there were, where a piece of a file was read to its end; None where it was not.
    """

    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    fallback: int = field(default=0, compare=False)  # a figure of the reader, no problem in itself
    first: list[str] = field(default_factory=list)
    narrowed: dict[str, Narrowed] = field(default_factory=dict, compare=False)
    positions: int | None = field(default=None, compare=False)
    _parts: list[tuple[str | int, ...]] = field(default_factory=list, compare=False)  # what `first` is made of

    @property
    def is_narrowed(self) -> bool:
        """Whether there are events that were not read, as none of them could matter."""
        return not all(each.is_whole for each in self.narrowed.values())

    def skip(self, reason: str, where: Words, why: Words = "", count: int = 1) -> None:
        """Count records that give no event."""
        self.skipped[reason] += count
        self._remember(where, why or reason)

    def note(self, reason: str, where: Words, why: Words = "", count: int = 1) -> None:
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
        self.narrowed.update(other.narrowed)
        self.first += other.first[: SHOWN - len(self.first)]

    def move(self, by: int) -> None:
        """Tell positions as of a file of which a piece was read that begins at this one; nothing was added yet."""
        self._parts = [tuple(each + by if isinstance(each, int) else each for each in parts) for parts in self._parts]
        self.first = ["".join(map(str, parts)) for parts in self._parts]

    def _remember(self, where: Words, why: Words) -> None:
        if len(self.first) < SHOWN:
            where, why = ((each,) if isinstance(each, str) else each for each in (where, why))
            self._parts.append((*where, ": ", *why))
            self.first.append("".join(map(str, self._parts[-1])))
