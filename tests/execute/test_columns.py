"""Columns as the executor sees them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.execute.building import batch

from comtrap.execute.columns import Column, Columns, Given, Taken
from comtrap.schema.types import Type


def keyword(array: pa.Array) -> Column:
    return Column("k", Type.KEYWORD, array)


def test_a_flat_column_has_a_value_or_null_an_event():
    column = keyword(pa.array(["a", None, "b", "a"]))

    assert column.offsets is None
    assert column.flat.to_pylist() == ["a", None, "b", "a"]
    assert column.distinct.to_pylist() == ["a", "b", None]
    assert column.codes.tolist() == [0, 2, 1, 0]


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.string())])
def test_a_column_of_lists_has_offsets_and_no_nulls(kind):
    column = keyword(pa.array([["a", None, "b"], [], None, [None], ["b"]], kind))

    assert column.flat.to_pylist() == ["a", "b", "b"]
    assert column.offsets.tolist() == [0, 2, 2, 2, 2, 3]


def test_lists_of_one_value_are_flat():
    column = keyword(pa.array([["a"], [None], [], None, ["b"]]))

    assert column.offsets is None
    assert column.flat.to_pylist() == ["a", None, None, None, "b"]


def test_a_slice_of_lists_is_read_from_its_own_place():
    column = keyword(pa.array([["x", "y"], ["a", "b"], ["c"]]).slice(1))

    assert column.flat.to_pylist() == ["a", "b", "c"]
    assert column.offsets.tolist() == [0, 2, 3]


def test_dictionaries_are_columns_too():
    column = keyword(pa.array(["a", None, "a"]).dictionary_encode())

    assert column.flat.to_pylist() == ["a", None, "a"]


def test_no_events():
    for kind in (pa.string(), pa.list_(pa.string())):
        column = keyword(pa.array([], kind))
        assert len(column.flat) == 0
        assert column.distinct.to_pylist() == [None]
        assert not column.varied


def test_addresses_get_their_one_spelling_and_what_is_none_is_null():
    column = Column("ip", Type.IP, pa.array(["::ffff:10.0.0.1", "10.0.0.1", "x", None]))

    assert column.flat.to_pylist() == ["10.0.0.1", "10.0.0.1", None, None]


def test_a_column_is_varied_where_most_values_are_distinct():
    assert keyword(pa.array([str(n) for n in range(10_000)])).varied
    assert not keyword(pa.array([str(n % 100) for n in range(10_000)])).varied
    assert not keyword(pa.array([str(n) for n in range(100)])).varied


def test_spans_are_the_places_of_each_rows_values():
    column = keyword(pa.array([["a", "b"], [], ["c"], ["d", "e"]]))

    lengths, places = column.spans(np.array([3, 1, 0]))

    assert lengths.tolist() == [2, 0, 2]
    assert places.tolist() == [3, 4, 0, 1]


def test_values_at_places_are_null_for_none():
    assert keyword(pa.array(["a", "b"])).at(np.array([1, -1, 0])).to_pylist() == ["b", None, "a"]


def test_frames_give_the_same_in_lower_case():
    column = keyword(pa.array(["A", "É", None]))

    assert Given(3, {"k": column.flat}).lowered("k").to_pylist() == ["a", "é", None]
    for _ in range(3):  # from the third on out of the whole column in lower case
        assert Taken(column, np.array([1, 2])).lowered("k").to_pylist() == ["é", None]


def test_a_column_that_the_batch_lacks_is_null():
    columns = Columns(batch({"k": "a"}, {}))

    assert columns["never"].flat.to_pylist() == [None, None]
    assert columns["k"] is columns["k"]
