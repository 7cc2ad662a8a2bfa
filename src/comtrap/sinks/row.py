"""An alert as one flat row, for tables and timelines: the same columns whatever the rule and the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from comtrap.alerts.document import common
from comtrap.alerts.reason import reason
from comtrap.execute.text import moment
from comtrap.normalise import document as documents
from comtrap.sinks.fields import FIELDS
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from comtrap.alerts.alert import Alert, Clause, Evidence

LONGEST = 8_192  # characters of a value; the rest is in the record
"""What a cell holds at most; a spreadsheet takes 32,767."""

Cell: TypeAlias = str | int | None

_SHOWN = dict(FIELDS)
_DOMAIN, _USER = _SHOWN["user"]
_FIELDS = {
    "user": (_USER,),
    "user_domain": (_DOMAIN,),
    "process": _SHOWN["process"],
    "process_id": ("process.pid",),
    "command_line": _SHOWN["command"],
    "decoded_command": _SHOWN["decoded"],
    "parent": _SHOWN["parent"],
    "parent_command_line": _SHOWN["by"],
    "registry_path": _SHOWN["registry"],
    "registry_data": _SHOWN["data"],
    "library": _SHOWN["library"],
    "file": _SHOWN["file"],
    "task": _SHOWN["task"],
    "source_ip": _SHOWN["from"],
    "destination_ip": _SHOWN["to"],
    "script": (*_SHOWN["script"], *_SHOWN["buffer"]),
    "class_id": _SHOWN["class"],
}
"""Columns that are fields of the event: the first of these that has a value."""

COLUMNS = (
    "time",
    "severity",
    "risk_score",
    "rule",
    "reason",
    "techniques",
    "host",
    *_FIELDS,
    "objects",
    "why",
    "channel",
    "event_code",
    "record_id",
    "path",
    "member",
    "position",
    "events",
    "count",
    "rule_id",
    "alert_id",
)
"""The columns, in order. New ones come last; none changes its meaning or goes away within a major version."""


TELLING = (
    "command_line",
    "registry_path",
    "library",
    "file",
    "task",
    "script",
    "process",
    "destination_ip",
    "source_ip",
)
"""The columns that say most of an event, best first."""


def row(alert: Alert) -> dict[str, Cell]:
    """An alert under `COLUMNS`; null where nothing is known. Of a sequence, each field is that of its last event that has it."""
    events = [e for e in alert.evidence if e.part is None]
    return _row(alert, events, alert.why.clauses) | {"reason": _text(reason(alert.rule, common(alert)))}


def rows(alert: Alert) -> Iterable[dict[str, Cell]]:
    """The same, a row for each event of the alert, in stage order."""
    for event in (e for e in alert.evidence if e.part is None):
        held = [c for c in alert.why.clauses if c.stage == event.stage]
        yield _row(alert, [event], held) | {"reason": _text(reason(alert.rule, event.event))}


def _row(alert: Alert, events: Sequence[Evidence], clauses: Iterable[Clause]) -> dict[str, Cell]:
    rule, last = alert.rule, events[-1]
    made: dict[str, Cell] = {
        "time": moment(last.time_ns),
        "severity": rule.severity.word,
        "risk_score": rule.risk_score,
        "rule": _text(rule.name),
        "techniques": " ".join(dict.fromkeys(t.id for t in rule.techniques)),
        "host": _text(last.host),
        **{name: _of(events, fields) for name, fields in _FIELDS.items()},
        "objects": _text([o["name"] for o in alert.why.objects]),
        "why": _text(" and ".join(dict.fromkeys(c.held or c.text for c in clauses if not c.text.startswith("not ")))),
        "channel": _text(last.channel),
        "event_code": _of(events[-1:], ("event.code",)),
        "record_id": _text(last.record_id),
        "path": _text(last.path),
        "member": _text(last.member),
        "position": last.position,
        "events": len(alert.evidence),
        "count": alert.count,
        "rule_id": str(rule.id),
        "alert_id": alert.id,
    }
    return {name: made.get(name) for name in COLUMNS}


def _of(events: Sequence[Evidence], names: Iterable[str]) -> Cell:
    for event in reversed(events):
        for name in names:
            value = documents.get(event.event, name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
            if value is not None and not isinstance(value, dict) and (text := _text(value)):
                return text
    return None


def _text(value: object) -> str | None:
    """One line of visible text, cut where it is very long; None for nothing."""
    if value is None:
        return None
    # Cut before it is made plain too: a value may be megabytes.
    cut = value[: LONGEST + 1] if isinstance(value, str) else value
    text = plain(cut)
    return (text if len(text) <= LONGEST else text[: LONGEST - 1] + "…") or None
