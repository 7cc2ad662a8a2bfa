"""Microsoft Sentinel: one KQL query a rule and event source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from comtrap.export.convert import Platform, convert
from comtrap.export.library import library
from comtrap.export.sigma_rule.sequence import keys_of
from comtrap.export.unseen import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from comtrap.export.convert import Stage
    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.export.target import Exported
    from comtrap.rules.rule import Rule

ABOUT = "Microsoft Sentinel queries (KQL), one file a rule and event source"

# Columns of their own; the rest is in EventData. Source: Microsoft's reference of the tables.
_COLUMNS = {
    "WindowsEvent": {"Channel", "Computer", "EventID", "Provider"},
    "SecurityEvent": {
        "CommandLine", "Computer", "EventID", "NewProcessId", "NewProcessName", "NewValue", "ObjectName", "ObjectValueName",
        "OperationType", "ParentProcessName", "ProcessId", "ProcessName", "SubjectUserSid",
    },
}  # fmt: skip
_NUMBERS = {"DestinationPort", "SourcePort", "ProcessId"}
# Outside of texts, which may hold anything.
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_NAME = re.compile(
    r"\b(\w+)(?= (?:=~|==|in~|in|[<>]=?|matches|contains|startswith|endswith)(?: |\())|(?<=empty\()(\w+)"
)


def export(rules: Sequence[Rule]) -> Exported:
    """The rules as queries over the tables of Windows events and of Defender XDR.

    Raises:
        PluginError: pySigma or its Kusto backend is not installed.
    """
    return convert(
        rules, Platform("sentinel", ".kql", ("//", ""), _backend, _finish, filters_first=True, sequence=_sequence)
    )


def _backend() -> Any:
    base: Any = library("sigma.backends.kusto").KustoBackend

    class Separate(base):  # type: ignore[misc]
        """Without ``has_all``, which looks for words where whole values are meant."""

        convert_and_as_in = False

        def convert_value_str(self, s: Any, state: Any) -> str:
            return escaped(super().convert_value_str(s, state))

        def convert_value_re(self, r: Any, state: Any) -> Any:
            return escaped(str(super().convert_value_re(r, state)))

    return Separate()


def _finish(rule: Rule, kind: Kind, query: str) -> str:
    del rule
    return _events(kind, query, ())


def _events(kind: Kind, query: str, keys: Sequence[str]) -> str:
    """The table, its events, what of EventData the query or a join names, and the query."""
    lines = [kind.table]
    if kind.where:
        lines.append("| where " + " and ".join(_equal(name, value) for name, value in kind.where.items()))
    named = dict.fromkeys([*(found[0] for found in _NAME.finditer(_TEXT.sub('""', query))), *keys])
    inside = [name for name in named if kind.table in _COLUMNS and name not in _COLUMNS[kind.table]]
    if inside:
        lines.append("| extend " + ", ".join(_read(name, kind.table) for name in inside))
    return "\n".join([*lines, f"| where {query}"])


def _sequence(stages: Sequence[Stage], correlations: Sequence[Mapping[str, Any]]) -> str:
    """Each stage under its name, with its time and its keys; then joins of them, in order and within the time span.

    EQL gives a sequence once, and a join gives every pair that makes one: the same hosts and keys, maybe more often.
    """
    texts = []
    ways = [document["correlation"] for document in correlations]
    for name, kind, query in stages:
        way = next(one for one in ways if name in one["rules"])
        keys = keys_of(way, name)
        shown = ", ".join(f"Key{number} = tostring({key})" for number, key in enumerate(keys, 1))
        kept = " and ".join(f"isnotempty(Key{number})" for number in range(1, len(keys) + 1))
        events = _events(kind, query, keys)
        texts.append(f"let {_variable(name)} = {events}\n| project Time = TimeGenerated, {shown}\n| where {kept};")
    joined = [_joined(way) for way in ways]
    return "\n".join([*texts, joined[0] if len(joined) == 1 else f"union {', '.join(f'({one})' for one in joined)}"])


def _variable(name: str) -> str:
    """A stage's name as Kusto takes one."""
    return "stage_" * name[:1].isdigit() + re.sub(r"\W", "_", name)


def _joined(way: Mapping[str, Any]) -> str:
    first, *others = map(_variable, way["rules"])
    keys = ", ".join(f"Key{number}" for number in range(1, len(way["group-by"]) + 1))
    lines = [f"{first}\n| project-rename Time1 = Time"]
    for number, name in enumerate(others, 2):
        lines.append(f"| join kind=inner ({name} | project-rename Time{number} = Time) on {keys}")
        lines.append(f"| where Time{number} >= Time{number - 1} and Time{number} - Time1 <= {way['timespan']}")
    return "\n".join(lines)


def _equal(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"{name} in ({', '.join(_constant(one) for one in value)})"
    return f"{name} == {_constant(value)}"


def _constant(value: Any) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def _read(name: str, table: str) -> str:
    if table == "SecurityEvent":
        return f"{name} = extract('<Data Name=\"{name}\">([^<]*)', 1, EventData)"
    return f"{name} = {'toint' if name in _NUMBERS else 'tostring'}(EventData.{name})"
