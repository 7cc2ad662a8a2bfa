"""An alert as one JSON object, in the shape of Elastic Security's own alert documents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from comtrap.alerts.build import at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.alerts.alert import Alert, Evidence


def document(alert: Alert) -> dict[str, Any]:
    """The alert as NDJSON writes it.

    ECS fields are nested: those of the event, or what all events of a sequence share. Keys under ``kibana.alert.`` and
    ``comtrap.`` are flat and dotted. ``@timestamp`` is the time of the last event, so that two scans of the same logs
    give the same text. `docs/decisions` ("alert documents") lists where Elastic writes something else.
    """
    shared: Any = alert.evidence[0].event
    for evidence in alert.evidence[1:]:
        shared = _shared(shared, evidence.event)
    out: dict[str, Any] = {k: v for k, v in shared.items() if k not in {"comtrap", "_index", "_id"}}
    event = dict(out.get("event") or {})
    out["@timestamp"] = moment(alert.time_ns)
    out["event"] = event | {"kind": "signal"}
    out |= _kibana(alert, event)
    if "comtrap" in shared:
        out |= {f"comtrap.{k}": v for k, v in shared["comtrap"].items()}
    out["comtrap.count"] = alert.count
    out["comtrap.evidence"] = [_evidence(e) for e in alert.evidence]
    out["comtrap.why"] = {
        "clauses": [{"stage": c.stage, "clause": c.text, "values": dict(c.values)} for c in alert.why.clauses],
        "objects": [dict(o) for o in alert.why.objects],
    }
    return out


def moment(time_ns: int) -> str:
    """ISO 8601 with milliseconds, UTC."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03}Z"


def reason(alert: Alert) -> str:
    """The sentence Elastic puts on an alert; parts that are not known are left out."""
    event = alert.evidence[-1].event
    category = at(event, "event", "category")
    kind = category[0] if isinstance(category, list) and category else category
    said = [
        ("process", at(event, "process", "name")),
        ("parent process", at(event, "process", "parent", "name")),
        ("file", at(event, "file", "name")),
        ("source", _address(event, "source")),
        ("destination", _address(event, "destination")),
    ]
    things = ", ".join(f"{what} {value}" for what, value in said if value)
    user, host = at(event, "user", "name"), at(event, "host", "name")
    return " ".join(
        part
        for part in (
            f"{kind or ''} event".strip(),
            f"with {things}," if things else "",
            f"by {user}" if user else "",
            f"on {host}" if host else "",
            f"created {alert.rule.severity.word} alert {alert.rule.name}.",
        )
        if part
    )


def _kibana(alert: Alert, event: Mapping[str, Any]) -> dict[str, Any]:
    rule = alert.rule
    last = alert.evidence[-1]
    ancestors = [
        {
            "id": f"{e.path}#{e.position}" if e.record_id is None else e.record_id,
            "type": "event",
            "index": "",
            "depth": 0,
        }
        for e in alert.evidence
        if e.part is None
    ]
    said: dict[str, Any] = {
        "uuid": alert.id,
        "original_time": moment(last.time_ns),
        "original_event": dict(event.items()),
        "ancestors": ancestors,
        "depth": 1 if len(ancestors) == 1 else 2,
        "status": "active",
        "workflow_status": "open",
        "workflow_tags": [],
        "workflow_assignee_ids": [],
        "reason": reason(alert),
        "severity": rule.severity.word,
        "risk_score": rule.risk_score,
    }
    if len(ancestors) > 1:
        said["group.id"] = alert.id
    original = said.pop("original_event")
    said |= {f"original_event.{k}": v for k, v in original.items()}
    said |= {f"rule.{k}": v for k, v in _rule(alert).items()}
    return {f"kibana.alert.{k}": v for k, v in said.items()}


def _rule(alert: Alert) -> dict[str, Any]:
    rule = alert.rule
    return {
        "category": "Event Correlation Rule",
        "consumer": "siem",
        "producer": "siem",
        "rule_type_id": "siem.eqlRule",
        "type": "eql",
        "uuid": str(rule.id),
        "rule_id": str(rule.id),
        "name": rule.name,
        "description": rule.description,
        "author": list(rule.author),
        "severity": rule.severity.word,
        "risk_score": rule.risk_score,
        "false_positives": list(rule.false_positives),
        "references": list(rule.references),
        "tags": list(rule.tags),
        "indices": list(rule.index),
        "interval": rule.interval,
        "from": rule.lookback,
        "to": "now",
        "max_signals": rule.max_signals,
        "version": rule.version,
        "license": "Apache-2.0",
        "note": rule.note,
        "threat": _threat(alert),
    }


def _threat(alert: Alert) -> list[dict[str, Any]]:
    tactics: dict[str, dict[str, Any]] = {}
    for t in alert.rule.techniques:
        tactic = tactics.setdefault(
            t.tactic,
            {
                "framework": "MITRE ATT&CK",
                "tactic": {
                    "id": t.tactic,
                    "name": t.tactic_name,
                    "reference": f"https://attack.mitre.org/tactics/{t.tactic}/",
                },
                "technique": [],
            },
        )
        where = f"https://attack.mitre.org/techniques/{t.id.replace('.', '/')}/"
        tactic["technique"].append({"id": t.id, "name": t.name, "reference": where})
    return list(tactics.values())


def _evidence(evidence: Evidence) -> dict[str, Any]:
    said = {
        "path": evidence.path,
        "member": evidence.member,
        "position": evidence.position,
        "record_id": evidence.record_id,
        "channel": evidence.channel,
        "host": evidence.host,
        "@timestamp": moment(evidence.time_ns),
        "stage": evidence.stage,
        "event": evidence.event,
    }
    return said if evidence.part is None else said | {"part": evidence.part}


def _address(event: Mapping[str, Any], side: str) -> str | None:
    ip, port = at(event, side, "ip"), at(event, side, "port")
    if isinstance(ip, list):
        ip = ip[0] if ip else None
    return None if ip is None else f"{ip}:{port}" if port is not None else str(ip)


def _shared(a: Any, b: Any) -> Any:
    """What two documents agree on: equal leaves, and the elements that lists have in common."""
    if isinstance(a, dict) and isinstance(b, dict):
        both = {k: _shared(a[k], b[k]) for k in a if k in b}
        return {k: v for k, v in both.items() if v not in (None, {}, [])}
    if isinstance(a, list) and isinstance(b, list):
        return [v for v in a if v in b]
    return a if a == b else None
