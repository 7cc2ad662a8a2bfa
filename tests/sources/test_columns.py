"""Documents as columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comtrap.sources import columns as module
from comtrap.sources.columns import Table, columns


def table(documents, wanted=None):
    return {name: column.to_pylist() for name, column in columns(documents, wanted).items()}


def test_nested_and_dotted_keys_are_the_same_name():
    documents = [{"a": {"b": "1"}}, {"a.b": "2"}, {"a": {"b": "3"}, "a.c": "4"}]

    assert table(documents) == {"a.b": ["1", "2", "3"], "a.c": [None, None, "4"]}


def test_a_name_written_both_ways_in_one_document_has_both_values():
    assert table([{"a": {"b": "1"}, "a.b": ["2", "3"]}]) == {"a.b": [["1", "2", "3"]]}


def test_numbers_and_booleans_are_their_json_text():
    assert table([{"a": v} for v in (1, 1.5, True, False, -3, 2**70)]) == {
        "a": ["1", "1.5", "true", "false", "-3", str(2**70)]
    }


def test_lists_are_lists_and_single_values_beside_them_lists_of_one():
    assert table([{"a": ["x", 1, None]}, {"a": "y"}, {"a": []}, {"a": None}]) == {"a": [["x", "1"], ["y"], None, None]}


def test_objects_in_lists_give_a_list_for_each_leaf():
    documents = [{"a": [{"b": "1", "c": {"d": 2}}, {"b": "3"}]}, {"a": {"b": "4"}}]

    assert table(documents) == {"a.b": [["1", "3"], ["4"]], "a.c.d": [["2"], None]}


def test_only_wanted_names_are_looked_for():
    documents = [{"a": {"b": "1", "c": "2"}, "d": [{"e": "3", "f": "4"}], "g": {"h": {"i": "5"}}, "a.j": "6"}]

    assert table(documents, frozenset({"a.b", "d.e", "g", "a.j", "absent.name"})) == {
        "a.b": ["1"],
        "d.e": [["3"]],
        "a.j": ["6"],
    }


def test_names_without_any_value_are_no_columns():
    assert table([{"a": None, "b": {}, "c": []}]) == {}


def test_a_record_cannot_bring_along_a_column_of_ours():
    assert table([{"_position": "9", "_event": "9", "_shape": "x", "_index": "i"}]) == {"_index": ["i"]}


def test_documents_with_ever_new_names_are_made_into_columns_few_at_a_time(monkeypatch):
    monkeypatch.setattr(module, "CELLS", 20)
    made = Table(None)
    for row in range(9):
        made.add({f"name{row}": "x"})
        made.add({"same": "y"})

    ranges = list(made.ranges(1000))

    assert [start for start, _ in ranges] == [0, *(stop for _, stop in ranges[:-1])]
    assert ranges[-1][1] == 18
    assert all((stop - start) * len(made.columns(start, stop)) <= 20 for start, stop in ranges)
    assert [c.to_pylist() for c in made.columns(7, 10).values()] == [["y", None, "y"], [None, "x", None]]


def test_a_name_that_is_a_value_here_and_an_object_there_is_both():
    assert table([{"a": "1"}, {"a": {"b": "2"}}, {"a": [{"b": "3"}, "4"]}]) == {
        "a": [["1"], None, ["4"]],
        "a.b": [None, ["2"], ["3"]],
    }


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3)),
    lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(st.text("ab.", max_size=3), v, max_size=3)),
)


@given(st.lists(st.dictionaries(st.text("ab._", max_size=3), VALUES, max_size=4), max_size=4))
def test_any_documents_become_columns_of_text(documents):
    for column in columns(documents, None).values():
        assert len(column) == len(documents)
        assert str(column.type) in {"string", "list<item: string>"}
