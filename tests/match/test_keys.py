from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.check.typed import Column, Constant, Key, Stage
from comtrap.execute.hits import HITS
from comtrap.match.keys import codes, epoch_ms, joinable, sortable, types
from comtrap.schema.types import Type

TRUE = Constant(True, Type.BOOLEAN)


def hits(keys: list[list[str | None]]) -> pa.Table:
    made = [{"query": 0, "stage": 0, "key": key, "time_ns": 0, "tie": None, "event": 0} for key in keys]
    return pa.Table.from_pylist(made, schema=HITS)


@given(
    st.integers(0, 3).flatmap(
        lambda n: st.tuples(
            st.just(n), st.lists(st.lists(st.sampled_from(["a", "b", "", None]), min_size=n, max_size=n), max_size=20)
        )
    ),
    st.integers(1, 5),
)
def test_codes_are_equal_exactly_for_equal_tuples(drawn, chunk):
    width, keys = drawn
    table = pa.concat_tables([hits(keys[at : at + chunk]) for at in range(0, len(keys), chunk)] or [hits([])])
    found = codes(table, width).tolist()
    assert [a == b for a in found for b in found] == [a == b for a in keys for b in keys]
    assert set(found) == set(range(len(set(found))))


def test_only_keys_with_a_hit_in_every_needed_stage_stay():
    code, stage = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 2, 1])

    assert joinable(code, stage, [0, 1]).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("kind", "ascending"),
    [
        (Type.KEYWORD, [None, "", "10", "9", "Z", "a", "é"]),
        (Type.LONG, [None, "-5", "9", "10"]),
        (Type.DOUBLE, [None, "-1.5", "9.0", "10.5", "1e3"]),
        (Type.BOOLEAN, [None, "false", "true"]),
        (Type.IP, [None, "::1", "9.0.0.1", "10.0.0.1", "2001:db8::1"]),
        (
            Type.DATE,
            [None, "1969-12-31T23:59:59.999Z", "2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.001Z"],
        ),
        (Type.VERSION, [None, "1.2.0-alpha", "1.2.0", "1.10.0", "no version"]),
        (Type.DATE_NANOS, ["2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:00.01Z"]),
    ],
)
def test_keys_sort_as_what_they_stand_for(kind, ascending):
    backwards = ascending[::-1]

    assert sorted(backwards, key=lambda text: sortable((text,), (kind,))) == ascending


def test_the_first_key_counts_most():
    assert sortable(("1", "9"), (Type.LONG, Type.LONG)) < sortable(("2", None), (Type.LONG, Type.LONG))


def test_a_key_has_the_type_of_the_first_stage_that_maps_it():
    stages = [
        Stage(None, TRUE, (Key(None, optional=True), Key(None, optional=True))),
        Stage(None, TRUE, (Key(Column("a", Type.LONG)), Key(None, optional=True))),
    ]

    assert types(stages) == (Type.LONG, Type.NULL)


@pytest.mark.parametrize(("text", "expected"), [("1970-01-01T00:00:01.5Z", 1500), ("1969-12-31T23:59:59.999Z", -1)])
def test_dates_are_milliseconds_since_1970(text, expected):
    assert epoch_ms(text) == expected
