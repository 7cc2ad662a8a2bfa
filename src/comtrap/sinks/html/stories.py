"""A story as a report shows it: its title, its tree, and what to ask next."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from comtrap.alerts.tree import tree
from comtrap.sinks.html.queries import questions
from comtrap.sinks.html.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.alerts.alert import Alert
    from comtrap.alerts.tree import Node
    from comtrap.rules.rule import Severity
    from comtrap.sinks.html.hunts import HuntView
    from comtrap.sinks.html.queries import Question
    from comtrap.sinks.html.room import Room
    from comtrap.sinks.html.rules import RuleView

_SPLIT = re.compile(r"^(.*[\\/])?([^\\/]+[\\/]*)$", re.DOTALL)
LINKS = 5  # names of a chain
_PATHS = {"process", "library", "file", "registry"}


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node of a tree, ready to be shown."""

    kind: str
    edge: str
    com: bool
    folder: str
    base: str
    said: str
    number: int | None
    user: str
    by: str
    worst: Severity | None
    hits: int
    anchor: str
    children: list[NodeView]


@dataclass(frozen=True, slots=True)
class Story:
    """Alerts that belong together.

    Attributes:
        title: the rule that tells it from others: of the worst the one that fired least often.
    """

    anchor: str
    title: str
    severity: Severity
    began: int
    span: str
    count: int
    techniques: list[str]
    rules: list[RuleView] = field(default_factory=list)
    roots: list[NodeView] = field(default_factory=list)
    more_nodes: int = 0
    questions: list[Question] = field(default_factory=list)
    hunts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def chain(self) -> list[tuple[str, bool]]:
        """The way through the tree that says most: names, and whether each is an object."""
        return _chain(self.roots)


@dataclass(frozen=True, slots=True)
class Around:
    """What a report says elsewhere, for stories to point at.

    Attributes:
        rules: those that fired, worst first.
        objects: anchors by the objects' names.
    """

    rules: Sequence[RuleView]
    hunts: Sequence[HuntView]
    objects: Mapping[str, str]


def story_of(alerts: Sequence[Alert], anchor: str, around: Around) -> Story:
    """What is said of some alerts in a line."""
    times = [e.time_ns for a in alerts for e in a.evidence]
    own = {str(a.rule.id) for a in alerts}
    rules = [rule for rule in around.rules if rule.id in own]
    return Story(
        anchor=anchor,
        title=min((r for r in rules if r.severity == rules[0].severity), key=lambda r: r.count).name,
        severity=max(a.rule.severity for a in alerts),
        began=min(times),
        span=_span(max(times) - min(times)),
        count=len(alerts),
        techniques=list(dict.fromkeys(f"{t.id} {t.name}" for a in alerts for t in a.rule.techniques)),
        rules=rules,
    )


def told(story: Story, alerts: Sequence[Alert], room: Room, around: Around) -> Story:
    """The story with its tree and what to ask next, if there is room for them; with its hunts if it is to be written."""
    if not room.values:
        return story
    grown = tree(alerts)
    roots = [_node(n, alerts, room, around.objects) for n in grown.roots]
    behaviours = {a.rule.behaviour for a in alerts}
    return replace(
        story,
        roots=roots,
        more_nodes=grown.more,
        questions=questions(alerts),
        hunts=[(h.title, h.anchor) for h in around.hunts if not behaviours.isdisjoint(h.behaviours)]
        if room.write
        else [],
    )


def _node(node: Node, alerts: Sequence[Alert], room: Room, objects: Mapping[str, str]) -> NodeView:
    longest = min(400, room.values)
    label = shown(node.label, longest)
    split = _SPLIT.match(label) if node.kind in _PATHS else None
    said = shown(node.label if node.kind == "script" else node.detail, longest)
    return NodeView(
        kind=node.kind,
        edge=node.edge,
        com=node.com,
        folder=(split[1] or "") if split else "",
        base=split[2] if split else label,
        said=said if node.kind == "script" or said != label else "",
        number=node.number,
        user=shown(node.user, 80) if node.kind == "process" else "",
        by=shown(node.by, 120),
        worst=max((alerts[n].rule.severity for n in node.alerts), default=None),
        hits=len(node.alerts),
        anchor=objects.get(node.label, "") if node.kind == "object" else "",
        children=[_node(child, alerts, room, objects) for child in node.children],
    )


def _chain(roots: Sequence[NodeView]) -> list[tuple[str, bool]]:
    """The last names of the path with most objects, of those the longest; of those the first. None if it is one name."""
    paths = [path for root in roots for path in _paths(root, ())]
    if not paths:
        return []
    best = max(paths, key=lambda path: (sum(n.kind == "object" for n in path), len(path)))
    return [(node.base, node.kind == "object") for node in best[-LINKS:]] if len(best) > 1 else []


def _paths(node: NodeView, above: tuple[NodeView, ...]) -> Iterator[tuple[NodeView, ...]]:
    path = (*above, node) if node.kind in {"process", "object"} or node.edge == "now served by" else above
    if not node.children:
        yield path
    for child in node.children:
        yield from _paths(child, path)


def _span(span_ns: int) -> str:
    seconds = span_ns / 1_000_000_000
    if seconds < 0.001:
        return ""
    if seconds < 10:
        return f"{seconds:.3f} s"
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= size * 2:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
