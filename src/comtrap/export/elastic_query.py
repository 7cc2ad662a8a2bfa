"""A query as Elasticsearch is asked.

A document in a cluster has nothing under ``comtrap.``, so a condition on such a field does not hold there. It is taken
out rather than left: Elasticsearch reads an optional field that no index has as the literal null, and folds the whole of
``a and not ?comtrap.x : "b"`` to nothing.

What a provider names its own data (``winlog.event_data.…``) is mapped with the first event that has it. Until then a
query that names it is refused as a whole, and the rule fails at every run; so such fields become optional ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comtrap.export.target import NoFormError
from comtrap.lang import ast
from comtrap.lang.unparse import unparse
from comtrap.lang.walk import walk
from comtrap.schema.telemetry import OPEN

if TYPE_CHECKING:
    from comtrap.rules.rule import Rule

OURS = "comtrap."


def elastic_query(rule: Rule) -> str:
    """The query as Elasticsearch is to run it; as written where nothing has to be changed.

    Raises:
        NoFormError: nothing would be left of the query, or of one of its stages.
    """
    body = _body(rule.query.body)
    return rule.text if body == rule.query.body else unparse(replace(rule.query, body=body))


def _body(body: ast.EventQuery | ast.Sequence | ast.Sample) -> ast.EventQuery | ast.Sequence | ast.Sample:
    match body:
        case ast.EventQuery():
            return _event(body)
        case ast.Sequence():
            until = None if body.until is None else _stage(body.until)
            return replace(body, by=_keys(body.by), stages=tuple(map(_stage, body.stages)), until=until)
        case ast.Sample():
            return replace(body, by=_keys(body.by), stages=tuple(map(_stage, body.stages)))


def _stage(stage: ast.Stage) -> ast.Stage:
    return replace(stage, by=_keys(stage.by), query=_event(stage.query))


def _keys(keys: tuple[ast.Field, ...]) -> tuple[ast.Field, ...]:
    for key in keys:
        if key.name.startswith(OURS):
            raise NoFormError(f"its events are joined by {key.name}, which only comtrap fills")
    return keys


def _event(event: ast.EventQuery) -> ast.EventQuery:
    found = _without(event.condition)
    if found is False:
        raise NoFormError("all that it looks at is in fields that only comtrap fills")
    return replace(event, condition=ast.Literal(found) if isinstance(found, bool) else _optional(found))


def _without(expr: ast.Expr) -> ast.Expr | bool:
    """An expression, or its truth value, where no field of ours has a value."""
    match expr:
        case ast.Not():
            inner = _without(expr.operand)
            return not inner if isinstance(inner, bool) else ast.Not(inner)
        case ast.And() | ast.Or():
            return _joined(expr)
        case ast.Compare(op="==" | "!=", left=ast.Field(name=name), right=ast.Literal(value=None)):
            return expr if not name.startswith(OURS) else expr.op == "=="
        case _:
            ours = any(isinstance(node, ast.Field) and node.name.startswith(OURS) for node in walk(expr))
            return False if ours else expr


def _joined(expr: ast.And | ast.Or) -> ast.Expr | bool:
    decides = isinstance(expr, ast.Or)  # `true or x` is true, `false and x` is false
    kept: list[ast.Expr] = []
    for operand in map(_without, expr.operands):
        if operand is decides:
            return decides
        if not isinstance(operand, bool):
            kept.append(operand)
    if not kept:
        return not decides
    # One of these inside another of the same kind is no tree that a text has.
    flat = [part for one in kept for part in (one.operands if isinstance(one, type(expr)) else (one,))]
    return flat[0] if len(flat) == 1 else type(expr)(tuple(flat))


def _optional(expr: ast.Expr) -> ast.Expr:
    """An expression whose fields that an index may not have yet are optional."""
    match expr:
        case ast.Field():
            return replace(expr, optional=True) if expr.name.startswith(OPEN) else expr
        case ast.Literal():
            return expr
        case ast.Not() | ast.Negate():
            return replace(expr, operand=_optional(expr.operand))
        case ast.And() | ast.Or():
            return replace(expr, operands=tuple(map(_optional, expr.operands)))
        case ast.Compare() | ast.Arithmetic():
            return replace(expr, left=_optional(expr.left), right=_optional(expr.right))
        case ast.Like():
            return replace(expr, value=_optional(expr.value))
        case ast.In():
            return replace(expr, value=_optional(expr.value), options=tuple(map(_optional, expr.options)))
        case ast.Call():
            return replace(expr, arguments=tuple(map(_optional, expr.arguments)))
