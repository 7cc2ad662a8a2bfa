"""An alert as one JSON object, in the shape of Elastic Security's own alert documents.

ECS fields are nested; what stands below ``kibana.alert.`` and ``comtrap.`` has flat, dotted keys. Two things differ from
what a running Kibana would write, so that two scans of the same logs give the same text: ``@timestamp`` is the time of
the last event, not of the scan; and what only a server knows (space, execution, who made the rule and when) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from comtrap.alerts.reason import reason
from comtrap.execute.text import moment
from comtrap.lang import ast
from comtrap.rules.attack import technique_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from comtrap.alerts.alert import Alert, Evidence, Suppressed
    from comtrap.rules.rule import Rule

_OURS = {"comtrap", "_index", "_id", "_source"}


@dataclass(frozen=True, slots=True)
class _Told:
    """What every alert of a rule says of it, made once: it is most of what an alert says."""

    rule: Rule
    values: Mapping[str, Any]
    texts: Mapping[str, orjson.Fragment]


_TOLD: dict[UUID, _Told] = {}  # by rule id; holds for its rule only


def document(alert: Alert) -> dict[str, Any]:
    """The alert; of a sequence, the one that stands for it as a whole, with what its events share."""
    events = _events(alert)
    out = _signal(alert, common(alert), events[-1])
    out["kibana.alert.uuid"] = alert.id
    out["kibana.alert.depth"] = 1
    out["kibana.alert.ancestors"] = [_ancestor(e) for e in events]
    if _grouped(alert):
        blocks = building_blocks(alert)
        out["kibana.alert.depth"] = 2
        out["kibana.alert.ancestors"] += [
            {"id": b["kibana.alert.uuid"], "type": "signal", "index": "", "depth": 1, "rule": str(alert.rule.id)}
            for b in blocks
        ]
        out["kibana.alert.group.id"] = _group(alert)
    if alert.suppressed is not None:
        out |= _suppression(alert.suppressed)
    out["comtrap.count"] = alert.count
    out["comtrap.evidence"] = [_evidence(e) for e in alert.evidence]
    out["comtrap.why"] = {
        "clauses": [
            {"stage": c.stage, "clause": c.text, "held": c.held or c.text, "values": dict(c.values)}
            for c in alert.why.clauses
        ],
        "objects": [dict(o) for o in alert.why.objects],
    }
    return out


def line(document: dict[str, Any], rule: Rule) -> bytes:
    """A document of this module, which is taken over, as JSON and a line feed; what is said of its rule is written once."""
    document |= _of_rule(rule).texts  # where they are already: the order stays
    return orjson.dumps(document, default=str, option=orjson.OPT_APPEND_NEWLINE)


def building_blocks(alert: Alert) -> list[dict[str, Any]]:
    """The alerts of the single events of a sequence, which Elastic writes beside the one that stands for all."""
    out = []
    for place, evidence in enumerate(_events(alert) if _grouped(alert) else ()):
        block = _signal(alert, evidence.event, evidence)
        block["kibana.alert.uuid"] = sha256(f"{alert.id}\n{place}\n{evidence.id}".encode()).hexdigest()
        block["kibana.alert.depth"] = 1
        block["kibana.alert.ancestors"] = [_ancestor(evidence)]
        block["kibana.alert.building_block_type"] = "default"
        block["kibana.alert.group.id"] = _group(alert)
        block["kibana.alert.group.index"] = place
        block["comtrap.evidence"] = [_evidence(e) for e in alert.evidence if e.stage == evidence.stage]
        out.append(block)
    return out


def common(alert: Alert) -> Mapping[str, Any]:
    """The event of an alert; of a sequence, what its events share."""
    found: Mapping[str, Any] = reduce(shared, (e.event for e in _events(alert)))
    return found


def shared(one: Any, other: Any) -> Any:
    """What two documents agree on: equal values, and what their lists have in common; None for nothing."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = {key: shared(one[key], other[key]) for key in one if key in other}
        return {key: value for key, value in both.items() if value is not None and value not in ({}, [])}
    if isinstance(one, list) and isinstance(other, list):
        return [value for value in one if value in other]
    return one if one == other else None


