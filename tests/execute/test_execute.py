"""Plans over batches."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.execute import building
from tests.execute.building import batch, plan

from comtrap.events.batch import EventBatch
from comtrap.execute.execute import ConditionFailed, condition, execute
from comtrap.execute.hits import HITS
from comtrap.plan.optimise import optimise

EVENTS = batch(
    {"event.category": "p", "k": "a", "n": 1},
    {"event.category": ["p", "q"], "k": "b", "n": 0},
    {"event.category": "P", "k": "a"},
    {"k": "a", "n": 2},
)


def rows(hits, *names):
    found = hits.select(names).to_pylist()
    tuples = [tuple(tuple(row[n]) if isinstance(row[n], list) else row[n] for n in names) for row in found]
    return sorted(tuples, key=lambda row: [(each is not None, str(each)) for each in row])


def test_hits_have_their_schema():
    assert execute(plan("any where true"), EVENTS).schema == HITS
    assert execute(plan("any where false"), EVENTS).schema == HITS
    assert execute(plan(), EVENTS).schema == HITS


def test_a_hit_says_when_and_what():
    (hit,) = execute(plan("p where n == 1"), EVENTS).to_pylist()

    assert hit == {"query": 0, "stage": 0, "key": [], "time_ns": 0, "tie": None, "event": 0}


@pytest.mark.parametrize(
    ("query", "expected"),
    [("p where true", [0, 1]), ("q where true", [1]), ("P where true", [2]), ("x where true", []), ("any where true", [0, 1, 2, 3]), ('"any" where true', [])],
)  # fmt: skip
def test_categories_are_compared_exactly_and_an_event_may_have_several(query, expected):
    assert [event for (event,) in rows(execute(plan(query), EVENTS), "event")] == expected


def test_a_batch_without_the_category_column_has_events_of_no_category():
    events = batch({"k": "a"})

    assert execute(plan("p where true", "any where true"), events)["query"].to_pylist() == [1]


def test_queries_and_stages_are_numbered():
    hits = execute(
        plan("any where n == 2", 'sequence by k [p where n == 1] [any where n == 2] until [any where k == "b"]'), EVENTS
    )

    assert rows(hits, "query", "stage", "key", "event") == [
        (0, 0, (), 3), (1, 0, ("a",), 0), (1, 1, ("a",), 3), (1, 2, ("b",), 1),
    ]  # fmt: skip


def test_time_and_tie_may_come_from_columns_of_their_own():
    frame = EVENTS.frame.append_column("_tie", pa.array([7, None, 5, 6])).append_column(
        "_time", pa.array([4, 3, 2, 1], pa.timestamp("ns", "UTC"))
    )

    hits = execute(plan("any where true"), EventBatch(frame, EVENTS.schema))

    assert rows(hits, "event", "time_ns", "tie") == [(0, 4, 7), (1, 3, None), (2, 2, 5), (3, 1, 6)]


def test_a_failed_condition_raises_where_nothing_counts_it():
    with pytest.raises(ConditionFailed, match="division by zero") as raised:
        execute(plan("any where true", "any where 6 / n == 3"), EVENTS)

    assert raised.value.query == 1


def test_a_failed_condition_is_counted_and_false():
    failures: Counter[int] = Counter()

    hits = execute(plan("any where 6 / n == 3", "any where 6 / n == 6 or 6 / n == 3"), EVENTS, failures)

    assert failures == {0: 1, 1: 2}
    assert rows(hits, "query", "event") == [(0, 3), (1, 0), (1, 3)]


def test_no_events():
    assert execute(plan("p where true"), batch()).num_rows == 0


def test_one_condition_alone():
    assert condition(building.condition('k == "a"'), EVENTS).tolist() == [True, False, True, True]
    with pytest.raises(ConditionFailed):
        condition(building.condition("1 / n == 1"), EVENTS)


QUERIES = (
    'p where k == "a" or k == "b"',
    'p where k : ("A*", "*b*") and not l : "x" and n > 1',
    'q where l : "X" and n in (1, 2) or k == null',
    'any where concat(k, n) == "a1" or 6 / n == 3',
    'any where 6 / n == 3 and k == "a"',
    'sequence by l, ?k with maxspan=1s [p where n == 1] ![any where k : "b"] [q where true] until [any where n == 2]',
    'sample by k [p where true] [q where not k : "b" and not k : "c*"]',
)
PLAN = plan(*QUERIES)
OPTIMISED = optimise(PLAN)
DOCUMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "event.category": st.sampled_from([None, "p", "q", ["p", "q"]]),
            "k": st.sampled_from([None, "a", "A", "b", ["a", "b"]]),
            "l": st.sampled_from([None, "x", ["x", "X"], ["x", "x"]]),
            "n": st.sampled_from([None, 0, 1, 2, [0, 2]]),
        }
    ),
    max_size=10,
)


def outcome(a_plan, *batches):
    failures: Counter[int] = Counter()
    found = [row for each in batches for row in rows(execute(a_plan, each, failures), *HITS.names)]
    return sorted(found, key=str), failures


@given(DOCUMENTS, st.integers(0, 10))
def test_any_split_of_a_batch_gives_the_same_hits_and_failures(documents, at):
    at = min(at, len(documents))
    parts = batch(*documents[:at]), batch(*documents[at:], first=at)

    for a_plan in (PLAN, OPTIMISED):
        assert outcome(a_plan, *parts) == outcome(a_plan, batch(*documents))


@given(DOCUMENTS)
def test_an_optimised_plan_gives_the_same_hits_and_failures(documents):
    events = batch(*documents)

    assert outcome(OPTIMISED, events) == outcome(PLAN, events)
