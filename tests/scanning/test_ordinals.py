from __future__ import annotations

import pyarrow as pa
import pytest
from tests.scanning.test_picked import hits, raw

from comtrap.scanning.ordinals import Ordinals


def ordered(ordinals, size=3, events=None, **columns):
    found, ties = ordinals.of(hits(range(size) if events is None else events, [7] * size), [raw(size, **columns)])
    return found["event"].to_pylist(), found["time_ns"].to_pylist(), found["tie"].to_pylist(), ties


def test_another_field_is_the_time_and_events_without_it_are_left_out():
    times = ["2026-01-01T00:00:00Z", None, "1970-01-01T00:00:00.000000002Z"]

    assert ordered(Ordinals(time="event.created"), **{"event.created": times}) == (
        [0, 2],
        [1_767_225_600_000_000_000, 2],
        [None, None],
        {},
    )


def test_samples_keep_events_without_a_time():
    assert ordered(Ordinals(time="event.created", timed=False), **{"event.created": ["x", None, None]})[:2] == (
        [0, 1, 2],
        [0, 0, 0],
    )


@pytest.mark.parametrize(
    ("field", "values", "order"),
    [
        ("process.pid", ["10", "9", "-1"], [2, 1, 0]),
        ("process.thread.id", ["9223372036854775807", "0", "-9223372036854775808"], [2, 1, 0]),
        ("host.uptime", ["1", "2", "3"], [0, 1, 2]),
        ("event.risk_score", ["0.5", "-2.5", "1e300"], [1, 0, 2]),
        ("event.created", ["2026-01-02", "2026-01-01", "2027-01-01"], [1, 0, 2]),
        ("process.interactive", ["true", "false", "true"], [1, 0, 2]),
    ],
)
def test_numbers_dates_and_booleans_order_as_they_come(field, values, order):
    ordinals = Ordinals(tie=field)
    events, times, ties, texts = ordered(ordinals, **{field: values})

    assert (ordinals.numbered, times, texts) == (True, [7, 7, 7], {})
    assert sorted(events, key=lambda event: (ties[event], event)) == order


@pytest.mark.parametrize(
    ("field", "values", "order"),
    [
        ("user.name", ["b", "A", "a"], [1, 2, 0]),
        ("winlog.record_id", ["10", "9", "100"], [0, 2, 1]),
        ("source.ip", ["10.0.0.9", "9.0.0.10", "::1"], [2, 1, 0]),
    ],
)
def test_texts_and_addresses_order_as_bytes(field, values, order):
    ordinals = Ordinals(tie=field)
    _, _, ties, texts = ordered(ordinals, **{field: values})

    assert (ordinals.numbered, ties) == (False, [None] * 3)
    assert sorted(texts, key=texts.__getitem__) == order


def test_of_several_values_the_least_counts():
    values = pa.array([["3", "1"], ["2"], None])

    assert ordered(Ordinals(tie="process.pid"), **{"process.pid": values})[2] == [1, 2, None]


def test_zeros_of_both_signs_are_equal():
    assert ordered(Ordinals(tie="event.risk_score"), 2, **{"event.risk_score": ["-0.0", "0"]})[2] == [0, 0]


def test_only_records_that_hit_are_read():
    found, _ = Ordinals(tie="process.pid").of(hits([1]), [raw(3, **{"process.pid": ["1", "2", "3"]})])

    assert found["tie"].to_pylist() == [2]
