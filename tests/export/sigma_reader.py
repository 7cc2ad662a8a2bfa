"""Sigma read back: what pySigma parsed, as EQL over our events.

Its tables are its own: what it says of log sources and fields was not taken from the exporter's.
"""

from __future__ import annotations

from sigma.collection import SigmaCollection
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.correlations import SigmaCorrelationRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
)

SYSMON = 'event.provider == "Microsoft-Windows-Sysmon"'
CHANNEL = {
    "security": "Security",
    "system": "System",
    "taskscheduler": "Microsoft-Windows-TaskScheduler/Operational",
    "wmi": "Microsoft-Windows-WMI-Activity/Operational",
}
EVENTS = {
    "process_creation": {"": ("process", 'event.type == "start"')},
    "image_load": {
        "sysmon": ("process", f'event.code == "7" and {SYSMON}'),
        "endpoint": ("library", 'event.action == "load"'),
    },
    "registry_set": {
        "sysmon": ("registry", f'event.code == "13" and {SYSMON}'),
        "endpoint": ("registry", 'event.type == "change" and event.action == "modification"'),
    },
    "file_event": {
        "sysmon": ("file", f'event.code == "11" and {SYSMON}'),
        "endpoint": ("file", 'event.type in ("creation", "change")'),
    },
    "network_connection": {
        "sysmon": ("network", f'event.code == "3" and {SYSMON}'),
        "endpoint": ("network", 'event.type == "start"'),
    },
    "wmi_event": {"": ("any", f'event.code in ("19", "20", "21") and {SYSMON}')},
    "ps_script": {"": ("any", 'event.code == "4104" and event.provider == "Microsoft-Windows-PowerShell"')},
}
PROCESS = {"Image": "process.executable", "ProcessId": "process.pid", "ProcessGuid": "process.entity_id"}
FIELDS = {
    "process_creation": {
        **PROCESS,
        "CommandLine": "process.command_line",
        "OriginalFileName": "process.pe.original_file_name",
        "ParentImage": "process.parent.executable",
        "ParentCommandLine": "process.parent.command_line",
        "ParentProcessId": "process.parent.pid",
        "ParentProcessGuid": "process.parent.entity_id",
    },
    "image_load": {**PROCESS, "ImageLoaded": "file.path", "OriginalFileName": "file.pe.original_file_name"},
    "registry_set": {**PROCESS, "TargetObject": "registry.path", "Details": "registry.data.strings"},
    "file_event": {**PROCESS, "TargetFilename": "file.path"},
    "network_connection": {
        **PROCESS,
        "SourceIp": "source.ip",
        "SourcePort": "source.port",
        "DestinationIp": "destination.ip",
        "DestinationPort": "destination.port",
        "Protocol": "network.transport",
    },
    "wmi_event": {"Destination": "process.executable"},
    "ps_script": {"ScriptBlockText": "powershell.file.script_block_text"},
}
ENDPOINT = {"image_load": {"ImageLoaded": "dll.path", "OriginalFileName": "dll.pe.original_file_name"}}
OPERATORS = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "NEQ": "!="}
INITIATED = {"true": '("egress", "outbound")', "false": '("ingress", "inbound", "incoming")'}


def queries(text: str, source: str) -> list[str]:
    """The EQL queries that a Sigma file comes to, over the events of one source; its stages alone are none."""
    found = SigmaCollection.from_yaml(text)
    found.resolve_rule_references()
    joined = [rule for rule in found if isinstance(rule, SigmaCorrelationRule)]
    return [sequence(rule, source) for rule in joined] or [event(rule, source) for rule in found]


def sequence(rule, source):
    correlation = rule
    assert correlation.type.name == "TEMPORAL_ORDERED"
    aliases = {a.alias: {ref.reference: name for ref, name in a.mapping.items()} for a in correlation.aliases}
    stages = []
    for reference in correlation.rules:
        keys = [aliases[key][reference.reference] if key in aliases else key for key in correlation.group_by]
        named = ", ".join(_names(reference.rule.logsource, key, source)[0] for key in keys)
        stages.append(f"[{event(reference.rule, source)}] by {named}")
    return f"sequence with maxspan={correlation.timespan.spec} {' '.join(stages)}"


