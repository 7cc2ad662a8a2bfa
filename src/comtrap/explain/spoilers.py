"""The events that are there though they must be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.explain.trace import Hit
    from comtrap.plan.plan import SequencePlan

_NS_PER_MS = 1_000_000


def spoilers(
    query: SequencePlan, chain: Sequence[Hit], missing: Sequence[tuple[int, Hit]]
) -> tuple[tuple[int, Hit], ...]:
    """Which events keep a complete sequence from being a match; none if it is one.

    Args:
        query: with a maxspan, and with stages that must be missing.
        chain: one hit for each positive stage.
        missing: the hits of the missing stages with the chain's key, in order of time, each with its stage.

    Returns:
        The first event found between two of the chain's; or the latest before it, the earliest after it, or the two that
        leave no window of maxspan free.

    Source: Elasticsearch's EQL reference, "Missing events".
    """
    gaps = np.cumsum([not stage.missing for stage in query.stages]).tolist()
    times = [_ms(hit) for hit in chain]
    for gap in range(1, len(chain)):
        for stage, hit in missing:
            if gaps[stage] == gap and times[gap - 1] < _ms(hit) < times[gap]:
                return ((stage, hit),)
    leading = [(stage, hit) for stage, hit in missing if gaps[stage] == 0]
    trailing = [(stage, hit) for stage, hit in missing if gaps[stage] == len(chain)]
    return _around(query, (times[0], times[-1]), leading, trailing)


def _around(
    query: SequencePlan,
    ends: tuple[int, int],
    leading: list[tuple[int, Hit]],
    trailing: list[tuple[int, Hit]],
) -> tuple[tuple[int, Hit], ...]:
    earlier = next(((s, h) for s, h in reversed(leading) if _ms(h) < ends[0]), None)
    later = next(((s, h) for s, h in trailing if _ms(h) > ends[1]), None)
    if (query.stages[0].missing and earlier is None) or (query.stages[-1].missing and later is None):
        return ()
    found = tuple(each for each in (earlier, later) if each is not None)
    first = ends[0] if earlier is None else _ms(earlier[1])
    last = ends[1] if later is None else _ms(later[1])
    span = float("inf") if query.maxspan_ns is None else query.maxspan_ns // _NS_PER_MS
    return found if last - first <= span else ()


def _ms(hit: Hit) -> int:
    return hit.time_ns // _NS_PER_MS
