"""Reads the fixtures of rewrites (`*.plans`): a condition, and after ``=>`` what the rewrite makes of it; ``#`` is the title."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from comtrap.check.check import check_condition
from comtrap.check.typed import Stage
from comtrap.lang.parse import parse_expression
from comtrap.plan.build import build
from comtrap.plan.plan import EventPlan
from comtrap.schema.schema import Field, Schema
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.check.typed import Expr
    from comtrap.plan.plan import Plan

SCHEMA = Schema(
    "the fixture",
    {name: Field(Type.KEYWORD) for name in ("k", "l", "process.command_line", "process.args")}
    | {name: Field(Type.LONG) for name in ("n", "m")}
    | {"b": Field(Type.BOOLEAN)},
)


def cases(name: str) -> list[pytest.param]:
    """The pairs of conditions of a fixture."""
    found = []
    for block in (Path(__file__).parent / f"{name}.plans").read_text("utf-8").strip().split("\n\n"):
        title, before, after = block.split("\n")
        found.append(pytest.param(before, after.removeprefix("=> "), id=f"{title.removeprefix('# ')}: {before}"))
    return found


def condition(text: str) -> Expr:
    return check_condition(parse_expression(text), SCHEMA, text)


def plan(text: str) -> Plan:
    return build([EventPlan("q", Stage("c", condition(text)))])


def assert_rewrites(rewrite: Callable[[Plan], Plan], before: str, after: str) -> None:
    """The rewrite makes the second condition of the first, and nothing more of that."""
    expected = plan(after)
    found = rewrite(plan(before))

    assert found.queries == expected.queries
    assert rewrite(found) == found
