"""Events that must not happen: ``![…]``.

Only timestamps in milliseconds count here; ties do not. The window is `maxspan` wide: one of a leading clause ends at
the last positive event, one of a trailing clause starts at the first, and with both ends nothing may fill the span from
side to side.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from comtrap.plan.plan import SequencePlan

_NS_PER_MS = 1_000_000


class Absence:
    """Whether nothing that must be missing is there, asked once for each sequence of positive events.

    Source: Elasticsearch's EQL reference, "Missing events".
    """

    def __init__(self, query: SequencePlan, hits: pa.Table, code: np.ndarray[Any, Any]) -> None:
        """Sort out the hits that can spoil a sequence.

        Args:
            query: has a maxspan and at least one missing stage.
            hits: schema HITS, of all stages.
            code: the key of each hit.
        """
        self._time_ms = hits.column("time_ns").to_numpy() // _NS_PER_MS
        self._code = code
        self._span = float("inf") if query.maxspan_ns is None else query.maxspan_ns // _NS_PER_MS
        self._leads, self._trails = query.stages[0].missing, query.stages[-1].missing
        # A gap is numbered by how many positive stages come before it.
        gaps = np.cumsum([not stage.missing for stage in query.stages]).tolist()
        self._positives = gaps[-1]
        stage = hits.column("stage").to_numpy()
        self._spoilers: dict[int, dict[int, list[int]]] = {}
        for gap in {gap for gap, s in zip(gaps, query.stages, strict=True) if s.missing}:
            numbers = [at for at, s in enumerate(query.stages) if s.missing and gaps[at] == gap]
            rows = np.flatnonzero(np.isin(stage, numbers))
            rows = rows[np.lexsort([self._time_ms[rows], code[rows]])]
            keys, starts = np.unique(code[rows], return_index=True)
            times = np.split(self._time_ms[rows], starts[1:])
            # Not strict: no rows at all still split into one empty part.
            self._spoilers[gap] = {key: found.tolist() for key, found in zip(keys.tolist(), times, strict=False)}

    def holds(self, chain: list[int]) -> bool:
        """Whether a sequence stands, given the rows of its positive events."""
        key = int(self._code[chain[0]])
        times = [int(self._time_ms[row]) for row in chain]
        return self._none_between(key, times) and self._none_around(key, times[0], times[-1])

    def _times(self, gap: int, key: int) -> list[int]:
        return self._spoilers.get(gap, {}).get(key, [])

    def _none_between(self, key: int, times: list[int]) -> bool:
        for gap in range(1, self._positives):
            spoilers = self._times(gap, key)
            after = bisect_right(spoilers, times[gap - 1])
            if after < len(spoilers) and spoilers[after] < times[gap]:
                return False
        return True

    def _none_around(self, key: int, first: int, last: int) -> bool:
        before, after = self._times(0, key), self._times(self._positives, key)
        left, right = bisect_left(before, first), bisect_right(after, last)
        earlier = before[left - 1] if left > 0 else None
        later = after[right] if right < len(after) else None
        if (self._leads and earlier is None) or (self._trails and later is None):
            return True
        if earlier is None and later is None:
            return True
        return (last if later is None else later) - (first if earlier is None else earlier) > self._span
