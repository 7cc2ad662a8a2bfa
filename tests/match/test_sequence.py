"""Sequences against a machine that follows the rules event by event, and what holds of all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.check.typed import Constant, Key, Stage
from comtrap.execute.hits import HITS
from comtrap.match.hit import Match
from comtrap.match.match import match
from comtrap.plan.plan import SequencePlan
from comtrap.schema.types import Type

TRUE = Constant(True, Type.BOOLEAN)
KEYS = ["x", "y", None]


def plan(stages: int, maxspan_ns: int | None, *, until: bool, missing: frozenset[int] = frozenset()) -> SequencePlan:
    keys = (Key(None, optional=True),)
    made = tuple(Stage(None, TRUE, keys, missing=at in missing) for at in range(stages))
    return SequencePlan("q", made, Stage(None, TRUE, keys) if until else None, maxspan_ns)


@dataclass(frozen=True)
class Event:
    time_ns: int
    tie: int | None
    number: int
    stages: frozenset[int]
    keys: frozenset[str | None]

    @property
    def ordinal(self) -> tuple:
        return self.time_ns, self.tie is None, self.tie or 0, self.number


def hits(events: list[Event]) -> pa.Table:
    rows = [
        {"query": 0, "stage": s, "key": [k], "time_ns": e.time_ns, "tie": e.tie, "event": e.number}
        for e in events
        for s in e.stages
        for k in e.keys
    ]
    return pa.Table.from_pylist(rows, schema=HITS)


def naive(query: SequencePlan, events: list[Event]) -> list[Match]:
    """Every key by itself, every hit looked at, nothing left out beforehand."""
    last, found = len(query.stages) - 1, []
    for key in KEYS:
        pending: dict[int, list[Event]] = {}
        until: Event | None = None
        for event in sorted((e for e in events if key in e.keys), key=lambda e: e.ordinal):
            for stage in range(last, -1, -1):
                if stage not in event.stages:
                    continue
                chain = pending.pop(stage - 1, None) if stage else []
                if chain is None:
                    continue
                if chain and query.maxspan_ns is not None and event.time_ns - chain[0].time_ns > query.maxspan_ns:
                    continue
                if chain and until is not None and chain[-1].ordinal <= until.ordinal < event.ordinal:
                    continue
                if stage == last:
                    found.append(
                        (
                            event.ordinal,
                            (key is not None, key),
                            Match(0, (key,), (*(e.number for e in chain), event.number)),
                        )
                    )
                else:
                    pending[stage] = [*chain, event]
            if query.until is not None and last + 1 in event.stages:
                until = event
    return [found_match for *_, found_match in sorted(found, key=lambda f: f[:2])]


@st.composite
def scenarios(draw) -> tuple[SequencePlan, list[Event]]:
    stages = draw(st.integers(2, 4))
    until = draw(st.booleans())
    maxspan_ns = draw(st.none() | st.integers(1, 12))
    events = draw(
        st.lists(
            st.builds(
                Event,
                time_ns=st.integers(0, 25),
                tie=st.none() | st.integers(0, 2),
                number=st.integers(0, 1000),
                stages=st.frozensets(st.integers(0, stages if until else stages - 1), min_size=1, max_size=3),
                keys=st.frozensets(st.sampled_from(KEYS), min_size=1, max_size=2),
            ),
            max_size=25,
            unique_by=lambda e: e.number,
        )
    )
    return plan(stages, maxspan_ns, until=until), events


@given(scenarios())
def test_it_agrees_with_the_plain_machine(scenario):
    query, events = scenario
    assert match(query, 0, hits(events)) == naive(query, events)


@given(scenarios())
def test_events_ascend_share_the_key_and_fit_in_maxspan(scenario):
    query, events = scenario
    by_number = {e.number: e for e in events}
    for found in match(query, 0, hits(events)):
        chain = [by_number[n] for n in found.events]
        assert [e.ordinal for e in chain] == sorted({e.ordinal for e in chain})
        assert all(found.key[0] in e.keys for e in chain)
        assert all(at in e.stages for at, e in enumerate(chain))
        assert query.maxspan_ns is None or chain[-1].time_ns - chain[0].time_ns <= query.maxspan_ns


@given(scenarios(), st.randoms(use_true_random=False))
def test_any_order_of_the_hits_gives_the_same(scenario, random):
    query, events = scenario
    table = hits(events)
    shuffled = list(range(table.num_rows))
    random.shuffle(shuffled)

    assert match(query, 0, table.take(pa.array(shuffled, pa.int64()))) == match(query, 0, table)


@given(scenarios(), st.data())
def test_a_missing_stage_only_ever_takes_matches_away(scenario, data):
    query, events = scenario
    maxspan_ns = 1_000_000 * (query.maxspan_ns or 5)
    events = [Event(e.time_ns * 1_000_000, e.tie, e.number, e.stages, e.keys) for e in events]
    gone = data.draw(st.sampled_from(range(len(query.stages))))
    present = [s for s in range(len(query.stages)) if s != gone]
    fewer = [
        Event(e.time_ns, e.tie, e.number, frozenset(present.index(s) for s in e.stages if s in present), e.keys)
        for e in events
    ]
    spoilt = match(plan(len(query.stages), maxspan_ns, until=False, missing=frozenset({gone})), 0, hits(events))
    candidates = match(plan(len(present), maxspan_ns, until=False), 0, hits(fewer))
    stripped = [Match(m.query, m.key, tuple(e for e in m.events if e is not None)) for m in spoilt]

    assert all(m.events[gone] is None for m in spoilt)
    assert [m for m in candidates if m in stripped] == stripped


def test_no_hits_give_no_matches():
    assert match(plan(3, 5, until=True), 0, HITS.empty_table()) == []


def test_a_query_without_keys_joins_everything():
    query = SequencePlan("q", (Stage(None, TRUE), Stage(None, TRUE)))
    rows = [{"query": 0, "stage": s, "key": [], "time_ns": s, "tie": None, "event": s} for s in (0, 1)]

    assert match(query, 0, pa.Table.from_pylist(rows, schema=HITS)) == [Match(0, (), (0, 1))]


def test_text_that_looks_alike_in_other_splits_is_another_key():
    query = SequencePlan("q", (Stage(None, TRUE, (Key(None, optional=True),) * 2),) * 2)
    rows = [
        {"query": 0, "stage": s, "key": k, "time_ns": s, "tie": None, "event": s}
        for s, k in enumerate([["ab", "c"], ["a", "bc"]])
    ]

    assert match(query, 0, pa.Table.from_pylist(rows, schema=HITS)) == []


@pytest.mark.parametrize(("spoiler_ns", "count"), [(1_400_000, 1), (1_999_999, 1), (2_000_000, 0), (3_000_000, 1)])
def test_between_is_told_by_whole_milliseconds(spoiler_ns, count):
    query = plan(3, 1_000_000_000, until=False, missing=frozenset({1}))
    events = [
        Event(time_ns, None, number, frozenset({number}), frozenset({"x"}))
        for number, time_ns in enumerate([1_300_000, spoiler_ns, 3_900_000])
    ]

    assert len(match(query, 0, hits(events))) == count


def test_maxspan_between_positive_events_is_told_by_nanoseconds():
    events = [Event(t, None, n, frozenset({n}), frozenset({"x"})) for n, t in enumerate([0, 1_000_001])]

    assert match(plan(2, 1_000_000, until=False), 0, hits(events)) == []


def test_many_hits_are_matched_as_few_are():
    count = 150_000
    numbers = np.arange(count)
    columns = [np.zeros(count, np.uint16), (numbers % 2).astype(np.uint16), [[]] * count, numbers, [0] * count, numbers]
    table = pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, HITS, strict=True)], schema=HITS)
    found = match(SequencePlan("q", (Stage(None, TRUE), Stage(None, TRUE))), 0, table)

    assert [m.events for m in found] == [(at, at + 1) for at in range(0, count, 2)]
