from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.normalise.document import DEPTH, drop, expanded, flatten, get, nested, put, text


def test_a_document_is_flattened_to_texts():
    document = {"a": {"b": 1, "c": True, "d": None}, "e.f": 1.5, "g": "x"}
    assert flatten(document) == {"a.b": "1", "a.c": "true", "e.f": "1.5", "g": "x"}


def test_several_values_are_a_list_and_one_in_a_list_is_one():
    assert flatten({"a": ["x", 2], "b": ["x"], "c": []}) == {"a": ["x", "2"], "b": "x"}


def test_objects_in_a_list_give_their_leaves():
    assert flatten({"a": [{"b": 1}, {"b": 2, "c": 3}]}) == {"a.b": ["1", "2"], "a.c": "3"}


def test_half_a_surrogate_pair_is_replaced():
    assert flatten({"a": "x\ud800"}) == {"a": "x?"}


def test_dotted_keys_are_nested():
    assert expanded({"a.b": 1, "a": {"c": 2}, "d": [{"e.f": 3}]}) == {"a": {"b": 1, "c": 2}, "d": [{"e": {"f": 3}}]}


@pytest.mark.parametrize("key", [".", "a.", ".a", "a..b"])
def test_a_key_with_an_empty_part_stays_as_it_is(key):
    assert expanded({key: 1}) == {key: 1}


def test_expanding_copies():
    document = {"a": {"b": [1]}}
    copy = expanded(document)
    copy["a"]["b"].append(2)
    assert document == {"a": {"b": [1]}}


def test_a_value_is_put_and_got_and_dropped():
    document = {"a": {"b": 1}}
    put(document, "a.c.d", 2)
    assert get(document, "a.c.d") == 2
    drop(document, "a.c.d")
    assert document == {"a": {"b": 1}}
    drop(document, "a.b")
    assert document == {}


def test_a_text_in_the_way_is_left_alone():
    document = {"a": "x"}
    put(document, "a.b", 1)
    drop(document, "a.b")
    assert document == {"a": "x"}
    assert get(document, "a.b") is None


def test_what_is_nested_too_deep_is_left_alone():
    document = {}
    for _ in range(DEPTH * 3):
        document = {"a": document}
    assert flatten(document) == {}
    assert expanded(document) == document


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=5), inner)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_any_document_is_flattened_and_expanded_without_an_error(document):
    flatten(document)
    expanded(document)


_KEYS = st.sampled_from(["a", "b", "c", "a.b", "b..c", "."])
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=3)
_VALUES = st.recursive(
    _LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(_KEYS, v, max_size=3), max_leaves=12
)
_DOCUMENTS = st.dictionaries(_KEYS, _VALUES, max_size=4)


@given(_DOCUMENTS)
def test_one_name_is_looked_up_as_all_are_flattened(document):
    document = expanded(document)
    flat = flatten(document)
    names = {*flat, "a", "a.b", "b.c", "a.b.c", "c.c.c"}
    assert {name: text(document, name) for name in names if ".." not in f".{name}."} == {
        name: flat.get(name) for name in names if ".." not in f".{name}."
    }


def test_lists_of_lists_and_objects_are_looked_up_too():
    document = {"a": [{"b": 1}, [{"b": [2, 3]}], "x"], "c": [["y"]], "d": ["z", None]}
    assert text(document, "a.b") == ["1", "2", "3"]
    assert text(document, "a") == flatten(document)["a"]
    assert text(document, "c") == "y"
    assert text(document, "d") == ["z"]
    assert text(document, "e.f") is None


@given(_DOCUMENTS)
def test_nesting_in_place_is_expanding(document):
    expected = expanded(document)
    assert repr(nested(document)) == repr(expected)


def test_a_document_without_dotted_keys_is_nested_as_it_is():
    document = {"a": {"b": [{"c": 1}]}}
    assert nested(document) is document
