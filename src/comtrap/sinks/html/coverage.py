"""What the input could show: its sources, the rules that had none, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.sinks.html.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from comtrap.sinks.summary import Summary

ROWS = 200  # of one list


@dataclass(frozen=True, slots=True)
class Source:
    """A source, its events, and how many rules read it."""

    name: str
    events: int
    rules: int


def sources(summary: Summary | None) -> list[Source]:
    """The sources that were there or that rules could have used: most events first, then those missing."""
    if summary is None:
        return []
    names = [*sorted(summary.sources, key=lambda n: (-summary.sources[n], n)), *summary.missing]
    order = dict.fromkeys(names)
    return [
        Source(shown(n, 80), summary.sources.get(n, 0), sum(1 for r in summary.rules if n in r.sources)) for n in order
    ]


def blind(summary: Summary | None) -> list[tuple[str, str]]:
    """The rules that had no event to look at, with what they need, in the order of that and of their names."""
    if summary is None:
        return []
    found = [(shown(rule.name, 200), needs) for rule, needs in summary.blind]
    return sorted(found, key=lambda row: (row[1], row[0]))


def troubles(summary: Summary | None) -> list[tuple[str, list[str]]]:
    """What went wrong, a title and its cases."""
    if summary is None:
        return []
    names = {str(rule.id): rule.name for rule in summary.rules}
    lists = (
        ("input", "could not be read", [f"{where}: {why}" for where, why in sorted(summary.failed.items())]),
        ("rule", "could not run", list(summary.wrong_rules)),
        (
            "rule",
            "failed on events, which were taken as not matching",
            [f"{names.get(rule, rule)}: {count:,} events" for rule, count in summary.failures.items()],
        ),
        ("reason", "why records could not be read", _counts(summary.skipped)),
        ("thing", "odd, but read", _counts(summary.notes)),
        ("exception", "applied", [_taken(label, of, names) for label, of in summary.exceptions.items()]),
        (
            "rule",
            "had alerts suppressed, as others stand for them",
            [
                f"{names.get(rule, rule)}: {count:,} alert{'s' * (count != 1)}"
                for rule, count in summary.suppressed.items()
            ],
        ),
    )
    return [
        (f"{len(rows):,} {word}{'s' * (len(rows) != 1)} {said}", [shown(row, 400) for row in rows[:ROWS]] + _more(rows))
        for word, said, rows in lists
        if rows
    ]


def _taken(label: str, of: Mapping[str, int], names: Mapping[str, str]) -> str:
    """An exception, and what rules did not see for it."""
    rules = ", ".join(f"{count:,} of {names.get(rule, rule)}" for rule, count in of.items())
    total = sum(of.values())
    return f"{label}: {total:,} event{'s' * (total != 1)} ({rules})" if of else f"{label}: no event"


def _counts(found: object) -> list[str]:
    pairs: Iterable[tuple[str, int]] = sorted(dict(found).items())  # type: ignore[call-overload]
    return [f"{count:,} {reason}" for reason, count in pairs]


def _more(rows: list[str]) -> list[str]:
    return [f"… {len(rows) - ROWS:,} more"] if len(rows) > ROWS else []
