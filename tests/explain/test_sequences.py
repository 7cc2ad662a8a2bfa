"""Every sequence that is told of as a match is one, and the other way round."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from tests.explain.scenarios import MS, Scenario, plan, scenarios, table

from comtrap.explain import sequences as module
from comtrap.explain.sequences import Sequences, sequences
from comtrap.explain.spoilers import spoilers
from comtrap.explain.trace import Hit, Outcome
from comtrap.match.match import match

EVERY = 1 << 20


@pytest.fixture(autouse=True)
def all_shown(monkeypatch):
    """No chain is left out, so that all can be compared."""
    monkeypatch.setattr(module, "CHAINS", EVERY)


def traced(scenario: Scenario) -> Sequences:
    return sequences(scenario.query, scenario.hits, scenario.end_ns, EVERY)


def told(scenario: Scenario, found: Sequences, *outcomes: Outcome) -> Counter:
    """Key and events of the sequences with these outcomes."""
    events = scenario.hits.column("event").to_pylist()
    return Counter(
        (one.key, tuple(events[hit.row] for hit in each.chain.hits))
        for one in (*found.matched, *found.ended)
        for each in one.told
        if each.chain.outcome in outcomes
    )


def matched(scenario: Scenario) -> Counter:
    found = match(scenario.query, 0, scenario.hits)
    return Counter((each.key, tuple(e for e in each.events if e is not None)) for each in found)


@given(scenarios())
def test_matches_are_just_those_of_match(scenario):
    assert told(scenario, traced(scenario), Outcome.MATCHED) == matched(scenario)


@given(scenarios())
def test_without_pipes_what_a_pipe_cut_is_a_match(scenario):
    whole = replace(scenario, query=replace(scenario.query, pipes=()))
    assert told(scenario, traced(scenario), Outcome.MATCHED, Outcome.CUT) == matched(whole)


@given(scenarios())
def test_what_is_complete_and_no_match_has_an_event_too_many_and_no_match_has(scenario):
    found = traced(replace(scenario, query=replace(scenario.query, pipes=())))
    for one in (*found.matched, *found.ended):
        for each in one.told:
            assert bool(each.spoilers) is (each.chain.outcome is Outcome.PRESENT)
            assert all(scenario.query.stages[stage].missing for stage, _ in each.spoilers)


@given(scenarios())
def test_what_ended_a_sequence_is_of_its_key_and_comes_after_it(scenario):
    keys = scenario.hits.column("key").to_pylist()
    found = traced(scenario)
    for one in (*found.matched, *found.ended):
        for each in one.told:
            by = each.chain.by
            assert by is None or (tuple(keys[by.row]) == one.key and by.time_ns >= each.chain.hits[-1].time_ns)
            other = each.elsewhere
            assert other is None or (tuple(keys[other.row]) != one.key and other.step == len(each.chain.hits))


@given(scenarios())
def test_every_sequence_is_counted_once(scenario):
    found = traced(scenario)
    total = Counter()
    for one in (*found.matched, *found.ended):
        assert one.counts == Counter((len(each.chain.hits), each.chain.outcome) for each in one.told)
        total += one.counts
    assert found.counts == total


def only(found: Sequences):
    (one,) = (*found.matched, *found.ended)
    (each,) = one.told
    return each


def test_the_event_with_the_key_that_differs_least_is_named():
    query = plan(2, keys=2)
    rows = table((0, 1, "x"), (1, 2, "y"), (1, 3, "y"), (1, 4, "x"))
    keys = [["x", "1"], ["y", "2"], ["x", "2"], ["y", "1"]]
    hits = rows.set_column(2, rows.schema.field("key"), [keys])
    found = sequences(query, hits, 9 * MS, EVERY)

    assert only(found).elsewhere.row == 2


def test_no_event_beyond_maxspan_is_named_for_its_key():
    assert only(sequences(plan(2, 5), table((0, 1, "x"), (1, 7, "y")), 9 * MS, EVERY)).elsewhere is None


def test_keys_are_told_most_advanced_first_and_the_rest_is_counted():
    hits = table((0, 1, "x"), (0, 1, "y"), (1, 2, "y"), (0, 3, "z"), (1, 4, "z"), (2, 5, "z"), (0, 6, "w"))
    found = sequences(plan(3), hits, 9 * MS, 1)

    assert [one.key for one in found.matched] == [("z",)]
    assert [one.key for one in found.ended] == [("y",)]
    assert found.keys == 4
    assert found.counts[1, Outcome.OPEN] == 2


def test_of_one_key_the_most_advanced_are_told(monkeypatch):
    monkeypatch.setattr(module, "CHAINS", 2)
    found = sequences(plan(2), table(*((0, at, "x") for at in range(9)), (1, 9, "x")), 9 * MS, EVERY)

    assert [len(each.chain.hits) for each in found.matched[0].told] == [2, 1]
    assert found.matched[0].counts == {(2, Outcome.MATCHED): 1, (1, Outcome.REPLACED): 8}


@pytest.mark.parametrize(
    ("missing", "rows", "expected"),
    [
        ({1}, [(0, 1, "x"), (1, 2, "x"), (2, 3, "x")], [1]),
        ({1}, [(0, 1, "x"), (1, 2, "y"), (2, 3, "x")], []),
        ({0}, [(0, 1, "x"), (1, 2, "x"), (2, 3, "x")], [0]),
        ({2}, [(0, 1, "x"), (1, 2, "x"), (2, 3, "x")], [2]),
        ({0, 2}, [(0, 1, "x"), (1, 2, "x"), (2, 3, "x")], [0, 2]),
        ({0, 2}, [(0, 1, "x"), (1, 2, "x"), (2, 30, "x")], []),
    ],
)
def test_the_event_that_must_be_missing_is_named(missing, rows, expected):
    each = only(sequences(plan(3, 10, missing=frozenset(missing)), table(*rows), 40 * MS, EVERY))

    assert [hit.row for _, hit in each.spoilers] == expected


def test_a_sequence_that_is_a_match_has_no_spoiler():
    query = plan(2, 10, missing=frozenset({1}))
    assert spoilers(query, (Hit(0, 0, 0),), ()) == ()
