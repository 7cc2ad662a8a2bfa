"""Microsoft Sentinel: one KQL query a rule and event source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from comtrap.export.convert import Platform, convert
from comtrap.export.library import library

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    return convert(rules, Platform("sentinel", ".kql", ("//", ""), _backend, _finish, filters_first=True))


def _backend() -> Any:
    return library("sigma.backends.kusto").KustoBackend()


def _finish(rule: Rule, kind: Kind, query: str) -> str:
    """The table, its events, what of EventData the query names, and the query."""
    del rule
    lines = [kind.table]
    if kind.where:
        lines.append("| where " + " and ".join(_equal(name, value) for name, value in kind.where.items()))
    named = dict.fromkeys(found[0] for found in _NAME.finditer(_TEXT.sub('""', query)))
    inside = [name for name in named if kind.table in _COLUMNS and name not in _COLUMNS[kind.table]]
    if inside:
        lines.append("| extend " + ", ".join(_read(name, kind.table) for name in inside))
    return "\n".join([*lines, f"| where {query}"])


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
