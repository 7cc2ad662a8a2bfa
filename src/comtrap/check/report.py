"""Mistakes, gathered while the checking goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from comtrap.errors import CheckError, Diagnostic, Label, Span

if TYPE_CHECKING:
    from comtrap.lang import ast


@dataclass(slots=True)
class Report:
    """The mistakes found in one text so far; each is kept once, however often its place is looked at."""

    text: str
    found: dict[Diagnostic, None] = field(default_factory=dict)

    def add(self, code: str, title: str, at: ast.Node | Span, says: str, help: str | None = None) -> None:  # noqa: A002
        """Note a mistake: what is wrong, where, what was found there and expected, and what to do."""
        span = at if isinstance(at, Span) else at.span
        self.found[Diagnostic(code, title, (Label(span, says),), help)] = None

    def raise_all(self) -> None:
        """Raise what was found, in text order, if anything was.

        Raises:
            CheckError: there are mistakes.
        """
        if self.found:
            raise CheckError(tuple(sorted(self.found, key=lambda d: (d.labels[0].span.start, d.code))), self.text)
