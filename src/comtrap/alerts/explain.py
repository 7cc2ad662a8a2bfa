"""Why a rule fired: the clauses that held on each event, with the values that made them true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from comtrap.alerts.alert import Clause
from comtrap.check.check import check_condition
from comtrap.errors import CheckError
from comtrap.execute.execute import ConditionFailed, condition
from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.batch import EventBatch
    from comtrap.rules.rule import Rule

LONGEST = 400  # characters of a value that are shown


def explain(rule: Rule, stage: int, batch: EventBatch) -> tuple[Clause, ...]:
    """The clauses of one stage that held on the one event of a batch.

    Operands of `and` are clauses of their own; of an `or`, those that held. Everything else is one clause. A clause
    that only says which kind of event the rule is about (`event.code`, `event.type` …) is left out where others held.

    Args:
        rule: whose stage.
        stage: as numbered by `plan.stages`.
        batch: one event, with the columns that the rule reads.
    """
    query = _stages(rule.query.body)[stage]
    found = [_clause(rule, stage, node, batch) for node in _held(rule, query.condition, batch)]
    telling = [c for c in found if not all(name.startswith("event.") for name in c.values)]
    return tuple(telling or found)


def _stages(body: ast.EventQuery | ast.Sequence | ast.Sample) -> list[ast.EventQuery]:
    match body:
        case ast.EventQuery():
            return [body]
        case ast.Sequence():
            until = [body.until] if body.until is not None else []
            return [s.query for s in (*body.stages, *until) for _ in range(s.runs)]
        case ast.Sample():
            return [s.query for s in body.stages]


def _held(rule: Rule, node: ast.Expr, batch: EventBatch) -> Iterator[ast.Expr]:
    match node:
        case ast.And(operands):
            for operand in operands:
                yield from _held(rule, operand, batch)
        case ast.Or(operands):
            for operand in operands:
                if _true(rule, operand, batch):
                    yield from _held(rule, operand, batch)
        case ast.Not():
            return  # what is absent explains nothing
        case _:
            if _true(rule, node, batch):
                yield node


def _true(rule: Rule, node: ast.Expr, batch: EventBatch) -> bool:
    try:
        return bool(condition(check_condition(node, batch.schema, rule.text), batch)[0])
    except (CheckError, ConditionFailed):
        return False


def _clause(rule: Rule, stage: int, node: ast.Expr, batch: EventBatch) -> Clause:
    text = " ".join(rule.text[node.span.start : node.span.end].split())
    return Clause(
        stage, text, {name: value for name in _fields(node) if (value := _value(node, name, batch)) is not None}
    )


def _fields(node: ast.Expr) -> Iterator[str]:
    match node:
        case ast.Field():
            yield node.name
        case ast.Not() | ast.Negate():
            yield from _fields(node.operand)
        case ast.And(operands) | ast.Or(operands):
            for operand in operands:
                yield from _fields(operand)
        case ast.Compare() | ast.Arithmetic():
            yield from _fields(node.left)
            yield from _fields(node.right)
        case ast.Like() | ast.In():
            yield from _fields(node.value)
        case ast.Call():
            for argument in node.arguments:
                yield from _fields(argument)
        case ast.Literal():
            return


def _value(node: ast.Expr, name: str, batch: EventBatch) -> Any:
    value = batch.column(name)[0].as_py() if name in batch.schema else None
    if isinstance(value, list):
        value = [_around(node, v) for v in value]
        return value[0] if len(value) == 1 else value or None
    return _around(node, value)


def _around(node: ast.Expr, value: Any) -> Any:
    """The part of a long text that a pattern was found in."""
    if not isinstance(value, str):
        return value if value is None or isinstance(value, bool | int | float) else str(value)
    if len(value) <= LONGEST:
        return value
    at = 0
    if isinstance(node, ast.Like) and not node.regex:
        places = [p for pattern in node.patterns if (p := _place(str(pattern.value), value)) is not None]
        at = max(0, min(places, default=0) - LONGEST // 4)
    cut = value[at : at + LONGEST]
    return ("…" if at else "") + cut + ("…" if at + LONGEST < len(value) else "")


def _place(pattern: str, value: str) -> int | None:
    """Where the longest literal piece of a wildcard stands in a value."""
    piece = max(re.split(r"[*?]+", pattern), key=len)
    at = value.lower().find(piece.lower())
    return at if piece and at >= 0 else None
