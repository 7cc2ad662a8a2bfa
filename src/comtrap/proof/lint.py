"""Everything that can be said against rules and exceptions, from a file that is no TOML to an exception that hides an attack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.errors import Diagnostic, RuleError
from comtrap.proof.exceptions import prove
from comtrap.rules.compile import compile_rules
from comtrap.rules.exception_file import load_exceptions
from comtrap.rules.exceptions import in_force
from comtrap.rules.lint.lint import Finding, lint
from comtrap.rules.load import load
from comtrap.rules.table import open_table
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule


def lint_all(rules: Iterable[Path], exceptions: Iterable[Path], as_of: datetime) -> tuple[int, int, list[Finding]]:
    """Rules and exceptions below some paths, checked.

    Returns:
        How many rules and exceptions could be read, and what was found: mistakes of files, then of queries, then
        warnings, then what speaks against exceptions. `as_of` is the day on which these are judged to have expired.
    """
    loaded, wrong = load(rules)
    found = [finding for error in wrong for finding in _of(error)]
    found += [finding for error in compile_rules(loaded, telemetry())[1] for finding in _of(error)]
    found += lint(loaded, telemetry())
    lists, wrong = load_exceptions(exceptions)
    found += [finding for error in wrong for finding in _of(error)]
    items = [item for one in lists for item in one.items]
    _, expired = in_force(items, as_of)
    for item in items:
        if item in expired:
            title = f"{item.label} expired {item.expires:%Y-%m-%d %H:%M %Z}: it no longer applies"
            found.append(
                _placed(item, Diagnostic("W308", title, (), "prove it anew and extend it, or delete it", "warning"))
            )
        found += _proof(item, loaded)
    return len(loaded), len(items), found


def _proof(item: ExceptionItem, rules: Iterable[Rule]) -> Iterator[Finding]:
    """Expired ones are tried as well: they are what gets extended."""
    try:
        for diagnostic in prove(item, rules):
            yield _placed(item, diagnostic)
    except RuleError as error:
        yield from _of(error)


def _placed(item: ExceptionItem, diagnostic: Diagnostic) -> Finding:
    return Finding(item.path, open_table(item.path)[1], diagnostic)


def _of(error: RuleError) -> Iterator[Finding]:
    for diagnostic in error.diagnostics:
        yield Finding(Path(error.path), error.text, diagnostic)
