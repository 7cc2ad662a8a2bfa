"""What a rule does not tell people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.rules.lint.warning import warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.errors import Diagnostic
    from comtrap.rules.rule import Rule
    from comtrap.schema.schema import Schema

_WANTED = {
    "risk_reason": "why the severity is what it is",
    "references": "where a reader can check it",
    "false_positives": "what it gets wrong",
    "setup": "the logging it needs",
    "note": "how to find out whether an alert is real",
    "response": "what to do if it is",
}


def people(rule: Rule, _schema: Schema) -> Iterator[Diagnostic]:
    """An alert of a rule that explains nothing costs whoever gets it an hour."""
    missing = [f"`{name}` ({what})" for name, what in _WANTED.items() if not getattr(rule, name)]
    if missing:
        yield warning("W302", f"says nothing of {', '.join(missing)}", "see docs/writing/a-rule.md")
