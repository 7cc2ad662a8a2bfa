"""What the page's script works with: entries in numbers, all fields of events, and what it shows of stories when opened."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from comtrap.normalise import document as documents
from comtrap.sinks.html.room import LONGEST
from comtrap.sinks.html.text import shown
from comtrap.sinks.html.view import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.alerts.alert import Alert
    from comtrap.rules.rule import Technique
    from comtrap.sinks.html.room import Room
    from comtrap.sinks.html.rules import RuleView
    from comtrap.sinks.html.stories import NodeView, Story
    from comtrap.sinks.html.text import Value
    from comtrap.sinks.html.view import Entry, Event

FIELDS = 250  # of one event
_ESCAPES = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


class Data:
    """Filled entry by entry, in any order. Texts are kept once and told by number."""

    def __init__(self, hosts: Sequence[str], rules: Sequence[RuleView], entries: int, room: Room) -> None:
        """Args: hosts, rules: by number. entries: how many there will be. room: what the data may take."""
        self.hosts = list(hosts)
        self.techniques: list[Technique] = _techniques(rules)
        self._rules = rules
        self._rule = {rule.id: number for number, rule in enumerate(rules)}
        self._technique = {t.id: n for n, t in enumerate(self.techniques)}
        self._entries: list[list[Any]] = [[] for _ in range(entries)]
        self._events: list[list[list[int]]] = [[] for _ in range(entries)]
        self._bodies: list[Any] = [0] * entries
        self._stories: dict[str, Any] = {}
        self._texts: dict[str, int] = {}
        self._shapes: dict[tuple[int, ...], int] = {}
        self._named: dict[tuple[str, ...], int] = {}  # shapes by their names as they are
        self._forms: dict[tuple[str, str], int] = {}
        self._room = room

    def add(self, entry: Entry, host: int) -> None:
        """Take in an entry."""
        rules = [self._rule[str(rule.id)] for rule in entry.rules]
        techniques = sorted({self._technique[t.id] for rule in entry.rules for t in rule.techniques})
        times = sorted({a.time_ns // 1_000_000 for a in entry.all})
        self._entries[entry.number] = [host, rules, techniques, times, len(entry.all)]
        self._room.used += 30 + 14 * len(times)

    def keep(self, number: int, alert: Alert) -> None:
        """Keep every field of an entry's events, while there is room."""
        kept = [e for e in alert.evidence if e.part is None][:EVENTS]
        self._events[number] = [self._flat(e.event) for e in kept if self._room.fields]

    def tell(self, story: Story, entries: Sequence[Entry]) -> None:
        """Take in what the script shows of a story, and of its entries, that does not stand in the page."""
        questions = [[self._form(q.form), *map(self._text, q.values)] for q in story.questions]
        hunts = [[self._text(title), self._text(anchor)] for title, anchor in story.hunts]
        rules = [self._rule[rule.id] for rule in story.rules]
        self._stories[story.anchor] = [[self._node(n) for n in story.roots], questions, hunts, rules]
        for entry in entries:
            self._bodies[entry.number] = [self._event(e) for e in entry.events]

    def json(self) -> str:
        """The data as JSON that may stand in a ``script`` element."""
        said: Mapping[str, Any] = {
            "hosts": self.hosts,
            "rules": [[int(rule.severity), rule.name, rule.anchor] for rule in self._rules],
            "entries": self._entries,
            "events": self._events,
            "bodies": self._bodies,
            "stories": self._stories,
            "texts": list(self._texts),
            "shapes": list(self._shapes),
            "forms": list(self._forms),
        }
        text = orjson.dumps(said).decode()
        for character, escape in _ESCAPES.items():
            text = text.replace(character, escape)
        return text

    def _text(self, text: str) -> int:
        if text not in self._texts:
            self._texts[text] = len(self._texts)
            longer = 5 * sum(map(text.count, "<>&")) + sum(map(text.count, '"\\'))
            self._room.used += len(text.encode()) + longer + 3
        self._room.used += 5
        return self._texts[text]

    def _form(self, form: tuple[str, str]) -> int:
        return self._forms.setdefault(form, len(self._forms))

    def _flat(self, event: Any) -> list[int]:
        """The number of a shape (the names of an event's fields), then the values."""
        fields = sorted(_leaves(event, ""), key=itemgetter(0))[:FIELDS]
        return [self._shape(tuple(name for name, _ in fields)), *(self._text(shown(v, LONGEST)) for _, v in fields)]

    def _shape(self, names: tuple[str, ...]) -> int:
        number = self._named.get(names)
        if number is None:
            shape = tuple(self._text(shown(name, 200)) for name in names)
            number = self._named[names] = self._shapes.setdefault(shape, len(self._shapes))
        return number

    def _value(self, value: Value) -> list[int]:
        """The number of a text, then begin and length of each piece of it that is marked."""
        out = [self._text("".join(piece.text for piece in value))]
        at = 0
        for piece in value:
            if piece.hit:
                out += (at, len(piece.text))
            at += len(piece.text)
        return out

    def _event(self, event: Event) -> list[Any]:
        fields = [[self._text(f.label or f.name), self._text(f.name), self._value(f.value)] for f in event.fields]
        why = [self._text("".join(piece.text for piece in clause)) for clause in event.why]
        path, mark, place = event.where.partition(" #")
        where = [self._text(path), self._text(mark + place)]
        self._room.used += 40
        return [event.stage or 0, event.time_ns // 1_000_000, self._text(event.source), why, fields, where]

    def _node(self, node: NodeView) -> list[Any]:
        texts = [
            self._text(text) for text in (node.kind, node.edge, node.folder, node.base, node.said, node.user, node.by)
        ]
        worst = 0 if node.worst is None else int(node.worst)
        below = [self._node(child) for child in node.children]
        self._room.used += 20
        return [*texts, int(node.com), node.number, worst, node.hits, self._text(node.anchor), below]


def _leaves(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Dotted names and values; of objects in lists, their fields with the values of all."""
    for key, value in node.items():
        name = f"{path}{key}"
        if key[:1] == "_" and not path:
            continue
        if isinstance(value, dict):
            yield from _leaves(value, f"{name}.")
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            yield from documents.flatten({name: value}).items()
        else:
            yield name, value


def _techniques(rules: Sequence[RuleView]) -> list[Technique]:
    found = {t.id: t for rule in rules for t in rule.techniques}
    return [found[name] for name in sorted(found)]
