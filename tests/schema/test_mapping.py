from __future__ import annotations

import pytest

from comtrap.errors import SourceError
from comtrap.schema.mapping import from_mapping, infer, leaves, union
from comtrap.schema.schema import Field, Schema
from comtrap.schema.types import Type


def of(**properties):
    return from_mapping("logs", {"properties": properties})


def test_objects_give_dotted_names():
    schema = of(process={"properties": {"parent": {"properties": {"pid": {"type": "integer"}}}}})

    assert schema["process.parent.pid"].type is Type.LONG
    assert not schema["process"].supported


def test_dotted_names_may_be_written_as_such():
    assert of(**{"process.pid": {"type": "long"}})["process.pid"].type is Type.LONG


def test_a_mapping_as_the_server_returns_it_is_taken():
    assert "a" in from_mapping("logs", {"mappings": {"properties": {"a": {"type": "ip"}}}})


def test_an_empty_mapping_has_no_fields():
    assert len(from_mapping("logs", {})) == 0


def test_an_alias_is_what_it_reads():
    schema = of(kind={"type": "alias", "path": "event.type"}, event={"properties": {"type": {"type": "long"}}})

    assert (schema["kind"].type, schema["kind"].alias_of) == (Type.LONG, "event.type")


def test_what_is_inside_a_nested_field_cannot_be_queried():
    schema = of(threads={"type": "nested", "properties": {"id": {"type": "long"}}})

    assert not schema["threads"].supported
    assert not schema["threads.id"].supported
    assert schema["threads.id"].written == "nested"


def test_text_is_comparable_with_a_keyword_below_it():
    schema = of(title={"type": "text", "fields": {"keyword": {"type": "keyword"}}}, body={"type": "text"})

    assert schema["title"].exact
    assert schema["title.keyword"].copy_of == "title"
    assert not schema["body"].exact


def test_a_lower_case_sub_field_is_folded():
    schema = of(name={"type": "keyword", "fields": {"low": {"type": "keyword", "normalizer": "lowercase"}}})

    assert schema["name.low"].folded
    assert schema["name.low"].supported


@pytest.mark.parametrize("sub", [{"type": "keyword", "normalizer": "mine"}, {"type": "long"}, {"type": "geo_point"}])
def test_a_sub_field_of_other_values_is_not_supported(sub):
    assert not of(name={"type": "keyword", "fields": {"sub": sub}})["name.sub"].supported


def test_a_multi_field_with_a_limit_of_its_own_is_a_column_of_its_own():
    sub = {"same": {"type": "keyword", "ignore_above": 9}, "less": {"type": "keyword", "ignore_above": 5}}
    schema = of(name={"type": "keyword", "ignore_above": 9, "fields": sub})

    assert schema["name.same"].column("name.same") == "name"
    assert schema["name.less"].column("name.less") == "name.less"


