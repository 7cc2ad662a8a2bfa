"""Small real things to test with: rules of one query, and Windows events as shippers write them before any pipeline."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from comtrap.rules.attack import technique
from comtrap.rules.rule import Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
EVERYTHING = ("logs-*", "winlogbeat-*")
CLSID = "{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"
SURROGATE_CHILD = 'process where event.type == "start" and process.parent.name : "dllhost.exe"'


def rule(query: str = SURROGATE_CHILD, number: int = 1, **more: Any) -> Rule:
    """A rule of one query; rules of different numbers have different ids."""
    made = {
        "id": UUID(int=number),
        "name": f"Rule {number}",
        "description": "A rule for a test.",
        "severity": Severity.HIGH,
        "risk_score": 73,
        "index": EVERYTHING,
        "behaviour": "test",
        "sources": ("sysmon",),
        "path": Path(f"rule_{number}.toml"),
        "techniques": (technique("T1559.001"),),
    }
    return Rule(text=query, **(made | more))


def rule_file(path: Path, query: str = SURROGATE_CHILD, number: int = 1, severity: str = "high") -> Path:
    """The same as a file."""
    path.write_text(
        f'id = "{UUID(int=number)}"\nname = "Rule {number}"\ndescription = "A rule for a test."\nbehaviour = "test"\n'
        f'severity = "{severity}"\nindex = ["logs-*", "winlogbeat-*"]\nsources = ["sysmon"]\ntechniques = ["T1559.001"]\n'
        f"query = '''\n{query}\n'''\n",
        "utf-8",
    )
    return path


def event(
    code: int, seconds: float, record: int | None, channel: str = "Microsoft-Windows-Sysmon/Operational", **data: str
) -> dict:
    """One record, `seconds` after `START` on host1."""
    provider = {"Security": "Microsoft-Windows-Security-Auditing"}.get(channel, channel.partition("/")[0])
    winlog = {
        "channel": channel,
        "provider_name": provider,
        "event_id": str(code),
        "computer_name": data.pop("host", "host1"),
        "event_data": data,
    }
    if record is not None:
        winlog["record_id"] = str(record)
    return {"@timestamp": (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds"), "winlog": winlog}


def process(
    seconds: float, record: int | None, name: str = "cmd.exe", parent: str = "dllhost.exe", **data: str
) -> dict:
    """A process start as Sysmon writes it."""
    given = {
        "UtcTime": (START + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.000"),
        "ProcessGuid": f"{{00000000-0000-0000-0000-{record or 0:012d}}}",
        "ProcessId": str(1000 + (record or 0)),
        "Image": rf"C:\Windows\System32\{name}",
        "CommandLine": f"{name} /c whoami",
        "User": r"EXAMPLE\user1",
        "ParentProcessGuid": "{00000000-0000-0000-0000-00000000f000}",
        "ParentImage": rf"C:\Windows\System32\{parent}",
        "ParentCommandLine": f"{parent} /Processid:{CLSID}",
    }
    return event(1, seconds, record, **(given | data))


def script_block(seconds: float, record: int, text: str, number: int = 1, total: int = 1) -> dict:
    """A script block, or a part of one, as PowerShell writes it."""
    return event(
        4104,
        seconds,
        record,
        "Microsoft-Windows-PowerShell/Operational",
        MessageNumber=str(number),
        MessageTotal=str(total),
        ScriptBlockText=text,
        ScriptBlockId="00000000-0000-0000-0000-0000000000aa",
    )


def write(path: Path, events: Iterable[dict]) -> str:
    """An NDJSON file of events; gives its path as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(e) + "\n" for e in events), "utf-8")
    return str(path)
