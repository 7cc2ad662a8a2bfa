"""What a check says."""

from __future__ import annotations

from comtrap.errors import Diagnostic, Label, Span


def warning(code: str, title: str, remedy: str, at: Span | None = None) -> Diagnostic:
    """A warning; `at` is a place in the rule's query."""
    return Diagnostic(code, title, () if at is None else (Label(at),), remedy, "warning")
