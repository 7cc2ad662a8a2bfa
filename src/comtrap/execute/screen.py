"""One pass over a column of long texts for all conditions on it.

Most command lines hold none of the texts that any rule looks for. A single search for all of these leaves to each
condition the few events where it can be true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.execute import patterns
from comtrap.execute.columns import flags
from comtrap.plan.needs import needs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.check import typed
    from comtrap.execute.columns import Column
    from comtrap.execute.condition import Conditions
    from comtrap.plan.needs import Need

_SAMPLE = 256
_COMMON = 0.05  # of a sample: a text that is in so many values is not worth searching for


class Screen:
    """Rules out events of one batch, for a given set of conditions."""

    def __init__(self, conditions: Conditions, visits: Mapping[typed.Expr, int]) -> None:
        """Args: visits: by predicate, how many rows it is going to be asked of; decides whether searching pays."""
        self._conditions = conditions
        self._wanted: dict[str, set[str]] = {}
        self._rare: dict[str, frozenset[str]] = {}
        self._held: dict[str, np.ndarray] = {}
        expected = 0
        for predicate, count in visits.items():
            useful = self._useful(predicate) if count else []
            expected += count if useful else 0
            for name, texts in (item for need in useful for item in need.items()):
                self._wanted.setdefault(name, set()).update(texts)
        self._pays = expected > sum(conditions.columns[name].whole.size for name in self._wanted)

    def left(self, predicate: typed.Expr, rows: np.ndarray) -> np.ndarray:
        """Those of the rows where the predicate may be true. Rows of predicates that no screen helps come back whole."""
        for need in self._useful(predicate) if self._pays and rows.size else ():
            if all(texts <= self._texts(name) for name, texts in need.items()):
                rows = rows[self._holds(need, rows)]
        return rows

    def _useful(self, predicate: typed.Expr) -> list[Need]:
        return [need for need in needs(predicate) if all(map(self._is_dear, need))]

    def _is_dear(self, name: str) -> bool:
        return not self._conditions.columns[name].is_short

    def _texts(self, name: str) -> frozenset[str]:
        """The wanted texts that are rare in the column."""
        if name not in self._rare:
            column = self._conditions.columns[name]
            lowered = column.whole.lowered(name)
            places = np.linspace(0, len(lowered) - 1, _SAMPLE).astype(np.int64)
            sample = [text for text in lowered.take(pa.array(places)).to_pylist() if text is not None]
            most = _COMMON * len(sample)
            wanted = self._wanted[name]
            self._rare[name] = frozenset(text for text in wanted if sum(text in value for value in sample) <= most)
        return self._rare[name]

    def _holds(self, need: Need, rows: np.ndarray) -> np.ndarray:
        found = np.zeros(rows.size, bool)
        for name in need:
            if name not in self._held:
                self._held[name] = _searched(self._conditions.columns[name], self._texts(name))
            found |= self._held[name][rows]
        return found


def _searched(column: Column, texts: frozenset[str]) -> np.ndarray:
    """For each row whether one of its values has one of the texts in it."""
    lowered = column.whole.lowered(column.name)
    found = np.zeros(column.whole.size, bool)
    for regex in patterns.alternations([patterns.literal(text) for text in sorted(texts)]):
        found |= flags(patterns.found(lowered, regex))
    found = found[column.on_whole(np.arange(len(column)))]
    if column.offsets is None:
        return found
    before = np.concatenate(([0], np.cumsum(found)))
    return before[column.offsets[1:]] > before[column.offsets[:-1]]
