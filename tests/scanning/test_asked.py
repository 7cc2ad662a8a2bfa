from __future__ import annotations

import pytest

from comtrap.errors import CheckError, ParseError, QueryError
from comtrap.scanning.asked import CATEGORIES, Request, Witness, ask
from comtrap.scanning.ordinals import Ordinals
from comtrap.scanning.picked import Pick

SEQUENCE = (
    'sequence by host.id, ?user.id with maxspan=1m [process where process.name.caseless == "a"] by process.entity_id '
    "![file where true] by process.entity_id [registry where ?no.such == 1] by process.parent.entity_id "
    "until [any where user.name == null] by process.entity_id"
)


def test_a_wrong_query_is_told_with_the_name_of_its_text():
    with pytest.raises(ParseError, match=r"q\.eql:1:16"):
        ask("process where (", Request(), "q.eql")
    with pytest.raises(CheckError, match=r"q\.eql:1:15") as raised:
        ask("process where no.such == 1 and nor.this == 2", Request(), "q.eql")
    assert len(raised.value.diagnostics) == 2


@pytest.mark.parametrize("which", ["category_field", "timestamp_field", "tiebreaker_field"])
def test_a_field_of_the_request_that_is_unknown_is_told(which):
    with pytest.raises(QueryError, match=r"E291.*`proces.pid` is not in") as raised:
        ask("process where true", Request(**{which: "proces.pid"}))
    assert "`process.pid`" in str(raised.value)


def test_a_timestamp_is_a_date():
    with pytest.raises(CheckError, match="E221"):
        ask("process where true", Request(timestamp_field="process.pid"))


def test_a_date_may_be_relative_to_now():
    assert ask('process where @timestamp > "now-1d"', Request()).fields == ("@timestamp",)


def test_the_fields_of_a_query_are_those_it_reads_in_text_order():
    asked = ask(SEQUENCE, Request())

    assert asked.fields == (
        "process.name",
        "process.entity_id",
        "process.parent.entity_id",
        "user.name",
        "host.id",
        "user.id",
    )
    assert asked.shown == asked.fields[:4]
    assert asked.keys == ("host.id", "user.id", "process.entity_id")
    assert asked.unmapped == ("no.such",)


def test_the_category_is_no_field_to_show():
    assert ask('any where event.category == "process" and process.pid == 1', Request()).fields == ("process.pid",)


@pytest.mark.parametrize(
    ("text", "request_", "pick"),
    [
        ("process where true", {}, Pick(10, last=True)),
        ("process where true", {"size": 3, "position": "head"}, Pick(3, last=False)),
        ("process where true | head 5", {"size": 3}, Pick(3, last=False)),
        ("process where true | tail 5 | head 1", {"position": "head"}, Pick(10, last=True)),
        (SEQUENCE, {}, Pick(None)),
        ("process where true", {"tiebreaker_field": "process.pid"}, Pick(10, ordinals=Ordinals(tie="process.pid"))),
        ("process where true", {"tiebreaker_field": "user.name"}, Pick(None, ordinals=Ordinals(tie="user.name"))),
        ("process where true", {"timestamp_field": "event.created"}, Pick(10, ordinals=Ordinals(time="event.created"))),
        (
            "sample by host.id [process where true] [file where true]",
            {"timestamp_field": "event.created"},
            Pick(None, ordinals=Ordinals(time="event.created", timed=False)),
        ),
    ],
)
def test_hits_are_kept_as_far_as_the_answer_needs_them(text, request_, pick):
    assert ask(text, Request(**request_)).pick == pick


def test_a_plan_has_the_query_first_and_then_the_witnesses():
    asked = ask('process where process.name : "a"', Request())
    witnesses = (Witness("process"), Witness("process", "process.pid"), Witness(None, "host.id"))

    plan = asked.plan(witnesses)

    assert [query.name for query in plan.queries] == ["query", "witness", "witness", "witness"]
    assert plan.columns == {"event.category", "process.name", "process.pid", "host.id"}
    assert asked.plan().columns == {"event.category", "process.name"}


def test_what_tells_why_nothing_is_found_are_categories_and_the_fields_asked_of_them():
    asked = ask(SEQUENCE, Request())

    assert asked.witnesses()[: len(CATEGORIES)] == tuple(map(Witness, CATEGORIES))
    assert {w for w in asked.witnesses() if w.column is not None} == {
        Witness("process", "process.name"),
        Witness("process", "host.id"),
        Witness("process", "process.entity_id"),
        Witness("registry", "host.id"),
        Witness("registry", "process.parent.entity_id"),
        Witness("file", "host.id"),
        Witness("file", "process.entity_id"),
        Witness(None, "user.name"),
        Witness(None, "host.id"),
        Witness(None, "process.entity_id"),
    }
