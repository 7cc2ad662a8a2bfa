"""Events in order that share a key: the state machine.

Memory: beside the hits themselves some 40 bytes for each hit whose key occurs in every positive stage, the matches, and
one pending tuple for each (key, stage but the last). Nothing grows with the number of events that are not hits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from comtrap.match.hit import Match
from comtrap.match.keys import codes, joinable, sortable
from comtrap.match.missing import Absence
from comtrap.match.order import order
from comtrap.match.pipes import kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from comtrap.match.pipes import Limits
    from comtrap.plan.plan import SequencePlan

_CHUNK = 65_536


def sequence(query: SequencePlan, number: int, hits: pa.Table, limits: Limits) -> list[Match]:
    """The sequences among the hits, by the order of their last positive event, then key; cut by pipes and limits.

    Source: Elasticsearch's EQL reference, "Sequences" and "How a sequence query handles matches".
    """
    positive = [at for at, stage in enumerate(query.stages) if not stage.missing]
    code = codes(hits, len(query.stages[0].keys))
    alive = joinable(code, hits.column("stage").to_numpy(), positive)
    if not alive.all():
        hits, code = hits.filter(alive), code[alive]
    taking, done, _ = _run(query, hits, code, positive)
    found = taking[np.array(done, dtype=np.int64).reshape(-1, len(positive))]
    if len(positive) < len(query.stages):
        absence = Absence(query, hits, code)
        found = found[np.array([absence.holds(chain) for chain in found.tolist()], dtype=bool)]
    return _matches(query, number, hits, found, limits)


def unfinished(query: SequencePlan, hits: pa.Table) -> pa.Table:
    """The hits that the machine has to be shown again to be where all of these brought it.

    Those are the hits of sequences that are begun and not complete, and of each key the last that ends them.

    Args:
        query: has no missing stage.
        hits: schema HITS, all hits of the query before some time.
    """
    taking, _, left = _run(query, hits, codes(hits, len(query.stages[0].keys)), range(len(query.stages)))
    return hits.take(pa.array(taking[np.unique(np.array(left, np.int64))]))


def _run(
    query: SequencePlan, hits: pa.Table, code: np.ndarray[Any, Any], positive: Sequence[int]
) -> tuple[np.ndarray[Any, Any], list[tuple[int, ...]], list[int]]:
    """Rows of hits in their order, and what `run` gives of these."""
    # Machine stages count positive ones only. Within one event the last stage comes first, so that an event cannot fill
    # two stages of one sequence, and until comes after all, so that it does not end what its own event completes.
    step = np.full(len(query.stages) + 1, -1, dtype=np.int64)
    step[positive] = range(len(positive))
    step[len(query.stages)] = len(positive)
    steps = step[hits.column("stage").to_numpy()]
    last = len(positive) - 1
    rows = order(hits, np.where(steps > last, steps, last - steps))
    times = hits.column("time_ns").to_numpy()
    taking = rows[steps[rows] >= 0]
    return taking, *run((code[taking], steps[taking], times[taking]), last, query.maxspan_ns)


def run(
    hits: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]], last: int, maxspan_ns: int | None
) -> tuple[list[tuple[int, ...]], list[int]]:
    """The completed sequences, each as the positions of its events, in the order they complete; and what is left.

    What is left are the positions of hits of sequences that are not complete, and of each key the last `until`.

    Args:
        hits: key code, stage (`last` + 1 for until) and time of each hit, in the order of events and, within one event,
            from the last stage to the first, then until.
        last: the last stage.
        maxspan_ns: how long a sequence may last, from its first event, both ends included.
    """
    span = float("inf") if maxspan_ns is None else maxspan_ns
    pending: list[dict[int, tuple[int, ...]]] = [{} for _ in range(last)]  # by key: when begun, then the events
    ended: dict[int, int] = {}
    done: list[tuple[int, ...]] = []
    for at, (key, stage, time_ns) in enumerate(_rows(hits)):
        if stage > last:
            ended[key] = at
            continue
        chain: tuple[int, ...] = (time_ns, at)
        if stage > 0:
            begun = pending[stage - 1].pop(key, None)
            if begun is None or time_ns - begun[0] > span or ended.get(key, -1) > begun[-1]:
                continue
            chain = (*begun, at)
        if stage == last:
            done.append(chain[1:])
        else:
            pending[stage][key] = chain  # the newer replaces the older
    left = [at for chains in pending for chain in chains.values() for at in chain[1:]]
    return done, [*left, *ended.values()]


def _rows(columns: tuple[np.ndarray[Any, Any], ...]) -> Iterator[tuple[int, ...]]:
    """The rows as Python's own numbers, which are fast to work with and large to keep, hence few at a time."""
    for at in range(0, len(columns[0]), _CHUNK):
        yield from zip(*(column[at : at + _CHUNK].tolist() for column in columns), strict=True)


def _matches(
    query: SequencePlan, number: int, hits: pa.Table, found: np.ndarray[Any, Any], limits: Limits
) -> list[Match]:
    """Rows of hits, a sequence a line in the order they complete, as matches in their final order."""
    events = hits.column("event").to_numpy()[found]
    ordinals = np.cumsum(np.diff(events[:, -1], prepend=events[:1, -1]) != 0)
    ranked = np.arange(len(found))
    if len(found) and ordinals[-1] + 1 < len(found):  # some event ends several matches
        texts = [sortable(tuple(key)) for key in hits.column("key").take(found[:, -1]).to_pylist()]
        ranked = np.array(sorted(ranked.tolist(), key=lambda at: (ordinals[at], texts[at])), dtype=np.int64)
    ranked = ranked[kept(len(ranked), query.pipes, limits)]
    keys = map(tuple, hits.column("key").take(found[ranked, -1]).to_pylist())
    return [Match(number, key, row) for key, row in zip(keys, _placed(query, events[ranked]), strict=True)]


def _placed(query: SequencePlan, events: np.ndarray[Any, Any]) -> Iterator[tuple[int | None, ...]]:
    """Each line of events at their stages, None where a stage is missing."""
    columns = iter(events.T.tolist())
    return zip(*([None] * len(events) if stage.missing else next(columns) for stage in query.stages), strict=True)
