"""How many events each clause of a stage let through."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.check import typed
from comtrap.explain.condition import Kind, Node, clauses
from comtrap.explain.nearest import Nearest
from comtrap.explain.reading import tally, with_value

if TYPE_CHECKING:
    from comtrap.execute.condition import Conditions
    from comtrap.explain.condition import FieldUse
    from comtrap.explain.reading import Chunk

_CELLS = 1 << 24  # verdicts held at once: clauses times events
_NEVER = 1 << 20  # further than any event can be


@dataclass(frozen=True, slots=True)
class ClauseCount:
    """How the events of a stage's category fared at one of its top clauses.

    Attributes:
        so_far: those of which it and all clauses before it hold.
        alone: those of which it holds.
        only: those of which every clause holds but this.
    """

    node: Node
    so_far: int
    alone: int
    only: int


@dataclass(frozen=True, slots=True)
class FieldCount:
    """A field that the condition reads, and how many events of the category have a value in it."""

    name: str
    type: str
    events: int


@dataclass(slots=True)
class Funnel:
    """Counts one stage over all input.

    Attributes:
        category: what the stage asks for; None for any.
        clauses: the top clauses, in the order written; the rule's indices come first.
        of_category: events of the category.
        held: those of which all clauses hold.
        indices: events of the category by index.
    """

    category: str | None
    node: Node
    of_category: int = 0
    held: int = 0
    indices: Counter[str] = field(default_factory=Counter)
    nearest: Nearest = field(init=False)
    _so_far: np.ndarray = field(init=False)
    _alone: np.ndarray = field(init=False)
    _only: np.ndarray = field(init=False)
    _values: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Begin at zero."""
        self.nearest = Nearest(self.node.parts)
        self._so_far, self._alone, self._only = (np.zeros(len(self.node.parts), np.int64) for _ in range(3))

    def add(self, chunk: Chunk, conditions: Conditions, rows: np.ndarray) -> np.ndarray:
        """Count the rows that are of the category; gives those of which the condition holds."""
        size = max(1, _CELLS // sum(1 for _ in clauses(self.node)))
        found = [self._add(chunk, conditions, rows[at : at + size]) for at in range(0, rows.size, size)]
        return np.concatenate(found) if found else rows

    def _add(self, chunk: Chunk, conditions: Conditions, rows: np.ndarray) -> np.ndarray:
        self.of_category += rows.size
        asked = _Asked(conditions, rows)
        held = np.array([asked.true(part) for part in self.node.parts])
        missed = (~held).sum(axis=0)
        self._so_far += np.logical_and.accumulate(held, axis=0).sum(axis=1)
        self._alone += held.sum(axis=1)
        self._only += (~held & (missed == 1)).sum(axis=1)
        self.held += int((missed == 0).sum())
        self._count_values(chunk, rows)
        open_ = np.flatnonzero(missed)
        distance = missed if len(self.node.parts) > 1 else asked.distance(self.node)[0]
        self.nearest.add(chunk, rows[open_], distance[open_], held[:, open_])
        return rows[missed == 0]

    @property
    def counts(self) -> tuple[ClauseCount, ...]:
        """One for each top clause."""
        columns = (self._so_far.tolist(), self._alone.tolist(), self._only.tolist())
        return tuple(ClauseCount(part, *found) for part, *found in zip(self.node.parts, *columns, strict=True))

    @property
    def fields(self) -> tuple[FieldCount, ...]:
        """The mapped fields that the condition reads."""
        return tuple(FieldCount(name, use.type, self._values[name]) for name, use in self._uses().items())

    def _uses(self) -> dict[str, FieldUse]:
        written = (node for node in clauses(self.node) if node.kind is Kind.CLAUSE)
        return {use.column: use for node in written for use in node.fields if use.column is not None}

    def _count_values(self, chunk: Chunk, rows: np.ndarray) -> None:
        taken = pa.array(rows)
        tally(self.indices, chunk.batch.column("_index").take(taken))
        for name in self._uses():
            if name in chunk.batch.frame.schema.names:
                self._values[name] += with_value(chunk.batch.column(name).take(taken))


class _Asked:
    """Parts of a condition asked of some rows, each once."""

    def __init__(self, conditions: Conditions, rows: np.ndarray) -> None:
        self._conditions = conditions
        self._rows = rows
        self._known: dict[typed.Expr, np.ndarray] = {}

    def true(self, node: Node) -> np.ndarray:
        """Whether a part holds; what has no result counts as false."""
        if node.expr not in self._known:
            self._known[node.expr] = self._conditions.decide(node.expr, self._rows, lambda _count, _message: None)
        return self._known[node.expr]

    def distance(self, node: Node) -> tuple[np.ndarray, np.ndarray]:
        """How many clauses would have to be otherwise for a part to be true, and for it to be false."""
        if isinstance(node.expr, typed.Constant) or not node.parts:
            true = self.true(node)
            otherwise = _NEVER if isinstance(node.expr, typed.Constant) else 1
            return np.where(true, 0, otherwise), np.where(true, otherwise, 0)
        parts = [self.distance(part) for part in node.parts]
        if node.kind is Kind.NOT:
            return parts[0][1], parts[0][0]
        to_true, to_false = zip(*parts, strict=True)
        if node.kind is Kind.AND:
            return np.minimum(np.sum(to_true, axis=0), _NEVER), np.min(to_false, axis=0)
        return np.min(to_true, axis=0), np.minimum(np.sum(to_false, axis=0), _NEVER)
