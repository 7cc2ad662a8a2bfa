"""The ATT&CK techniques of what was found, as a layer for the ATT&CK Navigator.

Source: ATT&CK Navigator, layer format 4.5.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self, TextIO

from comtrap.rules.attack import VERSIONS, in_version
from comtrap.rules.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from comtrap.alerts.alert import Alert
    from comtrap.rules.rule import Rule, Technique

COLOURS = {Severity.LOW: "#c6dbef", Severity.MEDIUM: "#fdd0a2", Severity.HIGH: "#fb6a4a", Severity.CRITICAL: "#a50f15"}
_ATTACK = VERSIONS[0]


class Sink:
    """One JSON object: the score of a technique is its number of alerts, its colour that of the worst of them."""

    def __init__(self, out: TextIO) -> None:
        """Args: out: where to write; stays open."""
        self._out = out
        self._rules: dict[str, tuple[Rule, int]] = {}

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """Counted; the layer is written at the end."""
        rule = alert.rule
        _, count = self._rules.get(str(rule.id), (rule, 0))
        self._rules[str(rule.id)] = rule, count + 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        scored = [(rule, count, f"{rule.name}: {count}") for rule, count in self._rules.values()]
        found = layer("comtrap: what was found", "The techniques of the alerts of one scan.", scored)
        self._out.write(json.dumps(found, indent=1) + "\n")
        self._out.flush()


def layer(name: str, description: str, rules: Iterable[tuple[Rule, int, str]]) -> Mapping[str, Any]:
    """A layer of the techniques of rules.

    Args:
        name: its title.
        description: a sentence.
        rules: each with how much it counts for, and what to say of it.
    """
    by_technique: dict[tuple[str, str], list[tuple[Rule, int, str]]] = defaultdict(list)
    for rule, score, said in rules:
        for technique in rule.techniques:
            by_technique[_place(technique)].append((rule, score, said))
    return {
        "name": name,
        "versions": {"attack": str(_ATTACK), "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": description,
        "filters": {"platforms": ["Windows"]},
        "techniques": [
            {
                "techniqueID": number,
                "tactic": tactic,
                "score": sum(score for _, score, _ in own),
                "color": COLOURS[max(rule.severity for rule, _, _ in own)],
                "comment": "; ".join(said for _, _, said in own),
                "enabled": True,
            }
            for (number, tactic), own in sorted(by_technique.items())
        ],
        "legendItems": [{"label": severity.word, "color": colour} for severity, colour in COLOURS.items()],
    }


def _place(technique: Technique) -> tuple[str, str]:
    technique = in_version(technique, _ATTACK)
    return technique.id, technique.tactic_name.lower().replace(" ", "-")