def _signal(alert: Alert, event: Mapping[str, Any], last: Evidence) -> dict[str, Any]:
    """What a single event's alert and a sequence's have in common."""
    rule = alert.rule
    of_event = event.get("event")
    original = of_event if isinstance(of_event, dict) else {}
    out: dict[str, Any] = {key: value for key, value in event.items() if key not in _OURS}
    out["@timestamp"] = moment(last.time_ns)
    out["event"] = original | {"kind": "signal"}
    out |= {f"kibana.alert.original_event.{key}": value for key, value in original.items()}
    out |= {
        "kibana.alert.original_time": moment(last.time_ns),
        "kibana.alert.reason": reason(rule, event),
        "kibana.alert.severity": rule.severity.word,
        "kibana.alert.risk_score": rule.risk_score,
        "kibana.alert.status": "active",
        "kibana.alert.workflow_status": "open",
        "kibana.alert.workflow_tags": [],
        "kibana.alert.workflow_assignee_ids": [],
        "kibana.space_ids": ["default"],
    }
    out |= _of_rule(rule).values
    out |= dict(_dotted("comtrap", event.get("comtrap", {})))
    return out


def _suppression(suppressed: Suppressed) -> dict[str, Any]:
    return {
        "kibana.alert.suppression.terms": [dict(term) for term in suppressed.terms],
        "kibana.alert.suppression.start": moment(suppressed.began_ns),
        "kibana.alert.suppression.end": moment(suppressed.ended_ns),
        "kibana.alert.suppression.docs_count": suppressed.count,
    }


def _of_rule(rule: Rule) -> _Told:
    known = _TOLD.get(rule.id)
    if known is None or known.rule is not rule:
        values = {f"kibana.alert.rule.{key}": value for key, value in _rule(rule).items()}
        texts = {key: orjson.Fragment(orjson.dumps(value, default=str)) for key, value in values.items()}
        known = _TOLD[rule.id] = _Told(rule, values, texts)
    return known


def _rule(rule: Rule) -> dict[str, Any]:
    said = {
        "name": rule.name,
        "description": rule.description,
        "author": list(rule.author),
        "severity": rule.severity.word,
        "severity_mapping": [],
        "risk_score": rule.risk_score,
        "risk_score_mapping": [],
        "false_positives": list(rule.false_positives),
        "references": list(rule.references),
        "tags": list(rule.tags),
        "threat": threat(rule),
        "note": rule.note,
        "from": rule.lookback,
        "to": "now",
        "interval": rule.interval,
        "max_signals": rule.max_signals,
        "exceptions_list": [],
        "immutable": False,
        "license": "Apache-2.0",
        "version": rule.version,
        "type": "eql",
    }
    return {
        "category": "Event Correlation Rule",
        "consumer": "siem",
        "producer": "siem",
        "rule_type_id": "siem.eqlRule",
        "uuid": str(rule.id),
        "rule_id": str(rule.id),
        "enabled": True,
        "indices": list(rule.index),
        "actions": [],
        "parameters": said
        | {"rule_id": str(rule.id), "index": list(rule.index), "language": "eql", "query": rule.text},
        **said,
    }


def threat(rule: Rule) -> list[dict[str, Any]]:
    """The rule's ATT&CK techniques by tactic, as Kibana has them: a sub-technique stands below its technique."""
    tactics: dict[str, dict[str, Any]] = {}
    for technique in rule.techniques:
        tactic = tactics.setdefault(
            technique.tactic,
            {
                "framework": "MITRE ATT&CK",
                "tactic": _attack("tactics", technique.tactic, technique.tactic_name),
                "technique": [],
            },
        )
        parent, _, sub = technique.id.partition(".")
        known = next((t for t in tactic["technique"] if t["id"] == parent), None)
        if known is None:
            known = _attack("techniques", parent, technique_name(parent) or technique.name) | {"subtechnique": []}
            tactic["technique"].append(known)
        if sub:
            known["subtechnique"].append(_attack("techniques", technique.id, technique.name))
    return list(tactics.values())


def _attack(kind: str, number: str, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "reference": f"https://attack.mitre.org/{kind}/{number.replace('.', '/')}/"}


def _dotted(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _dotted(f"{path}.{key}", inner)
    else:
        yield path, value


def _events(alert: Alert) -> Sequence[Evidence]:
    return [e for e in alert.evidence if e.part is None]


def _grouped(alert: Alert) -> bool:
    return not isinstance(alert.rule.query.body, ast.EventQuery)


def _group(alert: Alert) -> str:
    return sha256(f"group\n{alert.id}".encode()).hexdigest()


def _ancestor(evidence: Evidence) -> dict[str, Any]:
    return {"id": evidence.id, "type": "event", "index": evidence.index, "depth": 0}


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
        "event": {key: value for key, value in evidence.event.items() if not key.startswith("_")},
    }
    return said if evidence.part is None else said | {"part": evidence.part}
