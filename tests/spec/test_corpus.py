"""Every query of the corpus gives its answer: by the engine, by the engine without its rewrites, by the reference."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.spec.corpus import Case, data_set, drawn, elastic_mapping, read
from tests.spec.documents import Data
from tests.spec.reference import FailedError, Request, UnknownFieldError, answers, constant_value

import comtrap
from comtrap.check.functions import SIGNATURES
from comtrap.errors import QueryError
from comtrap.lang.parse import parse, parse_expression

FILES = sorted(Path(__file__).parent.glob("*.spec"))
PAGES = sorted((Path(__file__).parents[2] / "docs" / "errors").glob("E[12]*.md"))
CASES = [pytest.param(case, id=f"{path.stem}: {case.title}") for path in FILES for case in read(path)]


@cache
def indices(name: str) -> list[comtrap.Index]:
    found = data_set(name).indices
    return [comtrap.Index(i, documents, elastic_mapping(mapping)) for i, (documents, mapping) in found.items()]


@cache
def plain_data(name: str) -> Data:
    return Data((i, documents, mapping) for i, (documents, mapping) in data_set(name).indices.items())


def request_of(case: Case) -> dict[str, Any]:
    return {**data_set(case.data).request, **case.request}


def by_engine(case: Case, *, optimised: bool) -> str:
    if case.text.startswith("eval "):
        return value_drawn(comtrap.evaluate(case.text[5:]))
    hits = comtrap.search(case.text, indices(case.data), **request_of(case), optimised=optimised)["hits"]
    if "events" in hits:
        return drawn([([], [e["_source"]["id"]]) for e in hits["events"]], single=True, keys=False)
    rows = [
        (s["join_keys"], [None if e.get("missing") else e["_source"]["id"] for e in s["events"]])
        for s in hits["sequences"]
    ]
    return drawn(rows, single=False, keys=case.shows_keys)


def by_reference(case: Case) -> str:
    if case.text.startswith("eval "):
        return value_drawn(constant_value(parse_expression(case.text[5:])))
    query = parse(case.text)
    found = answers(query, plain_data(case.data), Request(**request_of(case)))
    rows = [(list(a.keys), [None if d is None else d.source["id"] for d in a.documents]) for a in found]
    return drawn(rows, single="EventQuery" in type(query.body).__name__, keys=case.shows_keys)


def value_drawn(value: Any) -> str:
    return f"value {json.dumps(value)}"


def code(error: QueryError) -> str:
    return f"error {error.diagnostics[0].code}"


def assert_answer(case: Case, got: str) -> None:
    if case.kind == "error":
        assert got == case.expected
    elif case.kind == "value":
        wanted, found = json.loads(case.expected[6:]), json.loads(got[6:])
        assert type(found) is type(wanted)
        assert math.isclose(found, wanted) if isinstance(wanted, float) else found == wanted
    else:
        assert got == case.expected


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("optimised", [True, False], ids=["optimised", "unoptimised"])
def test_the_engine_answers(case: Case, optimised):
    try:
        got = by_engine(case, optimised=optimised)
    except QueryError as error:
        got = code(error)

    assert_answer(case, got)


@pytest.mark.parametrize("case", [p for p in CASES if not p.values[0].expected.startswith("error E")])
def test_the_reference_answers(case: Case):
    assert_answer(case, by_reference(case))


@pytest.mark.parametrize(
    "case", [p for p in CASES if p.values[0].expected in {"error E201", "error E222", "error E290"}]
)
def test_the_reference_fails_where_the_data_decide(case: Case):
    with pytest.raises((UnknownFieldError, FailedError)):
        by_reference(case)


def test_every_title_is_told_from_the_others_of_its_file():
    assert len({p.id for p in CASES}) == len(CASES)


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_every_function_has_cases(name):
    assert any(f"{name.lower()}(" in p.values[0].text.lower().replace("~", "") for p in CASES)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_error_has_cases(page):
    assert any(p.values[0].expected == f"error {page.stem}" for p in CASES)


def test_the_reference_stays_small_enough_to_be_believed():
    assert len((Path(__file__).parent / "reference.py").read_text("utf-8").splitlines()) <= 600
