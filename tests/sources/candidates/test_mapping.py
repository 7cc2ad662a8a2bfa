from __future__ import annotations

import pytest

from comtrap.sources.candidates.mapping import Use, uses, vetoed

KEYWORD = {"type": "keyword", "ignore_above": 1024}
TEXT = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}


def use(told, name="a.b", **more):
    """What a field is good for, of which the mapping says something."""
    return uses({"properties": {"a": {"properties": {"b": told}}}, **more}, [name])[name]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (KEYWORD, Use.TEXT),
        ({"type": "wildcard"}, Use.TEXT),
        (TEXT, Use.SUBFIELD),
        ({"type": "match_only_text", "fields": {"x": {"type": "wildcard"}}}, Use.SUBFIELD),
        ({"type": "long"}, Use.WHOLE),
        ({"type": "integer", "coerce": True}, Use.WHOLE),
    ],
)
def test_a_field_with_the_values_of_the_documents_is_used(told, expected):
    assert use(told) is expected


@pytest.mark.parametrize(
    "told",
    [
        {"type": "text"},
        {"type": "text", "fields": {"a": KEYWORD, "b": KEYWORD}},
        {"type": "text", "fields": {"keyword": KEYWORD | {"normalizer": "lowercase"}}},
        {"type": "keyword", "normalizer": "lowercase"},
        {"type": "keyword", "null_value": "none"},
        {"type": "keyword", "index": False},
        {"type": "keyword", "script": "emit('x')"},
        {"type": "wildcard", "ignore_above": 100},
        {"type": "constant_keyword", "value": "a"},
        {"type": "flattened"},
        {"type": "alias", "path": "c"},
        {"type": "double"},
        {"type": "date"},
        {"type": "ip"},
        {"type": "boolean"},
        {},
    ],
)
def test_a_field_that_may_have_other_values_is_not(told):
    assert use(told) is Use.UNKNOWN


@pytest.mark.parametrize("dynamic", [None, True, "true", "strict"])
def test_a_field_that_the_mapping_lacks_is_in_no_document(dynamic):
    assert use(KEYWORD, "a.c", **({} if dynamic is None else {"dynamic": dynamic})) is Use.ABSENT


@pytest.mark.parametrize("dynamic", [False, "false", "runtime"])
def test_where_a_mapping_passes_over_fields_it_may_be(dynamic):
    assert use(KEYWORD, "a.c", dynamic=dynamic) is Use.UNKNOWN


def test_an_object_may_pass_over_fields_of_its_own():
    mapping = {"properties": {"a": {"dynamic": False, "properties": {}}, "b": {"enabled": False}}}
    assert uses(mapping, ["a.x", "b.x", "c.x"]) == {"a.x": Use.UNKNOWN, "b.x": Use.UNKNOWN, "c.x": Use.ABSENT}


def test_an_object_may_take_them_where_those_above_do_not():
    mapping = {"dynamic": False, "properties": {"a": {"dynamic": True, "properties": {}}}}
    assert uses(mapping, ["a.x", "b"]) == {"a.x": Use.ABSENT, "b": Use.UNKNOWN}


def test_names_with_dots_are_names():
    mapping = {"subobjects": False, "properties": {"a.b": KEYWORD}}
    assert uses(mapping, ["a.b", "a.c"]) == {"a.b": Use.TEXT, "a.c": Use.ABSENT}


@pytest.mark.parametrize("kind", ["nested", "flattened", "keyword", "passthrough"])
def test_a_field_below_something_else_than_an_object_is_not_known(kind):
    assert uses({"properties": {"a": {"type": kind, "properties": {"b": KEYWORD}}}}, ["a.b"]) == {"a.b": Use.UNKNOWN}


@pytest.mark.parametrize(
    "more",
    [
        {"runtime": {"a.b": {"type": "keyword"}}},
        {"_source": {"excludes": ["x"]}},
        {"_source": {"enabled": False}},
        {"_source": {"mode": "synthetic"}},
    ],
)
def test_an_index_whose_documents_are_not_what_it_looks_at_is_not_known(more):
    assert use(KEYWORD, **more) is Use.UNKNOWN


@pytest.mark.parametrize("target", ["a.b", ["c", "a.b"]])
def test_a_field_that_others_are_copied_to_is_not_known(target):
    copied = {"x": {"properties": {"y": KEYWORD | {"copy_to": target}}}}
    mapping = {"properties": {"a": {"properties": {"b": KEYWORD}}, **copied}}
    assert uses(mapping, ["a.b", "x.y"]) == {"a.b": Use.UNKNOWN, "x.y": Use.UNKNOWN}


def test_a_field_of_several_types_or_not_searchable_is_refused():
    sure, other = {"searchable": True}, {"searchable": False}
    capabilities = {
        "one": {"keyword": sure, "unmapped": other},
        "two": {"keyword": sure, "long": sure},
        "hidden": {"keyword": other},
        "odd": {"keyword": 1},
    }
    assert vetoed(capabilities) == {"two", "hidden", "odd"}
