"""ATT&CK: what was found, by tactic, and what rules looked for in vain."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.alerts.alert import Alert
    from comtrap.rules.rule import Severity, Technique
    from comtrap.sinks.summary import Summary


@dataclass(frozen=True, slots=True)
class Found:
    """A technique, how many alerts are of it, the worst of them, and its place among those found."""

    id: str
    name: str
    count: int
    severity: Severity | None
    place: int


@dataclass(frozen=True, slots=True)
class Tactic:
    """A tactic and its techniques, those found first."""

    id: str
    name: str
    techniques: list[Found]


def tactics(alerts: Sequence[Alert], summary: Summary | None, found: Sequence[Technique]) -> list[Tactic]:
    """The tactics of the rules that ran, in ATT&CK's order."""
    places = {t.id: n for n, t in enumerate(found)}
    counts = Counter((t.tactic, t.id) for a in alerts for t in a.rule.techniques)
    worst: dict[tuple[str, str], Severity] = {}
    for a in alerts:
        for t in a.rule.techniques:
            key = (t.tactic, t.id)
            worst[key] = max(a.rule.severity, worst.get(key, a.rule.severity))
    rules = [a.rule for a in alerts] + list(summary.rules if summary is not None else ())
    by_tactic: dict[str, dict[str, Technique]] = defaultdict(dict)
    names = {}
    for rule in rules:
        for t in rule.techniques:
            by_tactic[t.tactic][t.id] = t
            names[t.tactic] = t.tactic_name
    return [
        Tactic(
            tactic,
            names[tactic],
            sorted(
                (
                    Found(t.id, t.name, counts[tactic, t.id], worst.get((tactic, t.id)), places.get(t.id, -1))
                    for t in by_tactic[tactic].values()
                ),
                key=lambda f: (-f.count, f.id),
            ),
        )
        for tactic in sorted(by_tactic, key=_order)
    ]


_ORDER = (
    "TA0043", "TA0042", "TA0001", "TA0002", "TA0003", "TA0004", "TA0005", "TA0112", "TA0006", "TA0007", "TA0008", "TA0009",
    "TA0011", "TA0010", "TA0040",
)  # fmt: skip


def _order(tactic: str) -> tuple[int, str]:
    return (_ORDER.index(tactic) if tactic in _ORDER else len(_ORDER), tactic)
