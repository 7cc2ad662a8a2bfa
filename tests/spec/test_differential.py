"""The engine and the reference give the same answer to any right query over any documents."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.spec import queries
from tests.spec.corpus import elastic_mapping
from tests.spec.documents import Data
from tests.spec.reference import Request, answers

import comtrap
from comtrap.lang.parse import parse


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
    expected = by_reference(text, documents, request)
    assert by_engine(text, documents, request, optimised=True) == expected
    assert by_engine(text, documents, request, optimised=False) == expected


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
