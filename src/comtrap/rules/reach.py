"""Which events some rule could have matched: what tells a quiet log from one that nobody looks at."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.check import typed
from comtrap.plan.plan import stages
from comtrap.plan.shape import is_dead
from comtrap.rules.compile import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.events.batch import EventBatch
    from comtrap.plan.plan import Plan

Reach: TypeAlias = tuple[tuple[str, frozenset[str | None]], ...]
"""Index pattern and the event categories that rules ask for there; None among them is any."""


def reach(plan: Plan) -> Reach:
    """What the rules of a plan read. Nothing, if no event can meet any of their conditions."""
    found: dict[str, set[str | None]] = {}
    for query in plan.queries:
        for stage in stages(query):
            if not is_dead(stage):
                for pattern in _indices(stage.predicate):
                    found.setdefault(pattern, set()).add(stage.category)
    return tuple((pattern, frozenset(categories)) for pattern, categories in sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Watch:
    """What a stage of a rule reads.

    Attributes:
        stage: the numbers of its query and of the stage there.
        patterns: of the indices its rule reads.
        category: the event category it asks for; None for any.
    """

    stage: tuple[int, int]
    patterns: tuple[str, ...]
    category: str | None


def watches(plan: Plan) -> tuple[Watch, ...]:
    """The stages of a plan that some event could fill."""
    return tuple(
        Watch((number, place), _indices(stage.predicate), stage.category)
        for number, query in enumerate(plan.queries)
        for place, stage in enumerate(stages(query))
        if not is_dead(stage)
    )


def met(watching: Iterable[Watch], batch: EventBatch, category_field: str) -> set[tuple[int, int]]:
    """The stages for which a batch has an event of their index and category, whatever else they ask for."""
    indices = batch.column("_index").dictionary_encode()
    codes, column = np.asarray(indices.indices), batch.column(category_field)
    found: set[tuple[int, int]] = set()
    for code, name in enumerate(indices.dictionary.to_pylist()):
        there = column.filter(pa.array(codes == code))
        if pa.types.is_list(there.type):
            there = there.flatten()
        categories = set(pc.unique(there).to_pylist())
        found |= {
            watch.stage
            for watch in watching
            if (watch.category is None or watch.category in categories)
            and any(fnmatchcase(name, pattern) for pattern in watch.patterns)
        }
    return found


def reached(reads: Reach, batch: EventBatch, category_field: str) -> int:
    """How many events of a batch are of an index and a category that some rule reads."""
    indices = batch.column("_index").dictionary_encode()
    codes = np.asarray(indices.indices)
    total = 0
    for code, name in enumerate(indices.dictionary.to_pylist()):
        wanted = {c for pattern, categories in reads if fnmatchcase(name, pattern) for c in categories}
        rows = codes == code
        if wanted and None not in wanted:
            rows &= _has(batch.column(category_field), sorted(c for c in wanted if c is not None))
        total += int(rows.sum()) if wanted else 0
    return total


def _indices(predicate: typed.Expr) -> tuple[str, ...]:
    """The index patterns that a rule's guard lets through."""
    operands = predicate.operands if isinstance(predicate, typed.AllOf) else (predicate,)
    for operand in operands:
        if isinstance(operand, typed.Matches) and operand.value == INDEX:
            return operand.patterns
    return ("*",)


def _has(column: pa.Array, values: list[str]) -> np.ndarray:
    if not pa.types.is_list(column.type):
        return np.asarray(pc.is_in(column, pa.array(values, pa.string())))
    held = np.zeros(len(column), dtype=bool)
    held[np.asarray(pc.list_parent_indices(column))[np.asarray(pc.is_in(column.flatten(), pa.array(values)))]] = True
    return held
