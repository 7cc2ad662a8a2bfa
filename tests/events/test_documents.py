"""Documents as columns."""

from __future__ import annotations

import pyarrow as pa
import pytest

from comtrap.errors import SourceError
from comtrap.events.documents import Index, column, stored
from comtrap.schema.schema import Field
from comtrap.schema.types import Type

DAY = 1_709_596_800_000_000_000  # 2024-03-05


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Type.LONG, 5, 5), (Type.LONG, "5", 5), (Type.LONG, "5.9", 5), (Type.LONG, 5.9, 5), (Type.LONG, -5.9, -5), (Type.LONG, True, None), (Type.LONG, "x", None),
        (Type.LONG, 2**63, None), (Type.LONG, -(2**63), -(2**63)), (Type.LONG, float("inf"), None), (Type.LONG, "1" * 5000, None), (Type.LONG, {}, None),
        (Type.DOUBLE, 1, 1.0), (Type.DOUBLE, "1.5", 1.5), (Type.DOUBLE, float("nan"), None), (Type.DOUBLE, 10**400, None), (Type.DOUBLE, False, None), (Type.DOUBLE, "inf", None),
        (Type.BOOLEAN, True, True), (Type.BOOLEAN, "true", True), (Type.BOOLEAN, "false", False), (Type.BOOLEAN, "", False), (Type.BOOLEAN, "yes", None), (Type.BOOLEAN, 1, None),
        (Type.KEYWORD, "x", "x"), (Type.KEYWORD, 1, "1"), (Type.KEYWORD, 1.5, "1.5"), (Type.KEYWORD, True, "true"), (Type.TEXT, "x", "x"),
        (Type.KEYWORD, "a\ud800b", "a\ufffdb"), (Type.KEYWORD, "\ud834\udd1e", "\U0001d11e"),
        (Type.IP, "10.0.0.1", "10.0.0.1"), (Type.IP, 1, None), (Type.VERSION, "1.2", "1.2"), (Type.VERSION, 1.2, None),
    ],
)  # fmt: skip
def test_a_value_is_held_as_its_type_holds_it(kind, value, expected):
    found = stored(value, Field(kind))

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "date_format", "expected"),
    [
        (Type.DATE, "2024-03-05", None, DAY), (Type.DATE, "2024-03-05T00:00:00.5Z", None, DAY + 500_000_000), (Type.DATE, "2024-03-05T02:00:00+02:00", None, DAY),
        (Type.DATE, 1000, None, 10**9), (Type.DATE, -1, None, -(10**6)), (Type.DATE, "12345", None, 12_345 * 10**6), (Type.DATE, 1.5, None, 10**6), (Type.DATE, "x", None, None),
        (Type.DATE, True, None, None), (Type.DATE, "05-03-2024", "dd-MM-yyyy", DAY), (Type.DATE, "2024-03-05", "dd-MM-yyyy", None), (Type.DATE, 5, "epoch_second", 5 * 10**9),
        (Type.DATE, "2024-03-05T00:00:00.000000001Z", None, DAY), (Type.DATE_NANOS, "2024-03-05T00:00:00.000000001Z", None, DAY + 1),
        (Type.DATE, "9999-01-01", None, 2**63 - 1), (Type.DATE, "0001-01-01", None, -(2**63)),
    ],
)  # fmt: skip
def test_a_date_is_held_in_nanoseconds_at_its_own_precision(kind, value, date_format, expected):
    assert stored(value, Field(kind, date_format=date_format)) == expected


MAPPING = {
    "properties": {
        "@timestamp": {"type": "date"},
        "event": {"properties": {"category": {"type": "alias", "path": "kind"}}},
        "kind": {"type": "keyword"},
        "filled": {"type": "keyword", "null_value": "NONE"},
        "n": {"type": "long"},
        "t": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
    }
}


def values(name, *documents, is_time=False, mapping=MAPPING):
    index = Index("i", documents, mapping)
    return index.values(name, index.schema("@timestamp"), is_time=is_time)


def test_keys_may_be_nested_or_dotted_or_both():
    assert values("a.b", {"a": {"b": "x"}}, {"a.b": "y"}, {"a": {"b": "x"}, "a.b": "y"}, {"a": [{"b": "x"}, {"b": "y"}]}) == [
        ["x"], ["y"], ["x", "y"], ["x", "y"],
    ]  # fmt: skip


def test_arrays_are_sets_and_nulls_no_values():
    assert values("kind", {"kind": ["a", "b", "a"]}, {"kind": [None, "a"]}, {"kind": []}, {"kind": None}, {"kind": [["a"], "b"]}, {}) == [
        ["a", "b"], ["a"], [], [], ["a", "b"], [],
    ]  # fmt: skip


def test_a_null_value_stands_for_explicit_nulls_alone():
    assert values("filled", {"filled": None}, {"filled": ["x", None]}, {}, {"filled": []}) == [
        ["NONE"],
        ["x", "NONE"],
        [],
        [],
    ]


def test_an_alias_reads_its_target_and_a_multi_field_its_field():
    assert values("event.category", {"kind": "a"}) == [["a"]]
    assert values("t.keyword", {"t": "a"}) == [["a"]]


def test_values_that_do_not_fit_are_left_out():
    assert values("n", {"n": ["1", "x", 2]}) == [[1, 2]]


def test_a_field_that_is_not_mapped_has_the_type_the_documents_show():
    schema = Index("i", [{"new": 1}, {"new": 2.5}], MAPPING).schema("@timestamp")

    assert schema["new"].type is Type.DOUBLE
    assert "newer" not in schema


def test_a_timestamp_without_mapping_is_a_date():
    schema = Index("i", [{"when": 1}]).schema("when")

    assert schema["when"].type is Type.DATE
    assert Index("i", [{"when": 1}]).schema("@timestamp")["when"].type is Type.LONG


def test_digits_in_a_timestamp_are_milliseconds_and_in_other_dates_a_year():
    year = 1_704_067_200_000_000_000

    assert values("@timestamp", {"@timestamp": "2024"}, is_time=True) == [[2024 * 10**6]]
    assert values("@timestamp", {"@timestamp": "2024"}) == [[year]]


def test_a_field_the_index_does_not_know_has_no_values():
    assert values("never", {"kind": "a"}, {}) == [[], []]


def test_what_is_no_document_is_refused():
    with pytest.raises(SourceError, match="document 1 of i is not an object"):
        Index("i", [{}, "x"])


def test_documents_may_come_from_a_generator():
    assert len(Index("i", ({"n": n} for n in range(3))).documents) == 3


def test_columns_are_flat_unless_an_event_has_several_values():
    assert column([["a"], [], ["b"]], Type.KEYWORD).equals(pa.array(["a", None, "b"]))
    assert column([["a", "b"], []], Type.KEYWORD).equals(pa.array([["a", "b"], []]))
    assert column([[1], []], Type.DATE).equals(pa.array([1, None], pa.timestamp("ns", "UTC")))
    assert column([[1, 2], []], Type.DATE).type == pa.list_(pa.timestamp("ns", "UTC"))
    assert column([], Type.LONG).type == pa.int64()


def test_deep_nesting_is_no_recursion():
    document: dict = {"kind": "a"}
    for _ in range(5000):
        document = {"x": document}

    assert values("kind", {"kind": "b", "deep": document}, mapping=None) == [["b"]]
