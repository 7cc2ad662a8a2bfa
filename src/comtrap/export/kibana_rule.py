"""A rule as Kibana's detection engine takes it.

Source: the rule schema of Kibana's detection engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from comtrap.alerts.document import threat
from comtrap.export.elastic_query import OURS, elastic_query
from comtrap.export.target import NoFormError
from comtrap.lang import ast
from comtrap.lang.parse import parse
from comtrap.lang.walk import walk
from comtrap.rules.attack import VERSIONS, in_version
from comtrap.rules.investigation import investigation
from comtrap.rules.paragraphs import flowing
from comtrap.rules.suppression import in_units
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from comtrap.rules.rule import Rule, Technique

MARK = "Managed by: comtrap"
BEHAVIOUR, TACTIC, DATA, GUIDE = "Behaviour: ", "Tactic: ", "Data Source: ", "Resources: Investigation Guide"
DATA_SOURCES: Mapping[str, str] = {
    "sysmon": "Sysmon",
    "endpoint": "Elastic Defend",
    "security": "Windows Security Event Logs",
    "powershell": "PowerShell Logs",
    "system": "Windows System Event Logs",
    "taskscheduler": "Windows Task Scheduler Event Logs",
    "wmi": "Windows WMI Activity Event Logs",
}
"""What a rule's source is called in a tag."""

_PACKAGES = {"endpoint": "endpoint", "windows": "windows", "system": "system", "winlog": "winlog"}
_TIMELINES = {
    "process": ("e70679c2-6cde-4510-9764-4823df18f7db", "Comprehensive Process Timeline"),
    "registry": ("3e47ef71-ebfc-4520-975c-cb27fc090799", "Comprehensive Registry Timeline"),
}
_SINCE = {"related_integrations": (8, 3), "required_fields": (8, 3), "setup": (8, 3), "investigation_fields": (8, 11)}
_SUPPRESSION, _OF_SEQUENCES = (8, 14), (8, 18)
_LATER_ATTACK = (9, 5)  # the first stack whose rules are of ATT&CK 19


@dataclass(frozen=True, slots=True)
class Options:
    """What an export depends on besides the rules.

    Attributes:
        stack: version of the Elastic Stack, major and minor; fields that came later are left out, and techniques are named
            as the ATT&CK of that time does.
        index: pairs of a pattern, and what to write for the index patterns like it; where there are pairs, others are left
            out. An empty text keeps the pattern as it is.
        data_view: id of the data view that rules read instead of index patterns.
        enabled: whether rules run once they are imported.
        mark: the tag by which rules and exceptions are known as ours.
    """

    stack: tuple[int, int] = (9, 0)
    index: tuple[tuple[str, str], ...] = ()
    data_view: str = ""
    enabled: bool = False
    mark: str = MARK


_DEFAULT = Options()


def kibana_rule(rule: Rule, options: Options = _DEFAULT) -> dict[str, Any]:
    """A rule as Kibana's detection engine takes it, without references to exceptions.

    Raises:
        NoFormError: in Elasticsearch it could not find anything, or it reads no index that is asked for.
    """
    query, guide = elastic_query(rule), investigation(rule)
    rule = replace(rule, techniques=_techniques(rule, options))
    found: dict[str, Any] = {
        "rule_id": str(rule.id),
        "type": "eql",
        "language": "eql",
        "name": rule.name,
        "description": flowing(rule.description),
        "risk_score": rule.risk_score,
        "severity": rule.severity.word,
        "enabled": options.enabled,
        "version": rule.version,
        **_reads(rule, options),
        "query": query,
        "interval": rule.interval,
        "from": rule.lookback,
        "to": "now",
        "max_signals": rule.max_signals,
        "author": list(rule.author),
        "tags": tags(rule, options.mark),
        "threat": list(_threat(rule)),
        "references": list(rule.references),
        "false_positives": list(rule.false_positives),
        "note": guide,
        "setup": flowing(rule.setup),
        "investigation_fields": {"field_names": [name for name in rule.highlighted if not name.startswith(OURS)]},
        "related_integrations": [{"package": name, "version": least} for name, least in _integrations(rule, options)],
        "required_fields": list(_required(query)),
        "risk_score_mapping": [],
        "severity_mapping": [],
        **_by_category(rule),
        **_suppressed(rule),
        **rule.kibana,
    }
    if rule.author == ("comtrap",):
        found.setdefault("license", "Apache-2.0")
    found["actions"] = [_action(action) for action in found.get("actions", ())]
    return _fitting(found, rule, options)


def tags(rule: Rule, mark: str) -> list[str]:
    """The rule's own tags, then those that say what else the rule says; none twice."""
    sources = [f"{DATA}{DATA_SOURCES[source]}" for source in rule.sources]
    tactics = [f"{TACTIC}{technique.tactic_name}" for technique in rule.techniques]
    guide = [GUIDE] if investigation(rule) else []
    return list(dict.fromkeys([*rule.tags, *sources, *tactics, *guide, f"{BEHAVIOUR}{rule.behaviour}", mark]))


