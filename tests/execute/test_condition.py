"""Conditions on rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.execute.building import batch, condition, no_failure, true_rows

from comtrap.check import typed
from comtrap.execute import condition as module
from comtrap.execute.condition import TOO_MANY, Conditions, combinations, too_many
from comtrap.schema.types import Type

EVENTS = batch(
    {"k": "a", "n": 1, "l": ["x", "y"]},
    {"k": ["a", "b"], "n": [1, 9]},
    {"n": 5},
    {"k": "B"},
    {"k": ["b", "B", "c"], "n": [2, 3], "l": "z"},
    {"k": []},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('k == "a"', [0, 1]), ('k != "a"', [2, 3, 4, 5]), ("k == null", [2, 5]), ("k != null", [0, 1, 3, 4]), ('k : "B"', [1, 3, 4]), ("n > 5 and n < 5", [1]),
        ("n > 5 or n < 5", [0, 1, 4]), ("not (n > 5)", [0, 2, 3, 4, 5]), ('k == "a" and n == 9', [1]), ('concat(k, n) == "b9"', [1]), ('concat(k, l) == "cz"', [4]),
        ('concat(k, n) == null', [2, 3, 5]), ('concat(k, l, n) == "ay1"', [0]), ("n in (9, 5.0)", [1, 2]), ("true", [0, 1, 2, 3, 4, 5]), ("false", []),
        ('k in ("a", "c") or l == "z"', [0, 1, 4]), ('(k in ("a")) == false', [1, 3, 4]), ("(n > 1) == null", [3, 5]), ('length(k) == 1 and not k : "?"', []),
    ],
)  # fmt: skip
def test_conditions(text, expected):
    assert true_rows(text, EVENTS) == expected


@pytest.mark.parametrize(
    "text", ['k : "b"', "k == null", 'concat(k, n) == "a1"', 'not k == "a" and (n > 1 or l == "z")']
)
def test_a_condition_is_decided_for_the_rows_asked_for_in_their_order(text):
    whole = set(true_rows(text, EVENTS))

    for rows in ([4, 0], [5], [], [3, 2, 1], [1, 1, 0]):
        assert true_rows(text, EVENTS, rows) == [row for row in rows if row in whole]


def test_null_above_the_leaves_is_false():
    conditions = Conditions(EVENTS)
    null = typed.Constant(None, Type.NULL)

    assert not conditions.decide(null, np.arange(6), no_failure).any()


@given(
    st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "ab"]), st.lists(st.sampled_from(["a", "b", ""]), max_size=3)), min_size=1, max_size=8),
    st.sampled_from(['k == "a"', 'k : "A*"', "k == null", 'not k == "b"', 'length(k) > 1', 'concat(k, k) == "aa"']),
)  # fmt: skip
def test_deciding_rows_together_or_alone_is_the_same(values, text):
    events = batch(*({"k": value} for value in values))
    together = true_rows(text, events)

    assert together == [row for row in range(len(values)) if true_rows(text, batch({"k": values[row]}))]


class TestVariedColumns:
    """Columns whose distinct values are not sought."""

    EVENTS = batch(*({"k": f"File{n}.exe", "l": [f"a{n}", f"b{n}"], "n": n} for n in range(5000)))

    @pytest.mark.parametrize("rows", [[7, 4999, 0], list(range(4000))])
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('k == "File7.exe"', [7]),
            ('k : "file7*.EXE"', None),
            ('l : ("A7", "b4999")', [7, 4999]),
            ("length(k) == 9", [7, 0]),
        ],
    )
    def test_they_give_what_others_do(self, text, expected, rows):
        conditions = Conditions(self.EVENTS)
        assert conditions.columns["k"].varied
        assert conditions.columns["l"].varied
        alone = [row for row in rows if row in (7, 4999, 0) and true_rows(text, batch(dict(self.document(row))))]

        found = true_rows(text, self.EVENTS, rows)

        assert [row for row in found if row in (7, 4999, 0)] == alone
        if expected is not None:
            assert alone == [row for row in rows if row in expected]

    @staticmethod
    def document(row):
        return {"k": f"File{row}.exe", "l": [f"a{row}", f"b{row}"], "n": row}

    def test_over_several_columns(self):
        assert true_rows('concat(k, n) == "File7.exe7"', self.EVENTS, [7, 8]) == [7]
        assert true_rows('concat(k, l) : "file7.exeb7"', self.EVENTS) == [7]


class TestFailures:
    """Leaves without a result for some value."""

    EVENTS = batch({"k": "1"}, {"k": "x"}, {"k": ["2", "y"]}, {})

    def decide(self, text, rows=(0, 1, 2, 3)):
        told = []
        conditions = Conditions(self.EVENTS)
        found = conditions.decide(
            condition(text), np.array(rows), lambda events, message: told.append((events, message))
        )
        return [row for row, true in zip(rows, found, strict=True) if true], told

    def test_what_fails_is_false_of_that_value_and_told(self):
        found, told = self.decide("number(k) > 0")

        assert found == [0, 2]
        assert [events for events, _ in told] == [2]
        assert "is not a number of base 10" in told[0][1]

    def test_nothing_fails_on_rows_that_are_not_asked_for(self):
        assert self.decide("number(k) > 0", (0, 3)) == ([0], [])

    def test_conditions_before_protect_those_after(self):
        assert self.decide('k == "1" and number(k) > 0') == ([0], [])
        assert self.decide('not k == "1" or number(k) > 0') == ([0, 1, 2, 3], [])

    def test_each_asking_is_told(self):
        told = []
        conditions = Conditions(self.EVENTS)
        for _ in range(2):
            conditions.decide(condition("number(k) > 0"), np.array([1]), lambda events, _: told.append(events))

        assert told == [1, 1]

    def test_several_columns(self):
        events = batch({"n": 1, "m": 0}, {"n": 4, "m": 2}, {"n": [1, 6], "m": [0, 3]})
        told = []

        found = Conditions(events).decide(condition("divide(n, m) == 2"), np.arange(3), lambda *each: told.append(each))

        assert found.tolist() == [False, True, True]
        assert told == [(2, "division by zero")]

    def test_division_by_zero_of_a_constant(self):
        events = batch({"n": 1}, {})
        told = []

        Conditions(events).decide(condition("n / 0 == 1"), np.arange(2), lambda *each: told.append(each))

        assert told == [(1, "division by zero")]


class TestCombinations:
    """One value of each column."""

    def columns(self, *documents):
        conditions = Conditions(batch(*documents))
        return [conditions.columns["k"], conditions.columns["l"]]

    def test_every_pair_of_values_and_null_for_none(self):
        columns = self.columns({"k": ["a", "b"], "l": ["x", "y"]}, {"k": "c"}, {"l": "z"})

        found = [
            (
                int(row),
                *(column.at(places[[at]]).to_pylist()[0] for column, places in zip(columns, tuples, strict=True)),
            )
            for rows, tuples in combinations(columns, np.arange(3))
            for at, row in enumerate(rows)
        ]

        assert sorted(found[:4]) == [(0, "a", "x"), (0, "a", "y"), (0, "b", "x"), (0, "b", "y")]
        assert found[4:] == [(1, "c", None), (2, None, "z")]

    def test_they_come_in_portions(self, monkeypatch):
        monkeypatch.setattr(module, "_TUPLES", 3)
        columns = self.columns({"k": ["a", "b"], "l": ["x", "y"]}, {"k": ["c", "d"]})

        portions = [rows.tolist() for rows, _ in combinations(columns, np.arange(2))]

        assert portions == [[0, 0, 0], [0, 1, 1]]

    def test_an_event_with_more_than_any_true_one_fails(self):
        many = [str(n) for n in range(2100)]
        events = batch({"k": many, "l": many}, {"k": "1", "l": "2"})
        told = []
        conditions = Conditions(events)

        found = conditions.decide(condition('concat(k, l) == "12"'), np.arange(2), lambda *each: told.append(each))

        assert found.tolist() == [False, True]
        assert told == [(1, TOO_MANY)]
        assert too_many([conditions.columns["k"]], np.arange(2)).tolist() == [False, False]
