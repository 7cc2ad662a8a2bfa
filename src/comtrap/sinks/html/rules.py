"""What is known of the rules that fired and of the COM objects their alerts name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.com.page import USES
from comtrap.sinks.html.markdown import rendered
from comtrap.sinks.html.queries import classes
from comtrap.sinks.html.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from comtrap.alerts.alert import Alert
    from comtrap.rules.rule import Severity, Technique

NAMES = 200  # characters of a rule's name
LOOK_UPS = 3  # classes that a guide names
_QUERY = 20_000  # characters of a query
_LOOK_UP = re.compile(r"`comtrap com (?:\{(?:application id|class id|id)\}|<(?:ProgID or class id|id)>)`")


@dataclass(frozen=True, slots=True)
class ActorView:
    """Who was seen, doing what; the link is empty if it is none to the web."""

    name: str
    use: str
    link: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule that fired."""

    id: str
    anchor: str
    name: str
    severity: Severity
    count: int
    behaviour: str
    techniques: tuple[Technique, ...]
    description: Markup
    reason: Markup
    note: Markup
    response: Markup
    query: str
    actors: list[ActorView]
    false_positives: list[str]
    references: list[str]


@dataclass(frozen=True, slots=True)
class ObjectView:
    """A COM object that alerts name."""

    anchor: str
    name: str
    use: str
    elevated: bool
    about: str
    facts: list[tuple[str, str]]
    references: list[str]


def rule_views(alerts: Sequence[Alert]) -> list[RuleView]:
    """The rules of the alerts, worst first, then by how often, then by name."""
    counts = Counter(str(a.rule.id) for a in alerts)
    rules = {str(a.rule.id): a.rule for a in alerts}
    order = sorted(rules, key=lambda i: (-rules[i].severity, -counts[i], rules[i].name, i))
    return [
        RuleView(
            id=name,
            anchor=f"r-{name}",
            name=shown(rule.name, NAMES),
            severity=rule.severity,
            count=counts[name],
            behaviour=rule.behaviour,
            techniques=rule.techniques,
            description=rendered(rule.description),
            reason=rendered(rule.risk_reason),
            note=rendered(_filled(rule.note, [a for a in alerts if a.rule is rule])),
            response=rendered(rule.response),
            query=rule.text.strip()[:_QUERY],
            actors=[ActorView(a.name, a.use, _web(a.reference)) for a in rule.actors],
            false_positives=list(rule.false_positives),
            references=[link for r in rule.references if (link := _web(r))],
        )
        for name in order
        for rule in (rules[name],)
    ]


def _filled(guide: str, alerts: Sequence[Alert]) -> str:
    """A guide whose look-ups name the classes and ProgIDs of the alerts, if these name any, and say which are known."""
    if not _LOOK_UP.search(guide):
        return guide
    ids: dict[str, None] = {}
    for event in (e.event for a in alerts for e in a.evidence):
        ids |= dict.fromkeys(classes(event))
        if len(ids) >= LOOK_UPS:
            break
    known: dict[str, str] = {}
    names: dict[str, None] = {}
    for o in {str(o["name"]): o for a in alerts for o in a.why.objects}.values():
        use = ", elevates without a prompt" if o["elevated"] else ""
        own = [str(o["id"] or ""), str(o["appid"] or "")]
        for name in (*own, *o["progids"][:1]):
            known.setdefault(str(name), f" ({o['name']}{use}; see COM objects)")
        if not ids.keys() & set(own) and o["use"] not in {"ordinary", "context"}:
            names |= dict.fromkeys(map(str, o["progids"][:1]))

    def said(found: re.Match[str]) -> str:
        asked = [*ids, *names] if "<" in found[0] else [*ids]
        return ", ".join(f'`comtrap com "{name}"`{known.get(name, "")}' for name in asked[:LOOK_UPS]) or found[0]

    return _LOOK_UP.sub(said, guide)


def known_objects(alerts: Sequence[Alert]) -> list[ObjectView]:
    """The objects that alerts name, those of more alerts first; abused ones before others."""
    counts = Counter(str(o["name"]) for a in alerts for o in a.why.objects)
    found = {str(o["name"]): o for a in alerts for o in a.why.objects}
    order = sorted(found, key=lambda n: (found[n]["use"] in {"ordinary", "context"}, -counts[n], n))
    out = []
    for number, name in enumerate(order):
        o = found[name]
        facts = [
            ("id", str(o["id"] or "")),
            ("AppID", str(o["appid"] or "")),
            ("ProgID", ", ".join(o["progids"])),
            ("interface", ", ".join(o["interfaces"])),
            ("server", str(o["server"])),
            ("everyday use", str(o["benign"])),
            ("seen with", "; ".join(f"{a['name']} {a['use']}" for a in o["actors"])),
            ("here", f"{counts[name]:,} alert{'s' * (counts[name] != 1)}"),
        ]
        told = [(label, text) for label, text in facts if text]
        links = [link for r in o["references"] if (link := _web(r))]
        out.append(ObjectView(f"o{number}", name, USES[o["use"]], bool(o["elevated"]), str(o["about"]), told, links))
    return out


def _web(address: str) -> str:
    return address if address.startswith(("https://", "http://")) else ""
