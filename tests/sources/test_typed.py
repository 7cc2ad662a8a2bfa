"""Objects decoded in part."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.sources.typed import decoded, typed

A, B, BC, BD = ("a",), ("b",), ("b", "c"), ("b", "d")


def values(made, text, paths):
    return made.values(paths)(made.decode(text))


def is_refused(made, text):
    return decoded(made.decode, [text], None)[1] == [0]


def test_values_are_found_where_their_names_lead_and_none_where_there_is_none():
    made = typed({A: str, BC: str, BD: int | str})

    assert values(made, b'{"x":[{}],"b":{"d":7,"c":"y","z":1},"a":"x"}', (A, BC, BD)) == ("x", "y", 7)
    assert values(made, b"{}", (BD, A)) == (None, None)
    assert values(made, b'{"a":null,"b":{}}', (A,)) == (None,)


@pytest.mark.parametrize("paths", [(A, B), (B, A), (B,)])
def test_all_values_of_an_object_or_some_come_in_the_order_that_is_asked_for(paths):
    made = typed({A: str, B: str})

    assert values(made, b'{"b":"2","a":"1"}', paths) == tuple({A: "1", B: "2"}[path] for path in paths)


def test_what_is_raw_stays_text_and_is_empty_where_it_is_not():
    made = typed({A: msgspec.Raw, B: str})

    assert bytes(values(made, b'{"a": [1, {"b":2}] }', (A,))[0]) == b'[1, {"b":2}]'
    assert bytes(values(made, b"{}", (A,))[0]) == b"{}"


@pytest.mark.parametrize(
    "text", [b'{"a":1}', b'{"a":[]}', b'{"b":1}', b'{"b":{"c":{}}}', b'{"b":null}', b"[]", b"1", b"{", b"{}x"]
)
def test_values_of_other_types_and_broken_text_are_refused(text):
    assert is_refused(typed({A: str, BC: str}), text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"b.c":"x"}',
        b'{"b":{"c.d":"x"}}',
        b'{"b.c.d":"x"}',
        b'{"e.f":1}',
        b'{"b":{"c":{"d":1,"d":2,"d.e":0}},"b.c":1}',
    ],
)
def test_names_written_with_dots_are_refused(text):
    assert is_refused(typed({("b", "c", "d"): str}, [("e", "f")]), text)


def test_nothing_may_be_where_it_is_refused():
    made = typed({A: str}, [B, ("c", "d")])

    assert not is_refused(made, b'{"a":"x","c":{"e":1},"d":1}')
    assert is_refused(made, b'{"a":"x","b":{}}')
    assert is_refused(made, b'{"c":{"d":1}}')
    assert is_refused(made, b'{"c":{"d":[],"d":{}}}')


def test_an_object_may_be_told_which_other_keys_it_may_have():
    made = typed({A: str, BC: str}, [BD], {(): ["x"], ("b",): ["y"]})

    assert values(made, b'{"x":{"b":1},"a":"1","b":{"y":[],"c":"2"}}', (A, BC)) == ("1", "2")
    assert is_refused(made, b'{"z":1}')
    assert is_refused(made, b'{"b":{"x":1}}')
    assert is_refused(made, b'{"b":{"d":1}}')


def test_a_name_on_another_ones_way_has_no_type():
    assert typed({B: str, BC: str}) is None


def test_failures_are_told_by_their_places_and_cost_nothing_else():
    found, failures = decoded(
        typed({A: int}).decode, [b"{", b'{"a":1}', b'{"a":"x"}', b"[" * 100_000, b'{"a":2}', b""], None
    )

    assert [each and each.f0 for each in found] == [None, 1, None, None, 2, None]
    assert failures == [0, 2, 3, 5]


LEAVES = st.text(max_size=3) | st.none() | st.integers(-5, 5) | st.lists(st.integers(), max_size=1)
KEYS = st.sampled_from(["a", "b", "c", "d", "b.c", "x"])
OBJECTS = st.dictionaries(
    KEYS, st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3)), max_size=4
)


@given(OBJECTS)
def test_an_object_is_refused_or_has_the_values_that_it_has(record):
    made = typed({A: str, BC: str}, [BD])
    text = json.dumps(record).encode()
    b = record.get("b", {})
    fits = (
        isinstance(record.get("a", ""), str | None)
        and isinstance(b, dict)
        and isinstance(b.get("c", ""), str | None)
        and "d" not in b
        and "b.c" not in record
    )

    assert is_refused(made, text) != fits
    if fits:
        assert values(made, text, (A, BC)) == (record.get("a"), b.get("c"))


@pytest.mark.parametrize("key", ["a\\b", 'a"b', "a\nb", "a\x00b"])
def test_an_object_with_a_key_that_a_type_cannot_have_is_refused(key):
    made = typed({A: str}, (), {(): ["x", key]})

    assert not is_refused(made, b'{"a":"1","x":2}')
    assert is_refused(made, json.dumps({"a": "1", key: 2}).encode())


@pytest.mark.parametrize("key", ["a\\b", 'a"b', "a\nb", "a\x00b"])
def test_there_is_no_type_for_a_value_at_such_a_key(key):
    assert typed({(key,): str}) is None
    assert typed({A: str}, [(key,)]) is None