def test_a_text_field_has_the_limit_of_its_keyword():
    schema = of(title={"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 5}}})

    assert schema["title"].ignore_above == 5
    assert schema["title.keyword"].column("title.keyword") == "title"


@pytest.mark.parametrize("limit", [None, "5", True, 1.5])
def test_a_limit_that_is_none_limits_nothing(limit):
    assert of(name={"type": "keyword", "ignore_above": limit})["name"].ignore_above is None


def test_below_a_flattened_field_every_name_is_a_keyword_with_its_limit():
    schema = of(labels={"type": "flattened", "ignore_above": 7})

    assert schema["labels.a.b"] == Field(Type.KEYWORD, written="keyword", ignore_above=7)
    assert "labels." not in schema
    assert union([schema, of(x={"type": "long"})])["labels.a"].type is Type.KEYWORD


def test_a_constant_keyword_brings_its_value():
    schema = of(a={"type": "constant_keyword", "value": "x"}, b={"type": "constant_keyword"})

    assert (schema["a"].constant, schema["a"].null_value) == (True, "x")
    assert (schema["b"].constant, schema["b"].null_value) == (True, None)


def test_runtime_fields_go_before_mapped_ones():
    mapping = {
        "properties": {"a": {"type": "keyword"}},
        "runtime": {"a": {"type": "long"}, "b": {"type": "date", "format": "yyyy"}},
    }
    schema = from_mapping("logs", mapping)

    assert schema["a"].type is Type.LONG
    assert (schema["b"].type, schema["b"].date_format) == (Type.DATE, "yyyy")


@pytest.mark.parametrize("about", [{"type": "keyword", "script": "emit('x')"}, {"type": "composite"}, {}])
def test_runtime_fields_that_need_a_script_are_not_supported(about):
    assert not from_mapping("logs", {"runtime": {"a": about}})["a"].supported


@pytest.mark.parametrize("runtime", [[], {"a": "keyword"}, 1])
def test_runtime_fields_are_objects(runtime):
    with pytest.raises(SourceError, match="runtime"):
        from_mapping("logs", {"runtime": runtime})


def test_what_only_one_index_has_as_alias_or_multi_field_is_a_column_of_its_own():
    one = of(
        a={"type": "keyword", "fields": {"low": {"type": "keyword", "normalizer": "lowercase"}}},
        b={"type": "alias", "path": "a"},
    )
    both = union([one, of(a={"type": "keyword"})])

    assert both["a.low"].column("a.low") == "a.low"
    assert both["b"].column("b") == "b"
    assert union([one, one])["a.low"].column("a.low") == "a"


def test_null_value_and_format_are_kept():
    schema = of(a={"type": "keyword", "null_value": "NULL"}, d={"type": "date", "format": "yyyy"})

    assert schema["a"].null_value == "NULL"
    assert schema["d"].date_format == "yyyy"


@pytest.mark.parametrize(
    "mapping",
    [[], {"mappings": 1}, {"properties": []}, {"properties": {"a": "keyword"}}, {"properties": {"a": {"properties": 1}}},
     {"properties": {"a": {"type": "alias", "path": "b"}}}, {"properties": {"a": {"type": "alias"}}},
     {"properties": {"a": {"type": "alias", "path": "b"}, "b": {"type": "alias", "path": "a"}}}],
)  # fmt: skip
def test_what_is_no_mapping_is_refused(mapping):
    with pytest.raises(SourceError, match="logs"):
        from_mapping("logs", mapping)


def test_a_bottomless_mapping_is_refused():
    mapping: dict[str, object] = {"type": "keyword"}
    for _ in range(5000):
        mapping = {"properties": {"a": mapping}}
    with pytest.raises(SourceError, match="deeper"):
        from_mapping("logs", mapping)


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1], Type.LONG), ([1.5], Type.DOUBLE), ([1, 1.5], Type.DOUBLE), ([True], Type.BOOLEAN), (["a"], Type.KEYWORD),
     ([1, "a"], Type.KEYWORD), ([True, 1], Type.KEYWORD), ([1 << 63], Type.DOUBLE), (["2024-03-05"], Type.KEYWORD)],
)  # fmt: skip
def test_types_are_inferred_from_all_values(values, kind):
    assert infer("logs", [{"a": value} for value in values])["a"].type is kind
    assert infer("logs", [{"a": values}])["a"].type is kind


def test_nested_and_dotted_names_are_one():
    schema = infer("logs", [{"a": {"b": 1}}, {"a.b": 2.5}, {"a": [{"b": 3}, {"b": 4}]}])

    assert set(schema) == {"a.b"}
    assert schema["a.b"] == Field(Type.DOUBLE, many=True, written="double")


def test_a_field_of_one_value_a_document_is_not_many():
    assert not infer("logs", [{"a": [1]}, {"a": 2}])["a"].many


@pytest.mark.parametrize("empty", [None, [], [None], {}, [[], {}]])
def test_a_field_without_any_value_is_not_inferred(empty):
    assert len(infer("logs", [{"a": empty}])) == 0


def test_a_deep_document_is_read():
    document: object = 1
    for _ in range(5000):
        document = {"a": [document]}
    assert len(list(leaves(document))) == 1  # type: ignore[arg-type]


def test_leaves_keep_the_order_of_an_array():
    assert dict(leaves({"a": [3, [1, 2]], "b": {"c": "x"}})) == {"a": [3, 1, 2], "b.c": ["x"]}


def one(name: str, **field: object) -> Schema:
    return Schema(name, {"a": Field(**field)})  # type: ignore[arg-type]


def test_a_field_of_any_index_is_in_the_union():
    assert set(union([Schema("x", {"a": Field(Type.LONG)}), Schema("y", {"b": Field(Type.LONG)})])) == {"a", "b"}


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [(Type.LONG, Type.LONG, Type.LONG), (Type.LONG, Type.DOUBLE, Type.DOUBLE), (Type.TEXT, Type.KEYWORD, Type.KEYWORD)],
)
def test_types_that_go_together_are_joined(first, second, joined):
    found = union([one("x", type=first), one("y", type=second)])["a"]

    assert (found.type, found.supported) == (joined, True)


def test_types_that_do_not_are_not_supported_and_say_where():
    found = union([one("x", type=Type.LONG, written="long"), one("y", type=Type.IP, written="ip")])["a"]

    assert not found.supported
    assert found.written == "long in x and ip in y"


def test_a_field_that_is_text_anywhere_is_as_little_exact():
    assert not union([one("x", type=Type.TEXT, exact=False), one("y", type=Type.KEYWORD)])["a"].exact


def test_an_alias_in_all_stays_one_and_in_some_does_not():
    alias = {"type": Type.LONG, "alias_of": "b"}

    assert union([one("x", **alias), one("y", **alias)])["a"].alias_of == "b"
    assert union([one("x", **alias), one("y", type=Type.LONG)])["a"].alias_of is None


def test_open_prefixes_are_united():
    found = union([Schema("x", {}, ("a.",)), Schema("y", {}, ("b.", "a."))])

    assert found.open == ("a.", "b.")
    assert found.name == "x, y"