def _reads(rule: Rule, options: Options) -> dict[str, Any]:
    if options.data_view:
        return {"data_view_id": options.data_view}
    found = list(_indices(rule, options))
    if not found:
        raise NoFormError(f"it reads {', '.join(rule.index)}, and none of these is asked for")
    return {"index": list(dict.fromkeys(found))}


def _indices(rule: Rule, options: Options) -> Iterator[str]:
    for pattern in rule.index:
        likes = [name or pattern for like, name in options.index if fnmatchcase(pattern, like)]
        yield from likes if options.index else [pattern]


def _integrations(rule: Rule, options: Options) -> list[tuple[str, str]]:
    """The packages of Elastic's that ship what the rule reads, and from which version on."""
    if options.data_view:
        kept = list(rule.index)
    else:
        kept = [p for p in rule.index if not options.index or any(fnmatchcase(p, like) for like, _ in options.index)]
    names = (_PACKAGES.get(one.removeprefix("logs-").partition(".")[0]) for one in kept if one.startswith("logs-"))
    return [(name, ">=8.0.0" if name == "endpoint" else ">=1.0.0") for name in dict.fromkeys(names) if name]


def _required(query: str) -> Iterator[dict[str, str]]:
    """The fields that an index must have for the query to run; those written with a question mark it may lack."""
    schema, body = telemetry(), parse(query).body
    found: dict[str, bool] = {}
    for field in fields_of(body):
        found[field.name] = found.get(field.name, False) or not field.optional
    for name in sorted(name for name, needed in found.items() if needed):
        known = schema.get(name)
        yield {"name": name, "type": (known.written if known is not None else "") or "keyword"}


def fields_of(body: ast.EventQuery | ast.Sequence | ast.Sample) -> Iterator[ast.Field]:
    """The fields that a query names, keys included."""
    match body:
        case ast.EventQuery():
            yield from (node for node in walk(body.condition) if isinstance(node, ast.Field))
        case ast.Sequence() | ast.Sample():
            yield from body.by
            until = body.until if isinstance(body, ast.Sequence) else None
            for stage in (*body.stages, *([until] if until is not None else [])):
                yield from stage.by
                yield from fields_of(stage.query)


def _by_category(rule: Rule) -> dict[str, Any]:
    """When an event counts as seen, and the timeline that shows what is around it.

    The time of arrival catches events that come late. A sequence is ordered by the time of the events, so its range is on
    that as well.
    """
    body = rule.query.body
    if not isinstance(body, ast.EventQuery):
        return {}
    found: dict[str, Any] = {"timestamp_override": "event.ingested"}
    if "timeline_id" not in rule.kibana and body.category in _TIMELINES:
        found["timeline_id"], found["timeline_title"] = _TIMELINES[body.category]
    return found


def _techniques(rule: Rule, options: Options) -> tuple[Technique, ...]:
    """The rule's techniques as the ATT&CK that the stack ships has them."""
    version = VERSIONS[-1] if options.stack >= _LATER_ATTACK else VERSIONS[0]
    return tuple(dict.fromkeys(in_version(one, version) for one in rule.techniques))


def _threat(rule: Rule) -> Iterator[dict[str, Any]]:
    """The rule's techniques by tactic; a technique without sub-techniques has no list of them."""
    for one in threat(rule):
        techniques = [{key: value for key, value in t.items() if value} for t in one["technique"]]
        yield one | {"technique": techniques}


def _suppressed(rule: Rule) -> dict[str, Any]:
    """Which of its alerts stand for which; a duration in the largest unit that it is a whole number of."""
    if rule.suppression is None:
        return {}
    given = rule.suppression
    found: dict[str, Any] = {"group_by": list(given.group_by), "missing_fields_strategy": given.missing}
    if given.duration is not None:
        value, unit = in_units(given.duration)
        found["duration"] = {"value": value, "unit": unit}
    return {"alert_suppression": found}


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    """An action; TOML has no null, and Kibana wants one where a frequency has no throttle."""
    if "frequency" not in action:
        return dict(action)
    return dict(action) | {"frequency": {"throttle": None} | action["frequency"]}


def _fitting(found: dict[str, Any], rule: Rule, options: Options) -> dict[str, Any]:
    """What the stack knows of it. Before there was a field for it, the set-up stood in the note."""
    if options.stack < _SINCE["setup"] and found["setup"]:
        found["note"] = f"{found['note']}\n\n### Setup\n\n{found['setup']}".strip()
    late = {name for name, since in _SINCE.items() if options.stack < since}
    if not found["investigation_fields"]["field_names"]:
        late.add("investigation_fields")
    if options.stack < _suppresses_from(rule):
        late.add("alert_suppression")
    return {name: value for name, value in found.items() if name not in late}


def _suppresses_from(rule: Rule) -> tuple[int, int]:
    return _SUPPRESSION if isinstance(rule.query.body, ast.EventQuery) else _OF_SEQUENCES
