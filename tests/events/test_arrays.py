"""Columns of text, plain, by code, and in lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.events import arrays

MANY = 600  # more texts than are put together one by one
TEXTS = st.lists(st.none() | st.sampled_from(["a", "b", "C", "é", ""]), max_size=30)
LISTS = st.lists(st.none() | st.lists(st.sampled_from(["a", "B"]), max_size=3), max_size=20)


def by_code(values):
    return pa.array(values, pa.string()).dictionary_encode()


def lists_by_code(values):
    column = pa.array(values, pa.list_(pa.string()))
    return arrays.relisted(column, column.flatten().dictionary_encode())


@pytest.mark.parametrize("size", [0, 1, 3, MANY])
def test_texts_and_integers_are_columns(size):
    texts = [None if n % 3 == 2 else str(n) for n in range(size)]
    assert arrays.texts(texts).to_pylist() == texts
    numbers = np.arange(size, dtype=np.int32)
    assert arrays.integers(numbers).to_pylist() == list(range(size))
    assert arrays.integers(numbers, numbers != 1).to_pylist() == [None if n == 1 else n for n in range(size)]


def test_the_same_text_is_in_every_row():
    assert arrays.same("x", 3).to_pylist() == ["x", "x", "x"]
    assert arrays.same("x", 0).to_pylist() == []


def test_codes_stay_where_they_are_shorter():
    values, codes = pa.array(["a", None, "a", "b"]), pa.array([0, 1, 2, 3, 0, 0, None], pa.int32())
    column = arrays.coded(values, codes)
    assert column.type == arrays.CODED
    assert column.dictionary.to_pylist() == ["a", "b"]
    assert column.to_pylist() == ["a", None, "a", "b", "a", "a", None]
    assert arrays.coded(values, codes.slice(0, 3)).type == pa.string()


@given(TEXTS, st.data())
def test_codes_mean_the_values(values, data):
    codes = data.draw(st.lists(st.none() | st.integers(0, max(0, len(values) - 1)), max_size=40 if values else 0))
    column = arrays.coded(pa.array(values, pa.string()), pa.array(codes, pa.int64()))
    assert column.to_pylist() == [None if code is None else values[code] for code in codes]
    if pa.types.is_dictionary(column.type):
        assert column.dictionary.null_count == 0
        assert len(column.dictionary.unique()) == len(column.dictionary)


@given(TEXTS)
def test_codes_are_taken_away(values):
    assert arrays.decoded(by_code(values)).equals(pa.array(values, pa.string()))
    assert arrays.decoded(pa.array(values, pa.string())).to_pylist() == values


@given(LISTS)
def test_codes_in_lists_are_taken_away(values):
    column = arrays.decoded(lists_by_code(values))
    assert column.type == pa.list_(pa.string())
    assert column.to_pylist() == [value or None for value in values]


def test_a_frame_loses_its_codes():
    frame = pa.table({"a": by_code(["x", None, "x"]), "b": pa.array([1, 2, 3])})
    assert arrays.plain(frame).equals(pa.table({"a": ["x", None, "x"], "b": [1, 2, 3]}))


@given(TEXTS)
def test_a_function_of_texts_is_a_function_of_codes(values):
    wanted = [value and value.lower() for value in values]
    assert arrays.mapped(pa.array(values, pa.string()), pc.utf8_lower).to_pylist() == wanted
    assert arrays.mapped(by_code(values), pc.utf8_lower).to_pylist() == wanted
    assert arrays.mapped(by_code(values), pc.utf8_length).to_pylist() == [v if v is None else len(v) for v in values]


@given(LISTS)
def test_a_function_of_texts_is_a_function_of_lists(values):
    wanted = [[text.lower() for text in value] if value else None for value in values]
    assert arrays.mapped(pa.array(values, pa.list_(pa.string())), pc.utf8_lower).to_pylist() == wanted
    assert arrays.mapped(lists_by_code(values), pc.utf8_lower).to_pylist() == wanted


@given(TEXTS)
def test_a_text_is_a_list_of_one(values):
    wanted = [None if value is None else [value] for value in values]
    assert arrays.as_lists(pa.array(values, pa.string())).to_pylist() == wanted
    assert arrays.as_lists(by_code(values)).to_pylist() == wanted


@given(LISTS)
def test_the_first_of_a_list_is_its_value(values):
    wanted = [value[0] if value else None for value in values]
    assert arrays.first_of(pa.array(values, pa.list_(pa.string()))).to_pylist() == wanted
    assert arrays.first_of(lists_by_code(values)).to_pylist() == wanted


def test_spans_are_the_places_from_each_beginning_on():
    assert arrays.spans(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]
    assert arrays.spans(np.array([], np.int64), np.array([], np.int64)).tolist() == []
