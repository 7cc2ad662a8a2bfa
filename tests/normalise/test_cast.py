from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.events.batch import ARROW
from comtrap.normalise.cast import timestamps, typed
from comtrap.schema.types import Type

TEXTS = pa.list_(pa.string())


@pytest.mark.parametrize(
    ("kind", "texts", "values"),
    [
        (Type.LONG, ["1", "-5", None], [1, -5, None]),
        (Type.LONG, ["0x1f4", "0X10", " 7 ", "8.0", "1e3"], [500, 16, 7, 8, 1000]),
        (Type.LONG, ["1", "x", "", "9223372036854775808", "1e400", "-"], [1, None, None, None, None, None]),
        (Type.DOUBLE, ["1.5", "2", "nan", "x"], [1.5, 2.0, None, None]),
        (Type.BOOLEAN, ["true", "False", "1", "0", "maybe"], [True, False, True, False, None]),
        (Type.KEYWORD, ["a", None], ["a", None]),
        (Type.IP, ["192.0.2.1"], ["192.0.2.1"]),
    ],
)
def test_texts_become_what_the_schema_says(kind, texts, values):
    column, wrong = typed(pa.array(texts, pa.string()), kind)
    assert column.type == ARROW[kind]
    assert column.to_pylist() == values
    assert wrong == values.count(None) - texts.count(None)


def test_a_list_column_stays_one_where_a_row_has_two_values():
    column, wrong = typed(pa.array([["1", "2"], None, [], ["3"]], TEXTS), Type.LONG)
    assert column.type == pa.list_(pa.int64())
    assert column.to_pylist() == [[1, 2], None, None, [3]]
    assert wrong == 0


def test_a_list_column_is_flat_where_no_row_has_two_values():
    column, _ = typed(pa.array([["1"], None, []], TEXTS), Type.LONG)
    assert column.type == pa.int64()
    assert column.to_pylist() == [1, None, None]


def test_what_is_wrong_in_a_list_is_dropped_and_counted():
    column, wrong = typed(pa.array([["1", "x"], ["y"], [None, "2"]], TEXTS), Type.LONG)
    assert column.to_pylist() == [1, None, 2]
    assert wrong == 2


def test_a_slice_of_a_list_column_keeps_its_own_rows():
    column = pa.array([["1", "2"], ["3"], ["4", "5"]], TEXTS).slice(1)
    assert typed(column, Type.KEYWORD)[0].to_pylist() == [["3"], ["4", "5"]]


def test_no_rows_are_no_rows():
    assert typed(pa.array([], TEXTS), Type.LONG)[0].to_pylist() == []
    assert typed(pa.array([], pa.string()), Type.DATE)[0].to_pylist() == []
    assert typed(pa.nulls(2), Type.DATE)[0].to_pylist() == [None, None]


MARCH = 1_709_287_200_000_000_000  # 2024-03-01T10:00:00Z


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("2024-03-01T10:00:00Z", MARCH),
        ("2024-03-01 10:00:00.100", MARCH + 100_000_000),
        ("2024-03-01T10:00:00.1234567Z", MARCH + 123_456_700),
        ("2024-03-01T10:00:00.123456789+00:00", MARCH + 123_456_789),
        ("2024-03-01T12:00:00+02:00", MARCH),
        ("2024-03-01 10:00:00 UTC", MARCH),
        ("2024/03/01 10:00:00", MARCH),
        ("1709287200000", MARCH),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_a_time_is_read_in_its_usual_spellings(text, time_ns):
    # Beside a text of another shape no fast path reads the column.
    alone, mixed = timestamps(pa.array([text])), timestamps(pa.array([text, "x", None]))
    assert alone.cast(pa.int64()).to_pylist() == [time_ns]
    assert mixed.cast(pa.int64()).to_pylist() == [time_ns, None, None]


@pytest.mark.parametrize(
    "text", ["", "x", "10:00", "2024-13-01T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9" * 30, "²"]
)
def test_what_is_no_time_is_null(text):
    assert timestamps(pa.array([text, "y"])).to_pylist() == [None, None]


# No field is of the type of the literal null.
@given(st.sampled_from([kind for kind in Type if kind is not Type.NULL]), st.lists(st.one_of(st.none(), st.text())))
def test_any_texts_are_cast_without_an_error(kind, texts):
    column, _ = typed(pa.array(texts, pa.string()), kind)
    assert len(column) == len(texts)
