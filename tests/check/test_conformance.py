"""Elasticsearch's own wrong queries, and production rules, against check."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.check.asking import SCHEMA

from comtrap.check.check import check, check_expression
from comtrap.errors import CheckError, ParseError
from comtrap.lang.parse import parse, parse_expression
from comtrap.schema.mapping import from_mapping
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from types import ModuleType

    from comtrap.errors import Diagnostic

SHARED = Path(__file__).parents[3] / "shared"
CASES = SHARED / "eql" / "conformance"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.exists(), reason="the material beside the checkout is absent"),
]

REASONS = {
    r"needs to be boolean": "E207",
    r"Unknown column": "E201",
    r"Unknown function": "E202",
    r"Sequence key .* is incompatible": "E215",
    r"error building": "E203",
    r"must be \[(string|integer|boolean)\]": "E204",
    r"must be a constant": "E205",
}
WINDOWS = ("winlogbeat-", "logs-windows.", "logs-system.security", "logs-system.system", "logs-endpoint.", "endgame-")
EXCEPTIONS = tomllib.loads((Path(__file__).parent / "production.toml").read_text("utf-8"))


def cases(name: str) -> list[dict[str, Any]]:
    path = CASES / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def acceptance() -> ModuleType:
    spec = importlib.util.spec_from_file_location("acceptance_eql", SHARED / "acceptance" / "eql.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", [c for c in cases("errors") if c["stage"] != "parse"], ids=lambda case: case["name"])
def test_what_elasticsearch_refuses_is_refused_for_its_reason(case):
    schema = from_mapping("index", acceptance().ERROR_MAPPING)
    if case["query"].startswith("join"):  # which is syntax here
        with pytest.raises(ParseError):
            parse(case["query"])
        return
    with pytest.raises(CheckError) as raised:
        check(parse(case["query"]), schema, case["query"])

    (code,) = (code for reason, code in REASONS.items() if re.search(reason, case["expects_error"]))
    assert code in {diagnostic.code for diagnostic in raised.value.diagnostics}
    meant = re.search(r"did you mean \[(\w+)\]", case["expects_error"])
    assert meant is None or f"`{meant[1]}`" in str(raised.value).lower()


def test_right_queries_over_the_same_fields_are_accepted():
    module = acceptance()
    schema = from_mapping("index", module.ERROR_MAPPING)
    for query in module.SOUND:
        check(parse(query), schema, query)


def test_constant_expressions_are_accepted():
    for case in cases("es_expressions"):
        check_expression(parse_expression(case["expression"]), SCHEMA, case["expression"])


def test_production_rules_for_windows_sources_hold_of_telemetry():
    rules = [r for r in cases("detection_rules_eql") if any(i.startswith(WINDOWS) for i in r.get("index") or [])]
    lacking = {rule["id"]: _lacking(rule["query"]) for rule in rules}

    assert len(rules) > 500
    assert {rule: lacks for rule, lacks in lacking.items() if lacks} == {
        rule: about["lacks"] for rule, about in EXCEPTIONS.items()
    }


def _lacking(query: str) -> list[str]:
    """The fields of a query that the schema lacks; anything else that is wrong with it fails."""
    wrong: tuple[Diagnostic, ...] = ()
    try:
        check(parse(query), telemetry(), query)
    except CheckError as error:
        wrong = error.diagnostics
    assert {diagnostic.code for diagnostic in wrong} <= {"E201"}
    spans = [diagnostic.labels[0].span for diagnostic in wrong]
    return list(dict.fromkeys(query[span.start : span.end] for span in spans))
