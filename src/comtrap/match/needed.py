"""Which hits can be in a match at all, told without holding them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from comtrap.plan.plan import SamplePlan, SequencePlan

_BEFORE, _NULL = "\x00", "\x01"  # a text never begins like null


class Needed:
    """The keys that occur in every positive stage: hits with other keys are in no match.

    All hits are shown twice, some at a time: first to `see`, then to `of`. A number of 64 bits is kept for each distinct
    key of each positive stage, and nothing of the hits. Two keys with one number only keep hits that are not needed.
    """

    def __init__(self, query: SequencePlan | SamplePlan) -> None:
        """Args: query: what the hits are of."""
        self._seen: dict[int, np.ndarray[Any, Any]] = {
            at: np.zeros(0, np.int64) for at, stage in enumerate(query.stages) if not stage.missing
        }
        self._alive: np.ndarray[Any, Any] | None = None

    def see(self, hits: pa.Table) -> None:
        """Take note of the keys of some hits."""
        numbers, stages = _numbers(hits), hits.column("stage").to_numpy()
        for at, seen in self._seen.items():
            self._seen[at] = np.union1d(seen, numbers[stages == at])

    def of(self, hits: pa.Table) -> pa.Table:
        """Those of some hits that can be in a match."""
        if self._alive is None:
            first, *others = sorted(self._seen.values(), key=len)
            for other in others:
                first = np.intersect1d(first, other, assume_unique=True)
            self._alive, self._seen = first, {}
        return hits.filter(np.isin(_numbers(hits), self._alive))


def _numbers(hits: pa.Table) -> np.ndarray[Any, Any]:
    """A number for each hit, equal for equal keys."""
    keys = hits.column("key").combine_chunks()
    if isinstance(keys, pa.ChunkedArray):  # of no chunks
        return np.zeros(0, np.int64)
    texts = keys.flatten()
    marked = pc.binary_join_element_wise(pa.scalar(_BEFORE), texts, "").fill_null(_NULL)
    offsets = pc.subtract(keys.offsets, keys.offsets[0])
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, marked), "\x1f").dictionary_encode()
    distinct = np.array([hash(text) for text in joined.dictionary.to_pylist()], np.int64)
    return distinct[joined.indices.to_numpy()] if len(distinct) else np.zeros(len(keys), np.int64)
