"""A look-back that cuts sequences in two."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from comtrap.lang import ast
from comtrap.rules.lint.warning import warning
from comtrap.rules.read import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.errors import Diagnostic
    from comtrap.rules.rule import Rule
    from comtrap.schema.schema import Schema


def lookback(rule: Rule, _schema: Schema) -> Iterator[Diagnostic]:
    """A deployed rule sees what lies in its look-back: a sequence longer than that less one interval may be cut."""
    body = rule.query.body
    if not isinstance(body, ast.Sequence) or body.maxspan_ms is None:
        return
    longest = timedelta(milliseconds=body.maxspan_ms)
    interval, seen = duration(rule.interval), duration(rule.lookback.removeprefix("now-"))
    if seen < longest + interval:
        needed = ceil((longest + interval).total_seconds() / 60)
        title = (
            f"a `lookback` of {rule.lookback} cuts sequences of {longest} that a run every {rule.interval} looks for"
        )
        yield warning("W305", title, f'make it at least "now-{needed}m"')
