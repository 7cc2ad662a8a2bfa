"""Hits some at a time against all of them at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.match.test_sequence import TRUE, Event, hits, plan, scenarios

from comtrap.check.typed import Key, Pipe, Stage
from comtrap.execute.hits import HITS
from comtrap.match.match import match
from comtrap.match.streamed import Room, TooManyHitsError, streamed
from comtrap.plan.plan import EventPlan, SamplePlan

MS = 1_000_000


def in_time(events: list[Event], each: int) -> list[pa.Table]:
    """Their hits by time, so many at once."""
    table = hits(events)
    table = table.take(pa.array(np.argsort(np.asarray(table.column("time_ns")), kind="stable")))
    return [table.slice(at, each) for at in range(0, table.num_rows, each)]


LITTLE = Room(3, 1_000)


def passed(query, events, each=2, room=LITTLE):
    return [m for some in streamed(query, 0, in_time(events, each), room) for m in some]


@given(scenarios(), st.integers(1, 5))
def test_sequences_are_those_of_all_hits_at_once(scenario, each):
    query, events = scenario
    assert passed(query, events, each, Room(each, 1_000)) == match(query, 0, hits(events))


@given(scenarios(), st.integers(1, 5), st.data())
def test_so_are_those_with_events_that_must_be_missing(scenario, each, data):
    query, events = scenario
    gone = data.draw(st.sets(st.integers(0, len(query.stages) - 1), min_size=1, max_size=len(query.stages) - 1))
    span_ns = data.draw(st.sampled_from([0.5, 1, 3, 8])) * MS
    events = [replace(e, time_ns=e.time_ns * MS // 2) for e in events]
    until = query.until is not None
    query = plan(len(query.stages), int(span_ns), until=until, missing=frozenset(gone))
    assert passed(query, events, each, Room(each, 1_000)) == match(query, 0, hits(events))


PIPES = st.lists(st.builds(Pipe, st.sampled_from(["head", "tail"]), st.integers(0, 4)), min_size=1, max_size=3)


@given(scenarios(), PIPES)
def test_so_are_the_first_and_last_of_them(scenario, pipes):
    query, events = scenario
    query = replace(query, pipes=tuple(pipes))
    assert passed(query, events) == match(query, 0, hits(events))


@given(scenarios(), PIPES)
def test_so_are_the_first_and_last_single_events(scenario, pipes):
    events = [replace(e, stages=frozenset({0}), keys=frozenset({"x"})) for e in scenario[1]]
    query = EventPlan("q", Stage(None, TRUE), tuple(pipes))
    assert passed(query, events) == match(query, 0, hits(events))


@given(scenarios())
def test_so_are_samples(scenario):
    query, events = scenario
    stages = tuple(Stage(None, TRUE, (Key(None, optional=True),)) for _ in range(len(query.stages)))
    query = SamplePlan("q", stages)
    events = [replace(e, stages=e.stages - {len(stages)}) for e in events]
    assert passed(query, events) == match(query, 0, hits(events))


def series(count: int, step_ns: int, stages: int = 2) -> pa.Table:
    """Hits of one key, one stage after the other, so far apart."""
    numbers = np.arange(count)
    key = pa.ListArray.from_arrays(pa.array(range(count + 1), pa.int32()), pa.array(["k"] * count))
    columns = [np.zeros(count, np.uint16), numbers % stages, key, numbers * step_ns, [None] * count, numbers]
    return pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, HITS, strict=True)], schema=HITS)


def test_many_hits_of_one_key_are_not_held_when_no_match_depends_on_them():
    table = series(20_000, MS)
    room = Room(100, 300)
    for query in (plan(2, 100 * MS, until=False), plan(2, None, until=False)):
        found = [
            m for some in streamed(query, 0, (table.slice(n, 50) for n in range(0, 20_000, 50)), room) for m in some
        ]
        assert len(found) == 10_000


def test_more_hits_within_a_maxspan_than_can_be_held_are_refused_with_what_to_do():
    with pytest.raises(
        TooManyHitsError, match=r"the rule q has [\d,]+ hits .* within one maxspan; 300 can be held: narrow"
    ):
        list(streamed(plan(2, 1_000_000_000, until=False), 0, [series(1_000, 1_000)], Room(100, 300)))


def test_no_more_than_that_are_held_before_it_is_known():
    taken = []

    def counted():
        for n in range(100):
            taken.append(n)
            yield series(1_000, 1_000).slice(n * 10, 10)

    with pytest.raises(TooManyHitsError):
        list(streamed(plan(2, 1_000_000_000, until=False), 0, counted(), Room(30, 300)))
    assert len(taken) * 10 <= 300 + 2 * 30


def test_keys_without_maxspan_are_each_held_once():
    table = series(1_000, 1)
    keys = pa.ListArray.from_arrays(pa.array(range(1_001), pa.int32()), pa.array([f"k{n}" for n in range(1_000)]))
    table = table.set_column(2, HITS.field("key"), keys).set_column(
        1, HITS.field("stage"), pa.array([0] * 1_000, pa.uint16())
    )
    with pytest.raises(TooManyHitsError, match=r"may all be in a match to come; 300 can be held: .* give it a maxspan"):
        list(streamed(plan(2, None, until=False), 0, (table.slice(n, 50) for n in range(0, 1_000, 50)), Room(100, 300)))
