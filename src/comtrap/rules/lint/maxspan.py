"""A sequence without an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.lang import ast
from comtrap.rules.lint.warning import warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.errors import Diagnostic
    from comtrap.rules.rule import Rule
    from comtrap.schema.schema import Schema


def maxspan(rule: Rule, _schema: Schema) -> Iterator[Diagnostic]:
    """A sequence that may take for ever joins events that have nothing to do with each other, and is kept in memory."""
    body = rule.query.body
    if isinstance(body, ast.Sequence) and body.maxspan_ms is None:
        at = type(body.span)(body.span.start, body.span.start + len("sequence"))
        yield warning("W301", "a sequence without maxspan", "say how long it may take: `with maxspan=5m`", at)
