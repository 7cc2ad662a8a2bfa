from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.material import rule

from comtrap.plan.optimise import optimise
from comtrap.plan.plan import Plan
from comtrap.plan.written import read_plan, write_plan
from comtrap.rules.compile import compile_rules
from comtrap.rules.load import load_rules
from comtrap.schema.telemetry import telemetry

QUERIES = [
    'process where process.pid == 4 and process.exit_code != -1 and host.ip == "10.0.0.0/8" and true',
    "any where process.pid * 2.5 > 1.0e300 or process.pid % 3 == 1 or process.parent.pid == null",
    'any where @timestamp > "2024-03" and cidrMatch(source.ip, "10.0.0.0/8", "::1/128")',
    'any where process.name regex~ ("a.*", "b") or length(process.name) > 2 or user.name in~ ("é", "\\"x\\\\", "\\u{1f600}")',
    'sequence by host.id, process.entity_id with maxspan=5m [process where true] ![file where file.path : "*x*"] until [any where false] | head 5',
    'sample by host.id [process where process.name : "a"] [network where true]',
]


def made(*queries: str) -> Plan:
    plan, errors = compile_rules([rule(query, number) for number, query in enumerate(queries)], telemetry())
    assert errors == []
    return plan


PLAN = made(*QUERIES)
WRITTEN = write_plan(PLAN)


@pytest.mark.parametrize("query", QUERIES)
def test_a_plan_is_read_as_it_was_written(query):
    plan = made(query)

    assert read_plan(write_plan(plan)) == plan
    assert read_plan(write_plan(optimise(plan))) == optimise(plan)


def test_the_pack_is_read_as_it_was_written():
    plan = optimise(compile_rules(load_rules(), telemetry())[0])

    assert read_plan(write_plan(plan)) == plan


def test_equal_plans_are_written_alike():
    assert write_plan(made(*QUERIES)) == WRITTEN


@given(st.integers(0, len(WRITTEN) - 1), st.integers(0, 255))
def test_a_damaged_plan_is_a_plan_or_refused(place, byte):
    damaged = WRITTEN[:place] + bytes([byte]) + WRITTEN[place + 1 :]
    with suppress(ValueError):
        assert isinstance(read_plan(damaged), Plan)


@given(st.integers(0, len(WRITTEN) - 1))
def test_a_cut_plan_is_refused(length):
    with pytest.raises(ValueError, match=r".*"):
        read_plan(WRITTEN[:length])


def hostile(nodes: list, predicate: int = 0) -> bytes:
    query = ["event", "q", [None, predicate, [], False], []]
    return json.dumps(
        {"queries": [query], "columns": [], "category_field": "c", "tuples_first": True, "nodes": nodes}
    ).encode()


TRUE = ["Constant", True, "boolean"]
TEXT = ["Column", "k", "keyword"]


def test_nodes_by_hand_are_a_plan():
    assert read_plan(hostile([TRUE, ["Not", 0, "boolean"]], 1)).queries[0].stage.predicate.operand.value is True


@pytest.mark.parametrize(
    ("nodes", "predicate"),
    [
        ([["Not", 0, "boolean"]], 0),  # inside itself
        ([["Not", 1, "boolean"], TRUE], 0),  # before what is inside it
        ([TRUE, ["Not", -1, "boolean"]], 1),
        ([TRUE], 7),
        ([TEXT], 0),  # no condition
        ([["Constant", "true", "boolean"]], 0),
        ([["Constant", 1, "boolean"]], 0),
        ([["AllOf", [], "boolean"]], 0),
        ([TRUE, ["Compare", "~", 0, 0, "boolean"]], 1),
        ([TEXT, ["Call", "system", [0], False, "boolean"]], 1),
        ([TEXT, ["Call", "startsWith", [0], False, "boolean"]], 1),
        ([TEXT, ["OneOf", 0, [0], False, "boolean"]], 1),
        ([["Exec", "x"]], 0),
        ([TRUE, *(["Not", n, "boolean"] for n in range(300))], 300),  # too deep
        ([TRUE, *(["AllOf", [n, n], "boolean"] for n in range(60))], 60),  # 2 ** 60 nodes
    ],
)
def test_what_no_query_means_is_refused(nodes, predicate):
    with pytest.raises(ValueError, match=r".*"):
        read_plan(hostile(nodes, predicate))


def test_nesting_without_end_is_refused():
    with pytest.raises(ValueError, match=r".*"):
        read_plan(b'{"x":' + b"[" * 1_000_000)
