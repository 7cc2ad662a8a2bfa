"""Events that share their keys, in whatever order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from comtrap.match.hit import Match
from comtrap.match.keys import codes, epoch_ms, joinable, sortable, types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.match.hit import Key
    from comtrap.match.pipes import Limits
    from comtrap.plan.plan import SamplePlan
    from comtrap.schema.types import Type


def sample(query: SamplePlan, number: int, hits: pa.Table, limits: Limits) -> list[Match]:
    """Up to ``samples_per_key`` choices of distinct events, one a stage, for each key tuple; keys ascending.

    Events stand in for document order: of each stage the first ones are tried first. ``size`` counts from the first
    key on, whatever position is asked for.

    Source: Elasticsearch's EQL reference, "Sample"; EQL search API, ``max_samples_per_key``.
    """
    width = len(query.stages)
    code = codes(hits, len(query.stages[0].keys))
    alive = joinable(code, hits.column("stage").to_numpy(), range(width))
    hits, code = hits.filter(alive), code[alive]
    kinds = types(query.stages)
    groups = _candidates(hits, code, width, width + limits.samples_per_key - 1)
    keys: dict[int, Key] = {at: tuple(hits.column("key")[row].as_py()) for at, row in _first_rows(code)}
    wanted = float("inf") if limits.size is None else limits.size
    matches: list[Match] = []
    for at in sorted(groups, key=lambda at: sortable(keys[at], kinds)):
        shown = shown_key(keys[at], kinds)
        for count, choice in enumerate(_choices(groups[at])):
            if len(matches) >= wanted:
                return matches
            if count == limits.samples_per_key:
                break
            matches.append(Match(number, shown, choice))
    return matches


def first_of_each(query: SamplePlan, hits: pa.Table) -> pa.Table:
    """Of each key and stage as many hits as one sample could need: all others are in none."""
    code, width = codes(hits, len(query.stages[0].keys)), len(query.stages)
    return hits.take(pa.array(_first(hits, code, width, width)))


def _first_rows(code: np.ndarray[Any, Any]) -> Iterator[tuple[int, int]]:
    values, rows = np.unique(code, return_index=True)
    return zip(values.tolist(), rows.tolist(), strict=True)


def _candidates(hits: pa.Table, code: np.ndarray[Any, Any], width: int, most: int) -> dict[int, list[list[int]]]:
    """By key, for each stage the first `most` events: enough for any choice that is going to be taken."""
    stage, event = hits.column("stage").to_numpy(), hits.column("event").to_numpy()
    rows = _first(hits, code, width, most)
    groups: dict[int, list[list[int]]] = {}
    for key, number, found in zip(code[rows].tolist(), stage[rows].tolist(), event[rows].tolist(), strict=True):
        groups.setdefault(key, [[] for _ in range(width)])[number].append(found)
    return groups


def _first(hits: pa.Table, code: np.ndarray[Any, Any], width: int, most: int) -> np.ndarray[Any, Any]:
    """The rows of the first `most` events of each key and stage, in the order of key, stage and event."""
    stage, event = hits.column("stage").to_numpy(), hits.column("event").to_numpy()
    rows = np.lexsort([event, stage, code])
    group = code[rows] * width + stage[rows]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    place = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    return rows[place < most]


def _choices(stages: list[list[int]]) -> Iterator[tuple[int, ...]]:
    """Every choice of one event a stage, all distinct, depth first.

    No branch is entered that has no end: without that, a dozen stages that share too few events would take for ever.
    """
    if not _can_end(stages, set()):
        return
    chosen: list[int] = []
    trails = [iter(stages[0])]
    while trails:
        event = next(trails[-1], None)
        if event is None:
            trails.pop()
            if chosen:
                chosen.pop()
        elif event in chosen or not _can_end(stages[len(trails) :], {*chosen, event}):
            continue
        elif len(trails) == len(stages):
            yield (*chosen, event)
        else:
            chosen.append(event)
            trails.append(iter(stages[len(chosen)]))


def _can_end(stages: list[list[int]], used: set[int]) -> bool:
    """Whether each stage can have an unused event of its own: a bipartite matching by augmenting paths."""
    # A stage with as many events as there are stages always finds one, so only the others are matched.
    tight = [[e for e in events if e not in used] for events in stages if len(events) < len(stages) + len(used)]
    owner: dict[int, int] = {}
    held: dict[int, int] = {}
    return all(_place(at, tight, owner, held) for at in range(len(tight)))


def _place(start: int, stages: list[list[int]], owner: dict[int, int], held: dict[int, int]) -> bool:
    """Give a stage an event, moving the stages that are in its way; false if that cannot be.

    `owner` tells the stage of an event, `held` the event of a stage.
    """
    reached_from: dict[int, int] = {}
    waiting = [start]
    for stage in waiting:  # grows as it is walked
        for event in stages[stage]:
            if event in reached_from:
                continue
            reached_from[event] = stage
            if event in owner:
                waiting.append(owner[event])
                continue
            given: int | None = event
            while given is not None:  # each stage on the way hands its event to the one before it
                taker = reached_from[given]
                before = held.get(taker)
                owner[given], held[taker] = taker, given
                given = before
            return True
    return False


def shown_key(key: Key, kinds: tuple[Type, ...]) -> Key:
    """A key as a match has it, given it as hits have it: dates as milliseconds since 1970."""
    return tuple(
        str(epoch_ms(text)) if kind.is_date and text is not None else text
        for text, kind in zip(key, kinds, strict=True)
    )
