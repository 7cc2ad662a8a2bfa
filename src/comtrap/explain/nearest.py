"""The events that came nearest to a match, alike ones counted together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.explain.sighting import Sighting, sightings
from comtrap.plan.shape import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.explain.condition import Node
    from comtrap.explain.reading import Chunk

GROUPS = 256  # groups of alike events that are kept
_NEW = 64  # groups of one batch that are looked at


@dataclass(frozen=True, slots=True)
class Near:
    """Events that missed by the same clauses, for the same values.

    Attributes:
        missed: which of the top clauses did not hold, by number.
        first: one of them, the first that was read.
        count: how many there are.
    """

    missed: tuple[int, ...]
    first: Sighting
    count: int


@dataclass(slots=True)
class Nearest:
    """Keeps the nearest misses of one stage, in bounded memory.

    How near an event came is a small number, of which less is nearer; only events of the least one seen are kept.

    Attributes:
        clauses: the top clauses.
        level: the least distance so far.
        events: how many events came that near.
    """

    clauses: Sequence[Node]
    level: int | None = None
    events: int = 0
    _groups: dict[tuple[object, ...], Near] = field(default_factory=dict)

    def add(self, chunk: Chunk, rows: np.ndarray, distance: np.ndarray, held: np.ndarray) -> None:
        """Take events that did not match.

        Args:
            chunk: whose events.
            rows: their rows.
            distance: how near each came.
            held: whether each clause held, a line a clause, a column an event.
        """
        if not rows.size:
            return
        level = int(distance.min())
        if self.level is not None and level > self.level:
            return
        if level != self.level:
            self.level, self.events = level, 0
            self._groups.clear()
        near = np.flatnonzero(distance == level)
        self.events += near.size
        missed, which = np.unique(~held[:, near], axis=1, return_inverse=True)
        for number in range(min(missed.shape[1], _NEW)):
            clauses = tuple(np.flatnonzero(missed[:, number]).tolist())
            self._add_alike(chunk, rows[near[which.ravel() == number]], clauses)

    def found(self, most: int) -> list[Near]:
        """The groups to show: for each combination of clauses the largest, then the second of each, and so on."""
        by_clauses: dict[tuple[int, ...], list[Near]] = {}
        for group in sorted(self._groups.values(), key=lambda g: (g.missed, -g.count, g.first.event.number)):
            by_clauses.setdefault(group.missed, []).append(group)
        turns = [(place, group) for groups in by_clauses.values() for place, group in enumerate(groups)]
        return [group for _, group in sorted(turns, key=lambda t: t[0])][:most]

    def _add_alike(self, chunk: Chunk, rows: np.ndarray, missed: tuple[int, ...]) -> None:
        names = dict.fromkeys(name for number in missed for name in columns_of(self.clauses[number].expr))
        taken = pa.array(rows)
        columns = [_texts(chunk.batch.column(name).take(taken)) for name in names]
        firsts, counts = _alike(columns, rows.size)
        labels = [(missed, *(column[first].as_py() for column in columns)) for first in firsts.tolist()]
        new: list[tuple[tuple[object, ...], int, int]] = []
        for label, first, count in zip(labels, firsts.tolist(), counts.tolist(), strict=True):
            known = self._groups.get(label)
            if known is not None:
                self._groups[label] = Near(missed, known.first, known.count + count)
            elif len(self._groups) + len(new) < GROUPS:
                new.append((label, first, count))
        seen = sightings(chunk.batch, [int(rows[first]) for _, first, _ in new], chunk.raws)
        for (label, _, count), sighting in zip(new, seen, strict=True):
            self._groups[label] = Near(missed, sighting, count)


def _texts(column: pa.Array) -> pa.Array:
    """One text a row, equal where the values are."""
    if pa.types.is_list(column.type):
        return pc.binary_join(column.cast(pa.list_(pa.string())), "\\0")
    return column.cast(pa.string())


def _alike(columns: list[pa.Array], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each group of rows with equal values and how many there are; the largest groups, at most `_NEW`."""
    code = np.zeros(size, np.int64)
    for column in columns:
        values = column.dictionary_encode()
        part = pc.fill_null(values.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        code = np.unique(code * (len(values.dictionary) + 1) + part, return_inverse=True)[1]
    _, firsts, counts = np.unique(code, return_index=True, return_counts=True)
    largest = np.lexsort([firsts, -counts])[:_NEW]
    return firsts[largest], counts[largest]
