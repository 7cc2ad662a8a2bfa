"""Alerts as a report shows them: hosts, stories, entries, events; all text ready to be shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from comtrap.execute.text import moment
from comtrap.normalise import document as documents
from comtrap.sinks.fields import FIELDS
from comtrap.sinks.html.text import Piece, pieces, shown, sought
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.alerts.alert import Alert, Clause, Evidence
    from comtrap.rules.rule import Rule, Severity
    from comtrap.sinks.html.room import Room

CLAUSES = 12  # of one event that are shown
EVENTS = 12  # of one entry that are shown
AGAIN = 100  # like an entry that are listed
_LINE = 140  # characters of what an entry is about
_RECORD = 60  # characters of a record's number
_PATHS = 300  # characters of a place in a file


@dataclass(frozen=True, slots=True)
class Field:
    """A word, the field it stands for, and its value in pieces."""

    label: str
    name: str
    value: list[Piece]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an entry.

    Attributes:
        stage: its number where the rule is a sequence, from 1; else None.
        why: the clauses that say something, in pieces.
        fields: what people look at first, then what else the clauses rest on.
        where: the record's place.
    """

    stage: int | None
    time_ns: int
    why: list[list[Piece]]
    fields: list[Field]
    where: str
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Alerts of the same events, and those like them, as one item of a story.

    Attributes:
        number: its place in the report.
        alerts: those of the first events, worst rule first.
        line: what it is about, in a few words.
        where: the place of the event that completed it.
        stands_for: alerts that were suppressed for it.
        again: when and where the like of it happened.
        notes: what else there is to say, in sentences.
        all: the alerts of the entry, those like the first included.
    """

    number: int
    alerts: Sequence[Alert]
    line: str
    where: str
    events: list[Event]
    objects: list[str]
    again: list[tuple[int, str]]
    notes: list[str]
    all: Sequence[Alert] = field(default=(), repr=False)

    @property
    def rules(self) -> list[Rule]:
        """What fired, worst first."""
        return list({a.rule.id: a.rule for a in self.alerts}.values())

    @property
    def severity(self) -> Severity:
        """The worst of them."""
        return max(a.rule.severity for a in self.alerts)

    @property
    def time_ns(self) -> int:
        """When it was complete."""
        return self.alerts[0].time_ns


def groups(story: Sequence[Alert]) -> list[list[list[Alert]]]:
    """The alerts of a story: those of the same events together, and like beside like; in order of the first."""
    together: dict[tuple[str, ...], list[Alert]] = {}
    for alert in story:
        together.setdefault(tuple(e.id for e in alert.evidence), []).append(alert)
    if len(together) == 1:
        return [list(together.values())]
    alike: dict[tuple[object, ...], list[list[Alert]]] = {}
    for group in together.values():
        likeness = tuple(
            shown(value, 200) for e in group[0].evidence for word, _, value in picked(e) if word not in _ONLY_SOME
        )
        alike.setdefault((tuple(str(a.rule.id) for a in group), likeness), []).append(group)
    return list(alike.values())


_ONLY_SOME = {"user", "parent", "by"}  # two sources that write down one thing tell these each in their way


def entry(number: int, alike: Sequence[Sequence[Alert]], room: Room, *, whole: bool = True) -> Entry:
    """One item of a story; its line and its events only if it is to stand in the page as a whole."""
    first = worst_first(alike[0])
    evidence = [e for e in first[0].evidence if e.part is None]
    staged = len({e.stage for e in evidence}) > 1
    events = [_event(e, first, room, staged=staged) for e in evidence[:EVENTS]] if whole else []
    abused = [o for o in first[0].why.objects if o.get("use") not in {"ordinary", "context"}]
    return Entry(
        number=number,
        alerts=first,
        line=_line(evidence[-1], first) if whole else "",
        where=_where(evidence[-1], _PATHS if room.values else 80),
        events=events,
        objects=[str(o["name"]) for o in abused or first[0].why.objects] if room.values else [],
        again=[(g[0].time_ns, _where(g[0].evidence[0], _PATHS)) for g in alike[1 : 1 + AGAIN]] if room.values else [],
        notes=_notes(alike, len(evidence) - EVENTS),
        all=[alert for group in alike for alert in group],
    )


def _notes(alike: Sequence[Sequence[Alert]], more: int) -> list[str]:
    copies = alike[0][0].count
    stands_for = sum(a.suppressed.count for group in alike for a in group if a.suppressed is not None)
    out = [f"{more:,} event{'s' * (more != 1)} not shown; --format ndjson has all."] if more > 0 else []
    out += [f"The input has this {copies:,} times."] if copies > 1 else []
    if stands_for:
        out.append(f"It stands for {stands_for:,} alert{'s' * (stands_for != 1)} that were suppressed.")
    return out


def worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    """Alerts in the order an entry names them."""
    return sorted(alerts, key=lambda a: (-a.rule.severity, a.rule.name, str(a.rule.id)))


def picked(evidence: Evidence) -> Iterator[tuple[str, str, Any]]:
    """Word, field and value of what people look at first, as far as the event has it; no value twice."""
    seen: set[str] = set()
    for word, names in FIELDS:
        if word == "user":
            parts = [str(v) for name in names if (v := _value(evidence.event, name))]
            found: tuple[str, Any] = (names[-1], "\\".join(parts))
        else:
            found = next(((name, v) for name in names if (v := _value(evidence.event, name))), ("", ""))
        if found[1] and (key := str(found[1])[:400]) not in seen:
            seen.add(key)
            yield word, *found


def _event(evidence: Evidence, alerts: Sequence[Alert], room: Room, *, staged: bool) -> Event:
    clauses = [c for a in alerts for c in a.why.clauses if c.stage == evidence.stage]
    telling, pieces_of = reasons(clauses)
    fields, taken = [], set()
    for word, name, value in picked(evidence):
        wanted = pieces_of.get(name, ())
        taken |= {name} if word != "user" else {"user.name", "user.domain"}
        fields.append(Field(word, name, pieces(shown(value, room.values, wanted), wanted)))
    for name, wanted in pieces_of.items():
        if name not in taken and not name.startswith("event.") and (value := _value(evidence.event, name)):
            fields.append(Field("", name, pieces(shown(value, room.values, wanted), wanted)))
    return Event(
        stage=evidence.stage + 1 if staged else None,
        time_ns=evidence.time_ns,
        why=[pieces(shown(text, room.values), ()) for text in telling[:CLAUSES]],
        fields=fields,
        where=_where(evidence, _PATHS),
        source=plain(_value(evidence.event, "comtrap.source") or "")[:40],
    )


def reasons(clauses: Sequence[Clause]) -> tuple[list[str], Mapping[str, list[str]]]:
    """The clauses that say something, and by field the texts that they look for."""
    return list(dict.fromkeys(c.held or c.text for c in clauses if _tells(c))), _sought(clauses)


def _sought(clauses: Sequence[Clause]) -> Mapping[str, list[str]]:
    """By field, the texts that clauses about it look for."""
    out: dict[str, list[str]] = {}
    for clause in clauses:
        if _tells(clause):
            for name in clause.values:
                mine = out.setdefault(name, [])
                mine += [p for p in sought((clause.held or clause.text)[:4_000]) if p not in mine]
    return out


def _tells(clause: Clause) -> bool:
    """Whether a clause says more than which kind of event the rule is about, or what it was not."""
    return not clause.text.startswith("not ") and any(not name.startswith("event.") for name in clause.values)


def _line(evidence: Evidence, alerts: Sequence[Alert]) -> str:
    found = {word: value for word, _, value in picked(evidence)}
    what = next((found[w] for w in TELLING if w in found), "")
    if isinstance(what, str) and len(what) <= _LINE:
        return shown(what, _LINE)
    return shown(what, _LINE, [p for mine in _sought(alerts[0].why.clauses).values() for p in mine])


TELLING = ("decoded", "registry", "library", "task", "script", "buffer", "command", "file", "to", "from", "process")


def _where(evidence: Evidence, longest: int) -> str:
    return shown(" ".join(_place(evidence)), longest)


def place(evidence: Evidence) -> tuple[str, str]:
    """Where a record is: its file, and its place there."""
    path, record = _place(evidence)
    return shown(path, _PATHS), shown(record, _RECORD)


def _place(evidence: Evidence) -> tuple[str, str]:
    path = evidence.path if evidence.member is None else f"{evidence.path}!{evidence.member}"
    record = "" if evidence.record_id is None else f", record {evidence.record_id}"
    return path, f"{evidence.spot}{record}"


def _value(event: Mapping[str, Any], name: str) -> Any:
    value = documents.get(event, name)
    return None if isinstance(value, dict) or value in ("", []) else value


def severities(alerts: Sequence[Alert]) -> list[tuple[Severity, int]]:
    """How many of each, worst first."""
    counted = Counter(a.rule.severity for a in alerts)
    return sorted(counted.items(), reverse=True)


def clock(time_ns: int) -> str:
    """The time of day, UTC."""
    return moment(time_ns)[11:23]


def day(time_ns: int) -> str:
    """The date, UTC."""
    return moment(time_ns)[:10]
