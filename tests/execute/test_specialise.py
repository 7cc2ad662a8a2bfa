from __future__ import annotations

import pyarrow as pa
import pytest
from tests.execute.building import SCHEMA, batch, plan

from comtrap.execute.execute import execute
from comtrap.execute.specialise import Specialiser
from comtrap.plan.plan import stages
from comtrap.plan.shape import is_dead

QUERIES = (
    'process where k == "a" and l == "x"',
    'process where k == "b" and l == "x"',
    'file where l == "x"',
    'any where k : "A*" or l == "y"',
    'any where not (k == "a" and n > 1)',
    "any where k == null or n == 5",
    "sequence by l [process where n == 1] [file where n == 2] until [any where n == 3]",
    "sequence by k [process where n == 1] [any where n == 5]",
    "sequence by ?k [process where n == 1] [any where n == 5]",
    'any where l == "x" and number(k) == 1 and false',
    "sample by l [process where n == 1] [file where n == 5]",
    "any where startsWith~(k, l) and n > 0",
)  # fmt: skip
EVENTS = [{"l": l, "n": n} for l in ("x", "y", "a", None) for n in (1, 2, 3, 5, None)]  # noqa: E741 - the field's name


def column(value):
    return pa.array([value], pa.list_(pa.string()) if isinstance(value, list) else pa.string())


def dead(made):
    return [number for number, query in enumerate(made.queries) if all(map(is_dead, stages(query)))]


@pytest.mark.parametrize("k", ["a", "b", "1", None, ["a", "b"]])
@pytest.mark.parametrize("category", ["process", "file", "network", None, ["process", "file"]])
def test_hits_and_failures_are_those_of_the_whole_plan(k, category):
    """Of events that have the values, whether one, none or two."""
    whole = plan(*QUERIES)
    known = {"k": column(k), "event.category": column(category)}
    made = Specialiser(whole, SCHEMA).specialise(known)
    given = [
        dict(e) | {name: value for name, value in (("k", k), ("event.category", category)) if value} for e in EVENTS
    ]
    events = batch(*given)
    counted = [FailureCounts(), FailureCounts()]
    assert found(execute(made, events, counted[1])) == found(execute(whole, events, counted[0]))
    assert counted[0] == counted[1]


class FailureCounts(dict):
    """Counts that begin at none."""

    def __missing__(self, key):
        return 0


def found(hits):
    rows = hits.to_pylist()
    return sorted(map(repr, rows))


def test_what_the_values_decide_is_gone():
    made = Specialiser(plan(*QUERIES), SCHEMA).specialise({"k": column("b"), "event.category": column("process")})
    assert 0 in dead(made)
    assert 1 not in dead(made)
    assert 2 in dead(made)
    assert "event.category" not in made.columns
    (stage,) = stages(made.queries[1])
    assert stage.category is None
    assert "k" not in Specialiser(plan(QUERIES[1]), SCHEMA).specialise({"k": column("b")}).columns


def test_a_key_that_is_never_there_ends_a_stage_unless_it_is_optional():
    made = Specialiser(plan(*QUERIES), SCHEMA).specialise({"k": column(None), "event.category": column("process")})
    assert 7 in dead(made)
    assert 8 not in dead(made)


def test_a_plan_that_no_event_meets_needs_no_columns():
    made = Specialiser(plan(QUERIES[0], QUERIES[2]), SCHEMA).specialise({"event.category": column("network")})
    assert dead(made) == [0, 1]
    assert made.columns == frozenset()


def test_what_is_decided_once_holds_for_other_values_too():
    maker = Specialiser(plan('any where k == "a"'), SCHEMA)
    assert dead(maker.specialise({"k": column("b")})) == [0]
    assert dead(maker.specialise({"k": column("a")})) == []
