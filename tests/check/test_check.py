"""What queries mean, and what is refused of them as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.asking import FALSE, NAME, NULL, PID, SCHEMA, TRUE, codes, condition, long, places, query, value

from comtrap.check.check import check
from comtrap.check.typed import Column, Compare, EventQuery, Key, Pipe, Query, Sample, Sequence, Stage
from comtrap.errors import CheckError, ParseError
from comtrap.lang.parse import parse
from comtrap.schema.schema import Field, Schema
from comtrap.schema.types import Type


def test_an_event_query_has_one_stage():
    assert query("process where process.pid == 1 | head 3 | tail 2") == Query(
        EventQuery(Stage("process", Compare("==", PID, long(1)))), (Pipe("head", 3), Pipe("tail", 2))
    )


def test_any_has_no_category():
    assert query("any where true") == Query(EventQuery(Stage(None, TRUE)))
    assert query('"any" where true') == Query(EventQuery(Stage("any", TRUE)))


def test_a_condition_that_is_null_is_false():
    assert query('any where not ?nothing : "a"') == Query(EventQuery(Stage(None, FALSE)))
    assert condition("null") == FALSE


def test_an_expression_that_is_null_stays_null():
    assert value("null") == NULL


def test_common_keys_come_before_those_of_a_stage():
    found = query("sequence by process.name [any where true] by process.pid [any where true] by ?destination.port").body

    assert isinstance(found, Sequence)
    assert found.stages[0].keys == (Key(NAME), Key(PID))
    assert found.stages[1].keys == (Key(NAME), Key(Column("destination.port", Type.LONG), optional=True))


def test_an_optional_key_that_is_not_mapped_has_no_column():
    found = query("sequence by ?nothing [any where true] [any where true]").body

    assert isinstance(found, Sequence)
    assert found.stages[0].keys == (Key(None, optional=True),)


def test_a_key_by_an_alias_or_sub_field_is_its_field():
    found = query("sample [any where true] by kind [any where true] by title.keyword").body

    assert isinstance(found, Sample)
    assert [stage.keys[0].column for stage in found.stages] == [
        Column("event.category", Type.KEYWORD),
        Column("title", Type.KEYWORD),
    ]


def test_runs_are_expanded_and_missing_stages_kept_in_place():
    found = query("sequence with maxspan=2s [any where true] with runs=3 ![any where false] [any where true]").body

    assert isinstance(found, Sequence)
    assert found.maxspan_ns == 2_000_000_000
    assert [(stage.missing, stage.predicate) for stage in found.stages] == [
        (False, TRUE), (False, TRUE), (False, TRUE), (True, FALSE), (False, TRUE),
    ]  # fmt: skip


def test_until_has_keys_and_is_never_missing():
    found = query("sequence by process.pid [any where true] [any where true] until ![process where true]").body

    assert isinstance(found, Sequence)
    assert found.until == Stage("process", TRUE, (Key(PID),))


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("sequence [any where true] by process.name [any where true] by process.pid", "process.pid"),
        ("sequence by process.pid [any where true] by load [any where true] by @timestamp", "@timestamp"),
        ("sequence by process.pid [any where true] [any where true] until [any where true]", None),
        ("sequence [any where true] by load [any where true] by process.pid", None),
        ("sequence [any where true] by precise [any where true] by @timestamp", None),
        ("sequence [any where true] by title [any where true] by process.name", None),
        ("sequence [any where true] by ?nothing [any where true] by process.pid", None),
        ("sequence [any where true] by ?nothing [any where true] by load [any where true] by elevated", "elevated"),
        ("sequence [any where true] by load [any where true] by load until [any where true] by elevated", "elevated"),
        ("sample [any where true] by destination.ip [any where true] by process.name", "process.name"),
    ],
)
def test_keys_that_are_compared_are_of_one_type(written, at):
    if at is None:
        query(written)
    else:
        assert (codes(written), places(written)) == (["E215"], [at])


def test_a_key_is_a_field_that_can_be_compared():
    assert codes("sequence by nothing [any where true] [any where true]") == ["E201"]
    assert codes("sequence by message [any where true] [any where true]") == ["E212"]
    assert codes("sample by process.threads [any where true] [any where true]") == ["E211"]
    assert codes("sample by process.name.caseless [any where true] [any where true]") == ["E219"]


def test_mistakes_of_all_stages_are_found():
    written = "sequence by process.pid [any where process.name] [any where nothing == 1] until [any where nihil == 1]"

    assert codes(written) == ["E207", "E201", "E201"]


def test_a_category_needs_a_field_for_it():
    schema = Schema("documents", {"a": Field(Type.LONG), "kind": Field(Type.KEYWORD)})

    with pytest.raises(CheckError) as raised:
        check(parse("process where a == 1"), schema, "process where a == 1")
    assert [d.code for d in raised.value.diagnostics] == ["E220"]
    check(parse("any where a == 1"), schema, "any where a == 1")
    check(parse("process where a == 1"), schema, "process where a == 1", category_field="kind")


def test_a_sample_needs_no_time():
    schema = Schema("documents", {"a": Field(Type.LONG), "@timestamp": Field(Type.LONG, written="long")})
    sample, event = "sample by a [any where true] [any where true]", "any where true"

    check(parse(sample), schema, sample)
    with pytest.raises(CheckError, match="E221"):
        check(parse(event), schema, event)


def test_the_error_carries_the_text():
    with pytest.raises(CheckError) as raised:
        query("any where nothing == 1")

    assert raised.value.text == "any where nothing == 1"


_WORDS = st.sampled_from(
    ["process.name", "?nothing", "process.pid", "elevated", "@timestamp", "destination.ip", "message", "null", "true", "1", "1.5",
     '"a"', '"2024-03"', '"10.0.0.0/8"', "==", "!=", "<", ":", "regex", "in", "not", "and", "or", "(", ")", ",", "+", "-", "/",
     "length", "concat", "cidrMatch", "substring"]
)  # fmt: skip


@given(st.lists(_WORDS, max_size=12).map(" ".join))
def test_no_condition_is_more_than_refused(words):
    written = f"any where {words}"
    try:
        tree = parse(written)
    except ParseError:
        return
    try:
        found = check(tree, SCHEMA, written)
    except CheckError as error:
        spans = [d.labels[0].span for d in error.diagnostics]
    else:
        assert isinstance(found.body, EventQuery)
        assert found.body.stage.predicate.type is Type.BOOLEAN
        return
    assert all(0 <= span.start < span.end <= len(written) for span in spans)
