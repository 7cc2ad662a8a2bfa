"""An optional field that no data has."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from comtrap.lang import ast
from comtrap.lang.walk import walk
from comtrap.rules.lint.warning import warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.errors import Diagnostic
    from comtrap.rules.rule import Rule
    from comtrap.schema.schema import Schema


def optional(rule: Rule, schema: Schema) -> Iterator[Diagnostic]:
    """``?field`` of a name that the schema lacks is the literal null, so its condition never holds, nor does its negation."""
    for node in _fields(rule.query.body):
        if node.optional and node.name not in schema:
            near = difflib.get_close_matches(node.name, schema, 1)
            remedy = f"did you mean `?{near[0]}`?" if near else "take the condition out"
            yield warning("W303", f"no data has the optional field `{node.name}`", remedy, node.span)


def _fields(body: ast.EventQuery | ast.Sequence | ast.Sample) -> Iterator[ast.Field]:
    """The fields of a query, join keys included."""
    match body:
        case ast.EventQuery():
            yield from (node for node in walk(body.condition) if isinstance(node, ast.Field))
        case ast.Sequence() | ast.Sample():
            yield from body.by
            until = () if isinstance(body, ast.Sample) or body.until is None else (body.until,)
            for stage in (*body.stages, *until):
                yield from _fields(stage.query)
                yield from stage.by
