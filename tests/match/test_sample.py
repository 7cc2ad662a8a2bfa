from __future__ import annotations

import itertools

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.check.typed import Column, Constant, Key, Stage
from comtrap.execute.hits import HITS
from comtrap.match.hit import Match
from comtrap.match.match import Limits, match
from comtrap.plan.plan import SamplePlan
from comtrap.schema.types import Type

TRUE = Constant(True, Type.BOOLEAN)


def plan(stages: int, *kinds: Type) -> SamplePlan:
    keys = tuple(Key(Column("k", kind), optional=True) for kind in kinds)
    return SamplePlan("q", tuple(Stage(None, TRUE, keys) for _ in range(stages)))


def hits(*rows: tuple[int, str | None, int]) -> pa.Table:
    """(stage, key, event) as hits."""
    made = [{"query": 0, "stage": s, "key": [k], "time_ns": -e, "tie": None, "event": e} for s, k, e in rows]
    return pa.Table.from_pylist(made, schema=HITS)


def events(stages: int, table: pa.Table, limits: Limits | None = None, kind: Type = Type.KEYWORD) -> list[tuple]:
    return [(m.key[0], *m.events) for m in match(plan(stages, kind), 0, table, limits or Limits())]


def test_a_sample_has_one_event_a_filter_whatever_their_order():
    assert events(2, hits((1, "x", 1), (0, "x", 2))) == [("x", 2, 1)]


def test_a_key_that_lacks_a_filter_gives_nothing():
    assert events(2, hits((0, "x", 1), (1, "y", 2))) == []


def test_null_is_a_key_of_its_own():
    assert events(2, hits((0, None, 1), (1, None, 2), (0, "x", 3))) == [(None, 1, 2)]


def test_the_first_events_in_document_order_are_taken():
    assert events(2, hits((0, "x", 9), (0, "x", 5), (1, "x", 8), (1, "x", 7))) == [("x", 5, 7)]


def test_one_event_is_not_taken_twice_in_a_sample():
    assert events(2, hits((0, "x", 1), (1, "x", 1))) == []
    assert events(2, hits((0, "x", 1), (1, "x", 1), (1, "x", 2))) == [("x", 1, 2)]


def test_an_earlier_choice_is_given_up_where_a_later_filter_needs_it():
    assert events(2, hits((0, "x", 1), (0, "x", 2), (1, "x", 1))) == [("x", 2, 1)]


def test_keys_come_in_ascending_order_of_their_type():
    table = hits(*[(s, k, e) for e, (s, k) in enumerate(itertools.product((0, 1), ("10", "9", None)))])

    assert [row[0] for row in events(2, table)] == [None, "10", "9"]
    assert [row[0] for row in events(2, table, kind=Type.LONG)] == [None, "9", "10"]


def test_dates_among_the_keys_are_given_as_milliseconds():
    table = hits((0, "2024-01-01T00:00:00.000Z", 1), (1, "2024-01-01T00:00:00.000Z", 2))

    assert events(2, table, kind=Type.DATE) == [("1704067200000", 1, 2)]


def test_samples_per_key_bounds_the_samples_of_one_key():
    table = hits((0, "x", 1), (0, "x", 2), (0, "x", 3), (1, "x", 4), (1, "x", 5), (0, "y", 6), (1, "y", 7))

    assert events(2, table, Limits(samples_per_key=1)) == [("x", 1, 4), ("y", 6, 7)]
    assert events(2, table, Limits(samples_per_key=3)) == [("x", 1, 4), ("x", 1, 5), ("x", 2, 4), ("y", 6, 7)]


@pytest.mark.parametrize(("size", "count"), [(0, 0), (1, 1), (2, 2), (3, 3), (9, 3), (None, 3)])
def test_size_counts_from_the_first_key(size, count):
    table = hits(*[(s, k, e) for e, (s, k) in enumerate(itertools.product((0, 1), "zyx"))])
    found = events(2, table, Limits(size))

    assert [row[0] for row in found] == ["x", "y", "z"][:count]


def test_matches_name_their_query():
    assert match(plan(2, Type.KEYWORD), 3, hits((0, "x", 1), (1, "x", 2))) == [Match(3, ("x",), (1, 2))]


def test_many_filters_that_share_too_few_events_give_nothing_and_soon():
    assert events(30, hits(*[(s, "x", e) for s in range(30) for e in range(29)])) == []


def test_a_thousand_filters_do_not_exhaust_the_stack():
    table = hits(*[(s, "x", e) for s in range(1000) for e in (s, s + 1)])

    assert events(1000, table) == [("x", *range(1000))]


@given(st.lists(st.lists(st.integers(0, 4), max_size=4, unique=True), min_size=2, max_size=4), st.integers(1, 4))
def test_it_is_the_first_distinct_choices_of_the_plain_product(stages, most):
    table = hits(*[(s, "x", e) for s, found in enumerate(stages) for e in found])
    bound = len(stages) + most - 1
    product = itertools.product(*(sorted(found)[:bound] for found in stages))
    distinct = [("x", *choice) for choice in product if len(set(choice)) == len(choice)]

    assert events(len(stages), table, Limits(samples_per_key=most)) == distinct[:most]