def event(rule, source):
    logsource = rule.logsource
    assert logsource.product == "windows"
    if logsource.category is None:
        category, guard = "any", f'winlog.channel == "{CHANNEL[logsource.service]}"'
    else:
        known = EVENTS[logsource.category]
        category, guard = known.get(source) or known.get("") or known["sysmon"]
    (condition,) = rule.detection.parsed_condition
    return f"{category} where {guard} and ({_condition(condition.parsed, logsource, source)})"


def _condition(node, logsource, source):
    match node:
        case ConditionNOT():
            return f"not ({_condition(node.args[0], logsource, source)})"
        case ConditionAND():
            return " and ".join(f"({_condition(arg, logsource, source)})" for arg in node.args)
        case ConditionOR():
            return " or ".join(f"({_condition(arg, logsource, source)})" for arg in node.args)
        case ConditionFieldEqualsValueExpression():
            if node.field == "Initiated":
                return f"network.direction : {INITIATED[str(node.value)]}"
            names = _names(logsource, node.field, source)
            return " or ".join(f"({_clause(name, node.value, logsource, source)})" for name in names)
    raise AssertionError(node)


def _names(logsource, field, source):
    """Our names of a Sigma field; several where Windows writes it to different places."""
    if field == "Computer":
        return ["host.id"]
    if field == "EventID":
        return ["event.code"]
    if field == "Provider_Name":
        return ["event.provider"]
    kind = logsource.category or logsource.service
    fields = FIELDS.get(kind, {}) | (ENDPOINT.get(kind, {}) if source == "endpoint" else {})
    if field in fields:
        return [fields[field]]
    data = [f"winlog.event_data.{field}"]
    if kind == "wmi":
        data.append(f"winlog.user_data.{field}")
    if (kind, field) == ("security", "ProcessName"):
        data.append("process.executable")
    return data


def _clause(name, value, logsource, source):
    match value:
        case SigmaString() if any(isinstance(part, str) and set(part) & {"*", "?"} for part in value.s):
            # EQL escapes no wildcard, but in a regular expression.
            fold = "" if isinstance(value, SigmaCasedString) else "~"
            return f"{name} regex{fold} {_quoted(_expression(value))}"
        case SigmaCasedString():
            return f"{name} like {_pattern(value)}"
        case SigmaString():
            return f"{name} : {_pattern(value)}"
        case SigmaNumber():
            return f'{name} == "{value}"' if name == "event.code" else f"{name} == {value}"
        case SigmaBool():
            return f"{name} == {str(bool(value)).lower()}"
        case SigmaNull():
            return f"{name} == null"
        case SigmaExists():
            return f"{name} != null" if value else f"{name} == null"
        case SigmaCIDRExpression():
            return f'cidrMatch({name}, "{value.cidr}")'
        case SigmaCompareExpression():
            return f"{name} {OPERATORS[value.op.name]} {value.number}"
        case SigmaFieldReference():
            return f"{name} == {_names(logsource, value.field, source)[0]}"
        case SigmaRegularExpression():
            return _regex(name, value)
    raise AssertionError(value)


def _pattern(value):
    parts = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    texts = [part if isinstance(part, str) else parts[part] for part in value.s]
    return _quoted("".join(texts))


def _expression(value):
    wild = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    return "".join(
        "".join(char if char.isalnum() else f"\\{char}" for char in part) if isinstance(part, str) else wild[part]
        for part in value.s
    )


def _regex(name, value):
    """A search becomes a match of the whole value."""
    assert value.flags <= {SigmaRegularExpressionFlag.IGNORECASE, SigmaRegularExpressionFlag.DOTALL}
    text = str(value.regexp).replace("(?:", "(")  # Lucene has no other groups
    text = text[1:] if text.startswith("^") else f".*{text}"
    text = text[:-1] if text.endswith("$") else f"{text}.*"
    fold = "~" if SigmaRegularExpressionFlag.IGNORECASE in value.flags else ""
    return f"{name} regex{fold} {_quoted(text)}"


def _quoted(text):
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    )
    return f'"{escaped}"'
