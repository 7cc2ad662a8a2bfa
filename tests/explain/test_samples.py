"""Samples: what each key has, which agrees with `match`."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.scenarios import KEYS, TRUE

from comtrap.check.typed import Column, Key, Stage
from comtrap.execute.hits import HITS
from comtrap.explain.samples import samples
from comtrap.match.match import match
from comtrap.plan.plan import SamplePlan
from comtrap.schema.types import Type

EVERY = 1 << 20


def plan(width: int, kind: Type = Type.KEYWORD) -> SamplePlan:
    return SamplePlan("q", tuple(Stage(None, TRUE, (Key(Column("k", kind), optional=True),)) for _ in range(width)))


def table(rows: list[tuple[int, str | None, int]]) -> pa.Table:
    """Filter, key, event."""
    made = [{"query": 0, "stage": s, "key": [k], "time_ns": 0, "tie": None, "event": e} for s, k, e in rows]
    return pa.Table.from_pylist(made, schema=HITS)


@given(
    st.integers(2, 4).flatmap(
        lambda w: st.tuples(
            st.just(w), st.sets(st.tuples(st.integers(0, w - 1), st.sampled_from(KEYS), st.integers(0, 6)), max_size=20)
        )
    )
)
def test_the_keys_with_a_match_are_those_of_match(given_):
    width, rows = given_
    hits = table(sorted(rows, key=str))
    found = samples(plan(width), hits, EVERY)
    matches = {each.key: each.events for each in match(plan(width), 0, hits)}

    assert {key.key: key.firsts for key in found.shown if key.matched} == matches
    assert found.matched == len(matches)
    assert found.keys == len({key for _, key, _ in rows}) == sum(found.filled.values())
    for key in found.shown:
        assert list(key.counts) == [len({e for s, k, e in rows if s == at and k == key.key[0]}) for at in range(width)]


def test_a_key_of_dates_is_the_key_of_its_match():
    when = "2024-01-01T00:00:00.000Z"
    (key,) = samples(plan(2, Type.DATE), table([(0, when, 1), (1, when, 2)]), EVERY).shown
    assert (key.key, key.matched, key.firsts) == ((when,), True, (1, 2))


def test_filters_that_share_their_only_event_are_no_sample():
    (key,) = samples(plan(2), table([(0, "x", 1), (1, "x", 1)]), EVERY).shown
    assert (key.matched, key.counts) == (False, (1, 1))


def test_what_is_lacking_is_counted():
    found = samples(plan(3), table([(0, "x", 1), (1, "x", 2), (0, "y", 3), (2, "y", 4), (0, "z", 5)]), 1)

    assert found.lacking == {2: 1, 1: 1}
    assert [key.key for key in found.shown] == [("x",)]


def test_no_hits():
    assert samples(plan(2), table([]), EVERY).keys == 0
