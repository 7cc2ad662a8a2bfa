"""What the page's script works with: every entry and every story in numbers, and all fields of events.

Of stories that do not stand in the page the script makes their elements when they come into view. Texts are kept once
and told by number, names of fields once a shape, clauses once a way in which a rule fired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from comtrap.normalise import document as documents
from comtrap.sinks.fields import FIELDS as SHOWN
from comtrap.sinks.html.room import LONGEST
from comtrap.sinks.html.text import COMMON, shown
from comtrap.sinks.html.view import CLAUSES, EVENTS, TELLING, place, reasons
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from comtrap.alerts.alert import Alert, Evidence
    from comtrap.rules.rule import Technique
    from comtrap.sinks.html.room import Room
    from comtrap.sinks.html.stories import Around, NodeView, Story
    from comtrap.sinks.html.view import Entry

FIELDS = 250  # of one event
_ESCAPES = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
_NAMES = frozenset({"comtrap.source", *(name for _, names in SHOWN for name in names)})
_KEPT = frozenset({str, int})  # types of values of which what is shown is kept
_Wanted: TypeAlias = "Mapping[str, Sequence[str]]"


class Data:
    """Filled entry by entry, in any order."""

    def __init__(self, hosts: Sequence[str], around: Around, entries: int, room: Room) -> None:
        """Args: hosts: by number. entries: how many there will be. room: what the data may take."""
        rules = around.rules
        self.hosts = list(hosts)
        self.techniques: list[Technique] = _techniques(around)
        self._around = around
        self._rule = {rule.id: number for number, rule in enumerate(rules)}
        self._named_rule = {rule.name: number for number, rule in reversed(list(enumerate(rules)))}
        self._objects = {name: number for number, name in enumerate(around.objects)}
        self._entries: list[list[Any]] = [[] for _ in range(entries)]
        self._stories: dict[int, list[Any]] = {}
        self._texts: dict[str, int] = {"": 0}
        self._seen: dict[str | int, int] = {}  # values as they are in events to what is shown of them
        self._shapes: dict[tuple[int, ...], int] = {}
        self._orders: dict[tuple[str, ...], tuple[int, list[int]]] = {}  # names as they come: their shape, how to sort
        self._whys: dict[tuple[object, ...], tuple[int, _Wanted]] = {}
        self._reasons: list[list[Any]] = []
        self._forms: dict[tuple[str, str], int] = {}
        self._room = room

    def add(self, entry: Entry, alert: Alert) -> None:
        """Take in an entry, with the fields of its first alert's events, as far as there is room.

        Of each it is said which rules fired, when, how many alerts it is, where it stands, its events, whether these
        are cut short, and what else there is to say: notes, objects, the like of it.
        """
        rules = [self._rule[str(rule.id)] for rule in entry.rules]
        times = sorted({a.time_ns // 1_000_000 for a in entry.all})
        whole = self._room.fields
        kept = [e for e in alert.evidence if e.part is None][:EVENTS]
        events = [self._event(e, entry.alerts) for e in kept if self._room.values]
        row = [rules, times, len(entry.all), alert.id[:16], events, int(not (whole and self._room.fields))]
        objects = [self._objects[name] for name in entry.objects if name in self._objects]
        again = [[time_ns // 1_000_000, self._text(where)] for time_ns, where in entry.again]
        more = [[self._text(note) for note in entry.notes], objects, again]
        self._entries[entry.number] = [*row, more] if any(more) else row
        self._room.used += 48 + 14 * len(times) + 4 * len(objects) + 16 * len(again)

    def tell(self, place: int, host: int, first: int, count: int) -> None:
        """Take in a story: its place, the number of its host, its first entry, how many it has."""
        self._stories[place] = [host, first, count]

    def draw(self, place: int, story: Story) -> None:
        """Take in what the script shows of a story that does not stand in the page."""
        questions = [[self._form(q.form), *map(self._text, q.values)] for q in story.questions]
        roots = [self._node(n) for n in story.roots]
        title = self._named_rule[story.title]
        self._room.used += 50
        self._stories[place] += [
            title, story.began // 1_000_000, self._text(story.span), roots, story.more_nodes, questions
        ]  # fmt: skip

    def json(self) -> str:
        """The data as JSON that may stand in a ``script`` element."""
        hunts = self._around.hunts
        places = {technique.id: number for number, technique in enumerate(self.techniques)}
        rules = [
            [
                int(rule.severity),
                rule.name,
                rule.anchor,
                [places[t.id] for t in rule.techniques],
                [number for number, hunt in enumerate(hunts) if rule.behaviour in hunt.behaviours],
            ]
            for rule in self._around.rules
        ]
        said: Mapping[str, Any] = {
            "hosts": self.hosts,
            "rules": rules,
            "techniques": [f"{t.id} {t.name}" for t in self.techniques],
            "hunts": [[hunt.title, hunt.anchor] for hunt in hunts],
            "objects": list(self._around.objects.items()),
            "fields": SHOWN,
            "telling": TELLING,
            "entries": self._entries,
            "stories": [story for _, story in sorted(self._stories.items())],
            "texts": list(self._texts),
            "shapes": list(self._shapes),
            "whys": self._reasons,
            "forms": list(self._forms),
        }
        text = orjson.dumps(said).decode()
        for character, escape in _ESCAPES.items():
            text = text.replace(character, escape)
        return text

    def _text(self, text: str) -> int:
        number = self._texts.get(text)
        if number is None:
            number = self._texts[text] = len(self._texts)
            self._room.used += len(orjson.dumps(text)) + 1
            if "<" in text or ">" in text or "&" in text:
                self._room.used += 5 * sum(map(text.count, "<>&"))
        self._room.used += 6
        return number

    def _form(self, form: tuple[str, str]) -> int:
        return self._forms.setdefault(form, len(self._forms))

    def _event(self, evidence: Evidence, alerts: Sequence[Alert]) -> list[Any]:
        """The number of a shape (the names of an event's fields), why, stage, time, path, place, then the values."""
        why, wanted = self._why(evidence, alerts)
        leaves: list[tuple[str, Any]] = []
        _gather(evidence.event, "", leaves)
        full = self._room.fields
        if not full:
            leaves = [leaf for leaf in leaves if leaf[0] in _NAMES or leaf[0] in wanted]
        names = tuple([name for name, _ in leaves])
        shape, order = self._orders.get(names) or self._shape(names)
        self._room.used += 40
        path, mark = place(evidence)
        out = [shape, why, evidence.stage + 1, evidence.time_ns // 1_000_000, self._text(path), self._text(mark)]
        if full:
            seen = self._seen
            for at in order:
                name, value = leaves[at]
                if type(value) is list and len(value) == 1:
                    value = value[0]  # shown as what it holds
                number = seen.get(value) if type(value) in _KEPT else None
                out.append(self._value(value, wanted.get(name, ())) if number is None else number)
            self._room.used += 6 * len(order)
        else:
            longest = self._room.values
            out += [self._text(shown(leaves[at][1], longest, wanted.get(leaves[at][0], ()))) for at in order]
        return out

    def _value(self, value: Any, wanted: Sequence[str]) -> int:
        if type(value) is int:
            text = str(value)
        elif type(value) is not str or len(value) > COMMON or len(text := plain(value)) > LONGEST:
            return self._text(shown(value, LONGEST, wanted))
        number = self._seen[value] = self._text(text)
        return number

    def _shape(self, names: tuple[str, ...]) -> tuple[int, list[int]]:
        order = sorted(range(len(names)), key=names.__getitem__)[:FIELDS]
        shape = tuple(self._text(shown(names[at], 200)) for at in order)
        number = self._shapes.setdefault(shape, len(self._shapes))
        self._orders[names] = number, order
        return number, order

    def _why(self, evidence: Evidence, alerts: Sequence[Alert]) -> tuple[int, _Wanted]:
        """The number of what is said of why, and by field what was looked for."""
        clauses = [c for a in alerts for c in a.why.clauses if c.stage == evidence.stage]
        key = tuple([(c.held or c.text, *c.values) for c in clauses])
        if key not in self._whys:
            telling, wanted = reasons(clauses)
            said = [self._text(shown(text, LONGEST)) for text in telling[:CLAUSES]]
            looked = [[self._text(shown(name, 200)), [p[:LONGEST] for p in of]] for name, of in wanted.items()]
            self._room.used += 20 + len(orjson.dumps(looked))
            self._whys[key] = len(self._reasons), wanted
            self._reasons.append([said, looked])
        return self._whys[key]

    def _node(self, node: NodeView) -> list[Any]:
        text = self._text
        texts = [text(node.kind), text(node.edge), text(node.folder), text(node.base), text(node.said), text(node.user)]
        worst = 0 if node.worst is None else int(node.worst)
        below = [self._node(child) for child in node.children]
        self._room.used += 20
        return [*texts, text(node.by), int(node.com), node.number, worst, node.hits, text(node.anchor), below]


def _gather(node: Mapping[str, Any], path: str, out: list[tuple[str, Any]]) -> None:
    """Dotted names and values; of objects in lists, their fields with the values of all."""
    for key, value in node.items():
        name = path + key
        if type(value) is str:
            if path or key[:1] != "_":
                out.append((name, value))
        elif key[:1] == "_" and not path:
            continue
        elif isinstance(value, dict):
            _gather(value, name + ".", out)
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            out += documents.flatten({name: value}).items()
        else:
            out.append((name, value))


def _techniques(around: Around) -> list[Technique]:
    found = {t.id: t for rule in around.rules for t in rule.techniques}
    return [found[name] for name in sorted(found)]
