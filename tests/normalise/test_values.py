from __future__ import annotations

import pyarrow as pa
import pytest

from comtrap.normalise.rows import Rows
from comtrap.normalise.values import Constant, Each, First, Leaf, Objects, Part, Text, Union


def rows(fields=None, extensions=None, **columns):
    frame = pa.table({name: pa.array(values) for name, values in columns.items()})
    return Rows(frame, fields or {}, extensions or {})


def upper(value):
    return value.upper()


def pair(value):
    return {"first": value[0], "all": list(value)}


def both(one, other):
    return f"{one}/{other}"


def listed(expr, batch):
    column = expr.array(batch)
    return None if column is None else column.to_pylist()


def test_text_is_the_column():
    assert listed(Text("a"), rows(a=["x", None])) == ["x", None]


@pytest.mark.parametrize(
    "expr", [Text("b"), Each(upper, ("b",)), First(("b", "c")), Union(("b",)), Part(Each(pair, ("b",)), "first")]
)
def test_a_column_that_is_absent_or_all_null_has_no_values(expr):
    assert expr.array(rows(a=["x"])) is None
    assert expr.array(rows(a=["x"], b=pa.array([None], pa.string()))) is None


def test_a_constant_is_in_every_row():
    assert listed(Constant("x"), rows(a=["1", "2"])) == ["x", "x"]
    assert listed(Constant(("x",)), rows(a=["1", "2"])) == ["x", "x"]
    assert listed(Constant(("x", "y")), rows(a=["1", "2"])) == [["x", "y"], ["x", "y"]]


def test_a_function_runs_once_a_distinct_value():
    seen = []
    expr = Each(lambda value: seen.append(value) or value, ("a",))
    assert listed(expr, rows(a=["x", "y", "x", None, "x"])) == ["x", "y", "x", None, "x"]
    assert sorted(seen) == ["x", "y"]


def test_a_function_of_two_columns_sees_each_pair_once():
    batch = rows(a=["x", "x", "y", None], b=["1", "1", None, "2"])
    assert listed(Each(both, ("a", "b")), batch) == ["x/1", "x/1", "y/None", None]


def test_a_function_that_takes_none_is_called_for_it():
    batch = rows(a=["x", None], b=["1", "2"])
    assert listed(Each(both, ("a", "b"), optional=True), batch) == ["x/1", "None/2"]
    assert listed(Each(both, ("c", "d"), optional=True), batch) == ["None/None", "None/None"]


def test_a_function_is_not_called_without_a_match_of_its_pattern():
    assert listed(Each(upper, ("a",), only="^x"), rows(a=["xa", "b", None])) == ["XA", None, None]


def test_a_function_of_a_list_column_sees_its_first_value():
    assert listed(Each(upper, ("a",)), rows(a=[["x", "y"], [], None])) == ["X", None, None]


def test_parts_of_one_function_are_texts_or_lists():
    batch = rows(a=["xy", "z"])
    assert listed(Part(Each(pair, ("a",)), "first"), batch) == ["x", "z"]
    assert listed(Part(Each(pair, ("a",)), "all"), batch) == [["x", "y"], ["z"]]
    assert listed(Part(Each(pair, ("a",)), "none"), batch) == [None, None]


def test_the_first_value_wins():
    assert listed(First(("a", "b", "c")), rows(a=["x", None, None], c=["1", "2", None])) == ["x", "2", None]


def test_a_list_and_a_text_fill_each_other_as_lists():
    assert listed(First(("a", "b")), rows(a=[["x", "y"], None], b=["1", "2"])) == [["x", "y"], ["2"]]


def test_a_union_has_each_value_once_in_order():
    batch = rows(a=["x", None, None], b=[["y", "x"], ["z"], None])
    assert listed(Union(("a", "b")), batch) == [["x", "y"], ["z"], None]
    assert listed(Union(("a",)), batch) == [["x"], None, None]


def test_a_leaf_of_objects_is_the_list_of_their_values():
    objects = Objects(Each(lambda v: [{"a": {"b": v}}, {}, {"a": {"b": True}}], ("a",)), ("a.b",))
    assert listed(Leaf(objects, "a.b"), rows(a=["x", None])) == [["x", "true"], None]
    assert objects.array(rows(a=["x"])) is None


def test_a_name_that_the_table_writes_is_the_field():
    batch = rows({"a": Text("b"), "c": Text("a")}, b=["x"])
    assert batch.field("c").to_pylist() == ["x"]


def test_a_fields_own_expression_sees_the_raw_column_of_its_name():
    assert rows({"a": First(("b", "a"))}, a=["raw"]).field("a").to_pylist() == ["raw"]


def test_what_a_record_brought_along_wins():
    batch = rows({"a": Constant("computed")}, a=["given", None])
    assert batch.field("a").to_pylist() == ["given", "computed"]


def test_an_overwriting_field_wins_over_what_a_record_brought_along():
    batch = Rows(pa.table({"a": ["given", "given"], "b": ["x", None]}), {"a": Text("b")}, overwriting=frozenset({"a"}))
    assert batch.field("a").to_pylist() == ["x", "given"]


def test_an_action_is_not_overwritten_in_a_record_that_has_a_category():
    frame = pa.table({"event.action": ["given", "given"], "event.category": ["process", None]})
    batch = Rows(frame, {"event.action": Constant("computed")}, overwriting=frozenset({"event.action"}))
    assert batch.field("event.action").to_pylist() == ["given", "computed"]


def test_an_extension_fills_what_is_empty_and_says_so():
    batch = rows(
        {"a": Text("b")}, {"a": Constant("x"), "c": Text("d"), "comtrap.e": Constant("y")}, b=["1", None], d=["2", None]
    )
    assert batch.field("a").to_pylist() == ["1", "x"]
    assert batch.extended("said").to_pylist() == [["c"], ["a"]]


def test_what_was_extended_before_is_still_said():
    batch = rows({}, {"a": Text("b")}, b=["1", None], said=[["z"], None])
    assert batch.extended("said").to_pylist() == [["z", "a"], []]


def test_blanks_below_event_data_are_no_values():
    frame = pa.table({"winlog.event_data.X": ["-", "x"], "other": ["-", "x"]})
    batch = Rows(frame, {}, blank=frozenset({"-"}))
    assert batch.raw("winlog.event_data.X").to_pylist() == [None, "x"]
    assert batch.raw("other").to_pylist() == ["-", "x"]
