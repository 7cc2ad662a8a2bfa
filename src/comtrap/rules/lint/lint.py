"""All checks over all rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.errors import render
from comtrap.rules.lint.lookback import lookback
from comtrap.rules.lint.maxspan import maxspan
from comtrap.rules.lint.optional import optional
from comtrap.rules.lint.people import people
from comtrap.rules.lint.samples import without_samples
from comtrap.rules.read import placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from comtrap.errors import Diagnostic
    from comtrap.rules.rule import Rule
    from comtrap.schema.schema import Schema

CHECKS: tuple[Callable[[Rule, Schema], Iterator[Diagnostic]], ...] = (
    maxspan, people, optional, without_samples, lookback,
)  # fmt: skip
"""A check gives warnings whose places are in the rule's query."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic of a file; `text` is its content, for the places that the diagnostic points at."""

    path: Path
    text: str
    diagnostic: Diagnostic

    def __str__(self) -> str:
        drawn = render(self.diagnostic, self.text, str(self.path))
        return drawn if self.diagnostic.labels else f"{drawn}\n--> {self.path}"


def lint(rules: Iterable[Rule], schema: Schema) -> Iterator[Finding]:
    """What the checks say of rules, in order of rule and check."""
    for rule in rules:
        text = rule.path.read_text("utf-8").replace("\r\n", "\n") if rule.path.is_file() else rule.text
        for check in CHECKS:
            for found in placed(tuple(check(rule, schema)), text, rule.text):
                yield Finding(rule.path, text, found)
