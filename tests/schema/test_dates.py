from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.schema.dates import span_of

SECOND = 10**9


def ns(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2024", "2024-01-01", "2025-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024-12", "2024-12-01", "2025-01-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2024-03-05T10", "2024-03-05T10:00:00", "2024-03-05T11:00:00"),
        ("2024-03-05T10:20", "2024-03-05T10:20:00", "2024-03-05T10:21:00"),
        ("2024-03-05T10:20:30", "2024-03-05T10:20:30", "2024-03-05T10:20:31"),
        ("2024-03-05T10:20:30Z", "2024-03-05T10:20:30", "2024-03-05T10:20:31"),
        ("2024-03-05T10+02:00", "2024-03-05T08:00:00", "2024-03-05T09:00:00"),
        ("2024-03-05T10:20-0330", "2024-03-05T13:50:00", "2024-03-05T13:51:00"),
        ("1969-12-31", "1969-12-31", "1970-01-01"),
        ("0001", "0001-01-01", "0002-01-01"),
    ],
)
def test_a_date_stands_for_all_that_it_leaves_open(text, first, after):
    assert span_of(text) == (ns(first), ns(after) - 1)


def test_the_last_year_ends():
    assert span_of("9999")[1] == ns("9999-12-31T23:59:59") + SECOND - 1


@pytest.mark.parametrize(
    ("text", "fraction"),
    [(".5", 500_000_000), (".510", 510_000_000), (".000000001", 1), (",123456", 123_456_000)],
)
def test_a_fraction_is_one_instant(text, fraction):
    exact = ns("2024-03-05T10:20:30") + fraction

    assert span_of(f"2024-03-05T10:20:30{text}Z") == (exact, exact)


def test_digits_alone_are_milliseconds_once_they_are_no_year():
    assert span_of("1709634030500") == (1709634030500 * 10**6, 1709634030501 * 10**6 - 1)
    assert span_of("-1") == (-(10**6), -1)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2024-03-05T10:20:30||/d", "2024-03-05", "2024-03-06"),
        ("2024-03-05||/M", "2024-03-01", "2024-04-01"),
        ("2024-03-05||/y", "2024-01-01", "2025-01-01"),
        ("2024-03-05||/w", "2024-03-04", "2024-03-11"),
        ("2024-03-05||+1d/d", "2024-03-06", "2024-03-07"),
        ("2024-03-05||-1M/M", "2024-02-01", "2024-03-01"),
        ("2024-03-05||-2h+30m/h", "2024-03-04T22:00:00", "2024-03-04T23:00:00"),
    ],
)
def test_date_maths_rounds_to_a_whole_unit(text, first, after):
    assert span_of(text) == (ns(first), ns(after) - 1)


def test_date_maths_without_rounding_is_one_instant():
    assert span_of("2024-01-31||+1M") == (ns("2024-02-29"), ns("2024-02-29"))
    assert span_of("2024-03||+d") == (ns("2024-03-02"), ns("2024-03-02"))


NOW = span_of("2024-03-05T10:20:30.500Z")[0]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("now", "2024-03-05T10:20:30.500Z", "2024-03-05T10:20:30.500Z"),
        ("now-1d", "2024-03-04T10:20:30.500Z", "2024-03-04T10:20:30.500Z"),
        ("now/d", "2024-03-05T00:00:00.000Z", "2024-03-05T23:59:59.999999999Z"),
        ("now-1M/M", "2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999999999Z"),
    ],
)
def test_now_is_what_it_is_said_to_be(text, first, last):
    assert span_of(text, now_ns=NOW + 123_456) == (span_of(first)[0], span_of(last)[0])


@pytest.mark.parametrize("text", ["now||/d", "nowadays", "now-1q"])
def test_what_begins_with_now_is_not_now(text):
    with pytest.raises(ValueError, match="date maths"):
        span_of(text, now_ns=NOW)


@pytest.mark.parametrize("text", ["now", "now-1d", "now/d", "now+1h"])
def test_now_is_refused_where_nobody_says_what_it_is(text):
    with pytest.raises(ValueError, match="clock"):
        span_of(text)


@pytest.mark.parametrize(
    "text",
    ["", "x", "2024-13", "2024-02-30", "2024-3-5", "2024-03-05T25", "2024-03-05 10:20", "2024-03-05T10:20:30.1234567890",
     "2024||/q", "2024||+", "2024||1d", "0000", "9999||+2y", "9999||+999999w/M", "\u0662\u0660\u0662\u0664"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        span_of(text)


@pytest.mark.parametrize(
    ("text", "formats", "first", "after"),
    [
        ("05-03-2024", "dd-MM-yyyy", "2024-03-05", "2024-03-06"),
        ("5 Mar 2024", "epoch_second||d MMM yyyy", "2024-03-05", "2024-03-06"),
        ("20240305", "basic_date", "2024-03-05", "2024-03-06"),
        ("2024-03-05T10:20:30Z", "strict_date_time_no_millis", "2024-03-05T10:20:30", "2024-03-05T10:20:31"),
        ("1709634030", "epoch_second", "2024-03-05T10:20:30", "2024-03-05T10:20:31"),
        ("2024/03/05 at 10h", "yyyy/MM/dd 'at' HH'h'", "2024-03-05T10:00:00", "2024-03-05T11:00:00"),
    ],
)
def test_the_format_of_a_mapping_is_followed(text, formats, first, after):
    assert span_of(text, formats) == (ns(first), ns(after) - 1)


def test_a_date_in_another_format_is_refused():
    with pytest.raises(ValueError, match="dd-MM-yyyy"):
        span_of("2024-03-05", "dd-MM-yyyy")


def test_a_format_that_is_not_supported_says_so():
    with pytest.raises(ValueError, match="not supported"):
        span_of("Q1", "'Q'Q")


@given(st.text(alphabet="0123456789-+:.TZ|/dMywhms ", max_size=30))
def test_no_text_is_more_than_refused(text):
    try:
        first, last = span_of(text)
    except ValueError:
        return
    assert first <= last


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_iso_texts_are_read_as_written(moment):
    exact = ns(moment.replace(microsecond=0).isoformat()) + moment.microsecond * 1000

    assert span_of(moment.isoformat(timespec="microseconds")) == (exact, exact)
