"""Values as text."""

from __future__ import annotations

import pyarrow as pa
import pytest

from comtrap.check.literals import double, text
from comtrap.execute.text import iso, texts
from comtrap.schema.types import Type


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (7.5, "7.5"), (0.1, "0.1"), (-2.5, "-2.5"), (1234567.0, "1234567.0"), (9999999.5, "9999999.5"), (1e7, "1.0E7"),
        (123456789.125, "1.23456789125E8"), (0.001, "0.001"), (0.0001, "1.0E-4"), (1.25e-7, "1.25E-7"), (-1e21, "-1.0E21"), (5e-324, "5.0E-324"),
        (float("inf"), "Infinity"), (float("-inf"), "-Infinity"), (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_doubles_are_written_as_java_does(value, expected):
    assert double(value) == expected


@pytest.mark.parametrize(
    ("time_ns", "expected"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_709_634_030_500_000_000, "2024-03-05T10:20:30.500Z"),
        (1_709_634_030_500_000_001, "2024-03-05T10:20:30.500000001Z"),
        (-1_000_000, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_dates_are_written_with_milliseconds_and_with_nanoseconds_where_they_have_them(time_ns, expected):
    assert iso(time_ns) == expected


def test_scalars():
    assert [text(v) for v in (True, False, 3, 3.0, "x")] == ["true", "false", "3", "3.0", "x"]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (pa.array([1, None, -2]), Type.LONG, ["1", None, "-2"]),
        (pa.array([1.5, None, 1.5]), Type.DOUBLE, ["1.5", None, "1.5"]),
        (pa.array([True, None, False]), Type.BOOLEAN, ["true", None, "false"]),
        (pa.array(["a", None]), Type.KEYWORD, ["a", None]),
        (pa.array([0, None], pa.timestamp("ns", "UTC")), Type.DATE, ["1970-01-01T00:00:00.000Z", None]),
    ],
)
def test_columns(values, kind, expected):
    assert texts(values, kind).to_pylist() == expected
