"""What the page's script works with: which entry is of which host, rule, technique and time, and all fields of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from comtrap.normalise import document as documents
from comtrap.sinks.html.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.rules.rule import Technique
    from comtrap.sinks.html.room import Room
    from comtrap.sinks.html.rules import RuleView
    from comtrap.sinks.html.view import Entry

LONGEST = 1_000  # characters of one value
FIELDS = 250  # of one event
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


class Data:
    """Filled entry by entry. Texts are kept once and told by number."""

    def __init__(self, hosts: Sequence[str], rules: Sequence[RuleView]) -> None:
        """Args: hosts: names by number. rules: by number."""
        self.hosts = list(hosts)
        self._rules = {rule.id: number for number, rule in enumerate(rules)}
        self.techniques: list[Technique] = _techniques(rules)
        self._technique = {t.id: n for n, t in enumerate(self.techniques)}
        self._severities = [int(rule.severity) for rule in rules]
        self._entries: list[list[Any]] = []
        self._names: dict[str, int] = {}
        self._values: dict[str, int] = {}
        self._events: list[list[list[int]]] = []

    def add(self, entry: Entry, host: int, room: Room) -> None:
        """Take in the next entry; its events only while there is room."""
        rules = [self._rules[str(rule.id)] for rule in entry.rules]
        techniques = sorted({self._technique[t.id] for rule in entry.rules for t in rule.techniques})
        times = sorted({a.time_ns // 1_000_000 for a in entry.all})
        self._entries.append([host, rules, techniques, times, len(entry.all)])
        kept = [e for e in entry.alerts[0].evidence if e.part is None][:12] if room.whole else []
        events = [self._flat(e.event, room) for e in kept]
        self._events.append(events)

    def json(self) -> str:
        """The data as JSON that may stand in a ``script`` element."""
        said = {
            "hosts": self.hosts,
            "severities": self._severities,
            "entries": self._entries,
            "names": list(self._names),
            "values": list(self._values),
            "events": self._events,
        }
        return orjson.dumps(said).decode().translate(_ESCAPES)

    def _flat(self, event: Any, room: Room) -> list[int]:
        out: list[int] = []
        flat = documents.flatten({k: v for k, v in event.items() if not k.startswith("_")})
        for name, value in list(flat.items())[:FIELDS]:
            for table, text, longest in ((self._names, name, 200), (self._values, value, LONGEST)):
                said = shown(text, longest)
                if said not in table:
                    table[said] = len(table)
                    room.used += len(said.translate(_ESCAPES).encode()) + 3
                out.append(table[said])
        room.used += len(out) * 5
        return out


def _techniques(rules: Sequence[RuleView]) -> list[Technique]:
    found = {t.id: t for rule in rules for t in rule.techniques}
    return [found[name] for name in sorted(found)]
