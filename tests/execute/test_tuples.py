"""Deciding conditions on tuples of cheap columns first."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.execute.building import batch, condition, plan

from comtrap.execute import execute as execute_module
from comtrap.execute import tuples as module
from comtrap.execute.condition import Conditions
from comtrap.execute.execute import execute
from comtrap.execute.tuples import FEWEST, find
from comtrap.plan.optimise import optimise

CHOOSE = random.Random(3)
EVENTS = batch(
    *(
        {
            "event.category": CHOOSE.choice([None, "p", "p", ["p", "q"]]),
            "k": CHOOSE.choice([None, "a", "b", "c"]),
            "l": CHOOSE.choice([None, "x", ["x", "y"], ["y", "x"], ["x", "y", "z"]]),
            "n": CHOOSE.randrange(4),
            "t": CHOOSE.choice(["say", "Run", "get"]) + f" {CHOOSE.randrange(10**9)} " + CHOOSE.choice(["up", "down", "", "secret", "hidden"]),
        }
        for _ in range(3 * FEWEST)
    )
)  # fmt: skip
QUERIES = (
    'p where k == "a"', 'p where k == "a" and t : "*up"', 'p where t : "run*" and (k == "b" or l : "z")', 'q where not k : "a" and not t : "*9*"', 'any where k == null or t : "*secret*"',
    'any where not (k : "c" and t : "*down*")', "p where false", "q where true", 'any where concat(k, n) == "a1" and t : "*hidden*"', 'p where 6 / n == 3 and k == "a"',
    'any where l : "y" and l : "z" or n > 2 and t : "say*"', 'any where concat(t, k) : "*upa"', 'any where t : ("*secret*", "*hidden*") and n == 1', 'q where t : "* *" and l == null',
    'any where (t : "*secret*" or t : "*9999*") and k != "a"',
)  # fmt: skip


PLAN = plan(*QUERIES)
OPTIMISED = optimise(PLAN)


def hits_of(a_plan, events):
    failures: Counter[int] = Counter()
    return sorted(map(str, execute(a_plan, events, failures).to_pylist())), failures


def test_the_hits_are_those_of_deciding_event_by_event():
    expected, failures = hits_of(PLAN, EVENTS)

    assert expected
    assert failures
    assert hits_of(OPTIMISED, EVENTS) == (expected, failures)


@pytest.mark.parametrize("table", [1, 10, 1 << 22])
def test_tuples_are_numbered_the_same_with_and_without_a_table(monkeypatch, table):
    monkeypatch.setattr(module, "_TABLE", table)
    conditions = Conditions(EVENTS)
    rows = np.arange(len(EVENTS))

    found = find(conditions, rows, [condition(text) for text in ('k == "a"', 'l == "x"', "n == 1", 't : "x"')])

    assert found.cheap == {"k", "l", "n"}
    assert found.examples.size == 4 * 5 * 4
    frame = EVENTS.frame.select(["k", "l", "n"]).to_pylist()
    for row in (0, 17, len(EVENTS) - 1):
        assert frame[found.examples[found.of_row[row]]] == frame[row]


def test_rows_of_tuples_few_or_many():
    conditions = Conditions(EVENTS)
    rows = np.arange(1, len(EVENTS), 2)
    found = find(conditions, rows, [condition('k == "a"'), condition("n == 1")])

    for wanted in ([0], [1, 3], range(found.examples.size), []):
        mask = np.zeros(found.examples.size, bool)
        mask[list(wanted)] = True
        assert sorted(found.having(mask).tolist()) == [
            r for r, t in zip(rows, found.of_row, strict=True) if t in set(wanted)
        ]


def test_a_column_with_very_many_values_in_one_event_is_dear():
    events = batch(*({"k": "a", "l": ["x"]} for _ in range(FEWEST)), {"l": [f"x{n}" for n in range(20)]})

    assert find(Conditions(events), np.arange(len(events)), [condition('k == "a"'), condition('l == "x"')]).cheap == {
        "k"
    }


def test_without_columns_there_is_one_tuple():
    found = find(Conditions(EVENTS), np.arange(len(EVENTS)), [condition("true")])

    assert found.examples.tolist() == [0]
    assert found.cheap == frozenset()


SMALL = st.lists(
    st.fixed_dictionaries(
        {
            "event.category": st.sampled_from([None, "p", ["p", "q"]]),
            "k": st.sampled_from([None, "a", "b"]),
            "l": st.sampled_from([None, "x", ["x", "y"], ["y", "x", "z"]]),
            "n": st.sampled_from([None, 0, 1, 2]),
            "t": st.sampled_from([None, "say up", "Run secret", "get 9", "say hidden down"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@given(SMALL, st.sampled_from([1, 2, 16]))
def test_however_few_events_and_however_dear_columns_are_the_hits_are_the_same(documents, share):
    events = batch(*documents)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute_module, "FEWEST", 1)
        patch.setattr(module, "_SHARE", share)
        tuples_first = hits_of(OPTIMISED, events)

    assert tuples_first == hits_of(PLAN, events)
