"""An alert as one JSON object, in the shape of Elastic Security's own alert documents.

ECS fields are nested; what stands below ``kibana.alert.`` and ``comtrap.`` has flat, dotted keys. Two things differ from
what a running Kibana would write, so that two scans of the same logs give the same text: ``@timestamp`` is the time of
the last event, not of the scan; and what only a server knows (space, execution, who made the rule and when) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from comtrap.alerts.reason import reason
from comtrap.execute.text import moment
from comtrap.lang import ast
from comtrap.rules.attack import technique_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from comtrap.alerts.alert import Alert, Clause, Evidence, Suppressed
    from comtrap.rules.rule import Rule

_T = TypeVar("_T")

_OURS = {"comtrap", "_index", "_id", "_source"}
_UUID = "kibana.alert.uuid"
_KEPT = 4096  # clauses and objects whose texts are kept


@dataclass(frozen=True, slots=True)
class _Told:
    """What every alert of a rule says of it, made once: it is most of what an alert says."""

    rule: Rule
    values: Mapping[str, Any]
    texts: Mapping[str, Any]


_TOLD: dict[int, _Told] = {}  # by what stands for a rule; holds for its rule only
_TEXTS: dict[int, tuple[object, orjson.Fragment]] = {}  # of what many alerts hold, the same way


def document(alert: Alert) -> dict[str, Any]:
    """The alert; of a sequence, the one that stands for it as a whole, with what its events share."""
    return _document(alert, _values, _clause, dict)


def lines(alert: Alert, *, blocks: bool = False) -> Iterator[tuple[str, bytes]]:
    """The same as JSON and a line feed, with its id; what many alerts say alike is written once.

    Args:
        alert: what is told.
        blocks: whether the events of a sequence get lines too, before it; see `building_blocks`.
    """
    for told in (*(_blocks(alert, _texts) if blocks else ()), _document(alert, _texts, _clause_text, _object_text)):
        yield told[_UUID], orjson.dumps(told, default=str, option=orjson.OPT_APPEND_NEWLINE)


def building_blocks(alert: Alert) -> list[dict[str, Any]]:
    """The alerts of the single events of a sequence, which Elastic writes beside the one that stands for all."""
    return _blocks(alert, _values)


def _document(
    alert: Alert,
    of_rule: Callable[[Rule], Mapping[str, Any]],
    clause: Callable[[Clause], Any],
    known: Callable[[Mapping[str, Any]], Any],
) -> dict[str, Any]:
    """An alert, of whose parts each is a value, or its text.

    Args:
        alert: what is told.
        of_rule: what is told of its rule.
        clause: of a clause that held.
        known: of an object that it names.
    """
    events = _events(alert)
    out = _signal(of_rule(alert.rule), alert.rule, common(alert), events[-1])
    out[_UUID] = alert.id
    out["kibana.alert.depth"] = 1
    out["kibana.alert.ancestors"] = [_ancestor(e) for e in events]
    if _grouped(alert):
        out["kibana.alert.depth"] = 2
        out["kibana.alert.ancestors"] += [
            {"id": _block(alert, place, e), "type": "signal", "index": "", "depth": 1, "rule": str(alert.rule.id)}
            for place, e in enumerate(events)
        ]
        out["kibana.alert.group.id"] = _group(alert)
    if alert.suppressed is not None:
        out |= _suppression(alert.suppressed)
    out["comtrap.count"] = alert.count
    out["comtrap.evidence"] = [_evidence(e) for e in alert.evidence]
    out["comtrap.why"] = {
        "clauses": [clause(each) for each in alert.why.clauses],
        "objects": [known(each) for each in alert.why.objects],
    }
    return out


def _blocks(alert: Alert, of_rule: Callable[[Rule], Mapping[str, Any]]) -> list[dict[str, Any]]:
    """See `building_blocks` and `_document`."""
    out = []
    for place, evidence in enumerate(_events(alert) if _grouped(alert) else ()):
        block = _signal(of_rule(alert.rule), alert.rule, evidence.event, evidence)
        block[_UUID] = _block(alert, place, evidence)
        block["kibana.alert.depth"] = 1
        block["kibana.alert.ancestors"] = [_ancestor(evidence)]
        block["kibana.alert.building_block_type"] = "default"
        block["kibana.alert.group.id"] = _group(alert)
        block["kibana.alert.group.index"] = place
        block["comtrap.evidence"] = [_evidence(e) for e in alert.evidence if e.stage == evidence.stage]
        out.append(block)
    return out


def _block(alert: Alert, place: int, evidence: Evidence) -> str:
    """The id of the alert of a single event of a sequence."""
    return sha256(f"{alert.id}\n{place}\n{evidence.id}".encode()).hexdigest()


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


def _signal(of_rule: Mapping[str, Any], rule: Rule, event: Mapping[str, Any], last: Evidence) -> dict[str, Any]:
    """What a single event's alert and a sequence's have in common."""
    of_event = event.get("event")
    original = of_event if isinstance(of_event, dict) else {}
    out: dict[str, Any] = {key: value for key, value in event.items() if key not in _OURS}
    out["@timestamp"] = when = moment(last.time_ns)
    out["event"] = original | {"kind": "signal"}
    for key, value in original.items():
        out[f"kibana.alert.original_event.{key}"] = value
    out["kibana.alert.original_time"] = when
    out["kibana.alert.reason"] = reason(rule, event)
    out["kibana.alert.severity"] = rule.severity.word
    out["kibana.alert.risk_score"] = rule.risk_score
    out["kibana.alert.status"] = "active"
    out["kibana.alert.workflow_status"] = "open"
    out["kibana.alert.workflow_tags"] = []
    out["kibana.alert.workflow_assignee_ids"] = []
    out["kibana.space_ids"] = ["default"]
    out |= of_rule
    _dotted(out, "comtrap", event.get("comtrap", {}))
    return out


def _suppression(suppressed: Suppressed) -> dict[str, Any]:
    return {
        "kibana.alert.suppression.terms": [dict(term) for term in suppressed.terms],
        "kibana.alert.suppression.start": moment(suppressed.began_ns),
        "kibana.alert.suppression.end": moment(suppressed.ended_ns),
        "kibana.alert.suppression.docs_count": suppressed.count,
    }


def _values(rule: Rule) -> Mapping[str, Any]:
    return _of_rule(rule).values


def _texts(rule: Rule) -> Mapping[str, Any]:
    return _of_rule(rule).texts


def _of_rule(rule: Rule) -> _Told:
    known = _TOLD.get(id(rule))
    if known is None or known.rule is not rule:
        values = {f"kibana.alert.rule.{key}": value for key, value in _rule(rule).items()}
        texts = {key: orjson.Fragment(orjson.dumps(value, default=str)) for key, value in values.items()}
        if len(_TOLD) >= _KEPT:
            _TOLD.clear()
        known = _TOLD[id(rule)] = _Told(rule, values, texts)
    return known


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "stage": clause.stage,
        "clause": clause.text,
        "held": clause.held or clause.text,
        "values": dict(clause.values),
    }


def _clause_text(clause: Clause) -> orjson.Fragment:
    return _text(clause, _clause)


def _object_text(known: Mapping[str, Any]) -> orjson.Fragment:
    return _text(known, dict)


def _text(of: _T, values: Callable[[_T], dict[str, Any]]) -> orjson.Fragment:
    """What is said of something that many alerts hold, as JSON; kept, while not too many are."""
    known = _TEXTS.get(id(of))
    if known is None or known[0] is not of:
        if len(_TEXTS) >= _KEPT:
            _TEXTS.clear()
        known = _TEXTS[id(of)] = of, orjson.Fragment(orjson.dumps(values(of), default=str))
    return known[1]


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


def _dotted(out: dict[str, Any], path: str, value: Any) -> None:
    """Add what is below an object by dotted names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _dotted(out, f"{path}.{key}", inner)
    else:
        out[path] = value


def _events(alert: Alert) -> Sequence[Evidence]:
    return [e for e in alert.evidence if e.part is None]


def _grouped(alert: Alert) -> bool:
    return not isinstance(alert.rule.query.body, ast.EventQuery)


def _group(alert: Alert) -> str:
    return sha256(f"group\n{alert.id}".encode()).hexdigest()


def _ancestor(evidence: Evidence) -> dict[str, Any]:
    known = evidence.hit_index is not None and evidence.hit_id is not None
    name, index = (evidence.hit_id, evidence.hit_index) if known else (evidence.id, evidence.index)
    return {"id": name, "type": "event", "index": index, "depth": 0}


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
    more = {"_index": evidence.hit_index, "_id": evidence.hit_id, "part": evidence.part}
    return said | {name: told for name, told in more.items() if told is not None}
