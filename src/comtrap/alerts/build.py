"""Matches to alerts."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from comtrap.alerts.alert import Alert, Clause, Evidence, Why
from comtrap.alerts.explain import explain
from comtrap.events.batch import EventBatch
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from comtrap.alerts.store import Kept, Store
    from comtrap.match.hit import Match
    from comtrap.rules.rule import Rule

PARTS = ("comtrap", "powershell", "script_block_parts")


def build(rule: Rule, match: Match, store: Store) -> Alert:
    """The alert of one match: its events with all they say, why they matched, and an id that a second scan gives too."""
    evidence: list[Evidence] = []
    clauses: list[Clause] = []
    for stage, event in enumerate(match.events):
        if event is None:
            continue
        kept = store.get(event)
        first = _evidence(kept, stage)
        evidence += [first, *_parts(first, store)]
        clauses += explain(rule, stage, EventBatch(kept.frame(), telemetry()))
    name = orjson.dumps([str(rule.id), *(_identity(e) for e in evidence if e.part is None)])
    return Alert(sha256(name).hexdigest(), rule, tuple(evidence), Why(tuple(clauses)), match.key)


def merged(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts of equal ids as one with their count; sorted by time of the last event, rule id, alert id."""
    found: dict[str, Alert] = {}
    counts: dict[str, int] = {}
    for alert in alerts:
        found.setdefault(alert.id, alert)
        counts[alert.id] = counts.get(alert.id, 0) + 1
    whole = [a if counts[i] == 1 else Alert(i, a.rule, a.evidence, a.why, a.key, counts[i]) for i, a in found.items()]
    return sorted(whole, key=lambda a: (a.time_ns, str(a.rule.id), a.id))


def _evidence(kept: Kept, stage: int, part: int | None = None) -> Evidence:
    event = kept.parsed()
    record_id = at(event, "winlog", "record_id")
    return Evidence(
        path=kept.path,
        member=kept.member,
        position=kept.position,
        record_id=None if record_id is None else str(record_id),
        channel=at(event, "winlog", "channel"),
        host=at(event, "host", "name"),
        time_ns=kept.time_ns,
        stage=stage,
        event=event,
        part=part,
    )


def _parts(first: Evidence, store: Store) -> list[Evidence]:
    """The further parts of a script block that was logged in several."""
    numbers = at(first.event, *PARTS) or []
    numbers = numbers if isinstance(numbers, list) else [numbers]
    return [_evidence(store.get(int(n)), first.stage, part) for part, n in enumerate(numbers, 2)]


def _identity(evidence: Evidence) -> list[Any]:
    """What tells a record from every other, wherever its file lies."""
    event = evidence.event
    host = at(event, "host", "name") or at(event, "host", "id")
    provider = at(event, "winlog", "provider_name") or at(event, "event", "provider")
    record = evidence.record_id
    if record is None:
        own = {name: value for name, value in event.items() if name not in {"comtrap", "_index", "_id"}}
        record = sha256(orjson.dumps(own, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return [host, evidence.channel, provider, at(event, "event", "code"), evidence.time_ns, record]


def at(document: Mapping[str, Any], *path: str) -> Any:
    """The value at a path of a nested document, or None."""
    value: Any = document
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
