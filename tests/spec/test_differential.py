"""The engine and the reference give the same answer to any right query over any documents."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.spec import queries
from tests.spec.corpus import elastic_mapping
from tests.spec.documents import Data
from tests.spec.reference import FailedError, Request, answers, constant_value

import comtrap
from comtrap.check.check import check_expression
from comtrap.check.typed import Constant
from comtrap.lang.parse import parse, parse_expression
from comtrap.schema.schema import Schema


def by_reference(text: str, documents: list[dict[str, Any]], request: dict[str, Any]) -> list[tuple]:
    found = answers(parse(text), Data(queries.parts(documents)), Request(**request))
    return [(a.keys, *(None if d is None else d.source["id"] for d in a.documents)) for a in found]


def by_engine(text: str, documents: list[dict[str, Any]], request: dict[str, Any], *, optimised: bool) -> list[tuple]:
    indices = [comtrap.Index(name, found, elastic_mapping(flat)) for name, found, flat in queries.parts(documents)]
    hits = comtrap.search(text, indices, **request, optimised=optimised)["hits"]
    if "events" in hits:
        return [((), event["_source"]["id"]) for event in hits["events"]]
    return [
        (tuple(s["join_keys"]), *(None if e.get("missing") else e["_source"]["id"] for e in s["events"]))
        for s in hits["sequences"]
    ]


def assert_same(text: str, documents: list[dict[str, Any]], request: dict[str, Any]) -> None:
    try:
        by_engine(text, [], request, optimised=False)
    except comtrap.QueryError as error:  # constants that fail, which the reference finds where it comes to them
        assume(error.diagnostics[0].code != "E222")
    expected = by_reference(text, documents, request)
    assert by_engine(text, documents, request, optimised=True) == expected
    assert by_engine(text, documents, request, optimised=False) == expected


@given(queries.constants())
def test_constants(text):
    try:
        expected = constant_value(parse_expression(text))
    except FailedError:
        with pytest.raises(comtrap.QueryError, match="E222"):
            comtrap.evaluate(text)
    else:
        found = comtrap.evaluate(text)
        assert found is expected or (isinstance(expected, float) and math.isclose(found, expected))


@given(queries.constants())
def test_constants_are_worked_out_when_they_are_checked(text):
    try:
        checked = check_expression(parse_expression(text), Schema("nothing", {}), text)
    except comtrap.QueryError:
        return
    assert isinstance(checked, Constant)


@given(queries.event_queries(), queries.documents(), queries.requests())
def test_events(text, documents, request):
    assert_same(text, documents, request)


@given(queries.sequences(), queries.documents(), queries.requests())
def test_sequences(text, documents, request):
    assert_same(text, documents, request)


@given(queries.samples(), queries.documents(), queries.requests())
def test_samples(text, documents, request):
    assert_same(text, documents, request)


@given(st.data())
def test_one_condition_over_many_documents(data):
    text = f"any where {data.draw(queries.CONDITIONS)}"
    documents = [document for _ in range(3) for document in data.draw(queries.documents())]

    assert_same(text, documents, {"size": 100})
