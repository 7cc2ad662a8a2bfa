"""Join keys of hits."""

from __future__ import annotations

import numpy as np
import pytest
from tests.execute.building import SCHEMA, batch, no_failure

from comtrap.check import typed
from comtrap.execute import condition
from comtrap.execute.columns import Columns
from comtrap.execute.condition import TOO_MANY
from comtrap.execute.keys import join_keys

EVENTS = batch(
    {"k": "a", "n": 1, "b": True, "x": 1.5, "d": 0, "ip": "::ffff:10.0.0.1", "v": "1.0", "l": ["x", "y", "x"]},
    {"k": "B", "l": ["z", "y"]},
    {"n": [3, 1], "l": "x"},
)


def key(name, *, optional=False):
    return typed.Key(typed.Column(name, SCHEMA[name].type), optional)


def found(*keys, rows=(0, 1, 2)):
    owners, tuples = join_keys(keys, Columns(EVENTS), np.array(rows), no_failure)
    return list(zip(owners.tolist(), map(tuple, tuples.to_pylist()), strict=True))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("k", "a"), ("n", "1"), ("b", "true"), ("x", "1.5"), ("d", "1970-01-01T00:00:00.000Z"), ("ip", "10.0.0.1"), ("v", "1.0")],
)  # fmt: skip
def test_keys_are_text(name, expected):
    assert found(key(name), rows=[0]) == [(0, (expected,))]


def test_a_query_without_keys_has_one_empty_tuple_an_event():
    assert found() == [(0, ()), (1, ()), (2, ())]


def test_a_row_without_a_mandatory_key_takes_no_part():
    assert found(key("k")) == [(0, ("a",)), (1, ("B",))]


def test_a_missing_optional_key_is_null():
    assert found(key("k", optional=True)) == [(0, ("a",)), (1, ("B",)), (2, (None,))]
    assert found(typed.Key(None, optional=True), key("k")) == [(0, (None, "a")), (1, (None, "B"))]


def test_many_values_give_one_tuple_for_each_distinct_one():
    assert found(key("l")) == [(0, ("x",)), (0, ("y",)), (1, ("z",)), (1, ("y",)), (2, ("x",))]


def test_several_keys_of_many_values_give_every_pair():
    pairs = found(key("n"), key("l"), rows=[0, 2])

    assert sorted(pairs) == [(0, ("1", "x")), (0, ("1", "y")), (2, ("1", "x")), (2, ("3", "x"))]


def test_one_field_may_be_two_keys():
    assert found(key("k"), key("k"), rows=[0]) == [(0, ("a", "a"))]


def test_no_rows():
    assert found(key("k"), rows=np.zeros(0, np.int64)) == []
    assert found(rows=np.zeros(0, np.int64)) == []


def test_an_event_with_too_many_tuples_is_left_out_and_told(monkeypatch):
    monkeypatch.setattr(condition, "_MOST", 3)
    told = []

    owners, _ = join_keys((key("n"), key("l")), Columns(EVENTS), np.arange(3), lambda *each: told.append(each))

    assert owners.tolist() == [0, 0, 2, 2]
    assert told == []
    join_keys((key("l"), key("d"), key("n")), Columns(batch({"l": ["1", "2", "3", "4"], "d": 0, "n": 1})), np.arange(1), lambda *each: told.append(each))  # fmt: skip
    assert told == [(1, TOO_MANY)]
