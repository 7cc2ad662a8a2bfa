"""The same behaviour written down otherwise: other case, blanks, names, ids, and other event sources."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]

RENAMED = "C:\\Users\\Public\\renamed.exe"
OTHER_SID = "S-1-5-21-9999-8888-7777-1104"
_ENCODED = re.compile(r"\s-e\w*\s+[A-Za-z0-9+/=]{20,}", re.IGNORECASE)
_FIRST = re.compile(r'^("[^"]*"|\S+)')
_FIRST_PART = 3  # characters
SCRIPT_BLOCK = 4104
_LETTERS = re.compile(r"(?<=[A-Za-z])(?=[A-Za-z])")


def fields(record: Record) -> Record:
    """Where a record of a Windows log keeps its values."""
    if "Event" in record:
        return record["Event"]["EventData"]
    return record["winlog"].get("event_data", {})


def code(record: Record) -> int:
    """The event id."""
    return int(record["Event"]["System"]["EventID"] if "Event" in record else record["winlog"]["event_id"])


def is_start(record: Record) -> bool:
    """Whether it is the start of a process, by Sysmon."""
    return "CurrentDirectory" in (fields(record) if "agent" not in record or "winlog" in record else {})


def changed(record: Record, change: Callable[[str], str], *names: str) -> Record:
    """The record with some of its values changed."""
    out = copy.deepcopy(record)
    held = fields(out)
    for name in names:
        if name in held:
            held[name] = change(held[name])
    return out


_TEXTS = ("Image", "CommandLine", "ParentImage", "ParentCommandLine", "OriginalFileName")


def _unless_encoded(text: str, change: Callable[[str], str]) -> str:
    return text if _ENCODED.search(text) else change(text)


def upper(record: Record) -> Record:
    """All names and lines in upper case."""
    return changed(record, lambda t: _unless_encoded(t, str.upper), *_TEXTS)


def lower(record: Record) -> Record:
    """All names and lines in lower case."""
    return changed(record, lambda t: _unless_encoded(t, str.lower), *_TEXTS)


def blanks(record: Record) -> Record:
    """Two blanks, or a tab, for each of the command line."""
    return changed(record, lambda t: t.replace(" ", "  "), "CommandLine")


def whole_path(record: Record) -> Record:
    """The program on the command line as a quoted whole path."""
    image = fields(record)["Image"]
    return (
        changed(record, lambda t: _FIRST.sub(lambda _: f'"{image}"', t), "CommandLine")
        if _names_itself(record)
        else record
    )


def carets(record: Record) -> Record:
    """Carets inside the words of the command line, as cmd.exe's own line shows them."""
    return changed(record, lambda t: _LETTERS.sub("^", t), "CommandLine")


def renamed(record: Record) -> Record:
    """A copy under another name in another folder; Sysmon still knows its original name."""
    out = changed(record, lambda _: RENAMED, "Image")
    return changed(out, lambda t: _FIRST.sub("renamed.exe", t), "CommandLine") if _names_itself(record) else out


def other_user(record: Record) -> Record:
    """Another user, another host."""
    out = changed(record, lambda t: re.sub(r"S-1-5-21-[\d-]+", OTHER_SID, t), "TargetObject", "User")
    return changed(out, lambda t: t.replace("user1", "someone.else"), *_TEXTS, "TargetObject", "Details")


def other_class(record: Record) -> Record:
    """Another class id, written in lower case."""
    return changed(
        record,
        lambda t: re.sub(r"\{[0-9A-Fa-f-]{36}\}", "{5e1f0c3a-9b7d-4a52-8c11-7f6e5d4c3b2a}", t),
        "TargetObject",
        *_TEXTS,
    )


def software_classes(record: Record) -> Record:
    """A user's classes by the path through the user's own hive."""
    return changed(
        record, lambda t: re.sub(r"_Classes\\", r"\\Software\\Classes\\", t, flags=re.IGNORECASE), "TargetObject"
    )


def narrow(record: Record) -> Record:
    """The 32-bit view of the registry."""
    return changed(
        record, lambda t: re.sub(r"(_classes\\)(clsid)", r"\1WOW6432Node\\\2", t, flags=re.IGNORECASE), "TargetObject"
    )


def _names_itself(record: Record) -> bool:
    held = fields(record)
    first = _FIRST.match(held["CommandLine"])
    stem = held["Image"].rsplit("\\", 1)[-1].lower().removesuffix(".exe")
    return bool(first) and first[1].strip('"').rsplit("\\", 1)[-1].lower().removesuffix(".exe") == stem


def as_security(record: Record) -> Record:
    """The same start as Security event 4688."""
    held = fields(record)
    data = {
        "SubjectUserSid": OTHER_SID, "SubjectUserName": "user1", "SubjectDomainName": "EXAMPLE", "SubjectLogonId": "0x3e4a1",
        "NewProcessId": hex(int(held["ProcessId"])), "NewProcessName": held["Image"], "TokenElevationType": "%%1937",
        "ProcessId": hex(int(held["ParentProcessId"])), "CommandLine": held["CommandLine"], "TargetUserSid": "S-1-0-0",
        "TargetUserName": "-", "TargetDomainName": "-", "TargetLogonId": "0x0", "ParentProcessName": held["ParentImage"],
        "MandatoryLabel": "S-1-16-12288",
    }  # fmt: skip
    return {
        "@timestamp": "2026-03-01T10:00:00.000Z",
        "agent": {"type": "winlogbeat", "version": "8.17.0"},
        "event": {"code": "4688", "kind": "event", "provider": "Microsoft-Windows-Security-Auditing"},
        "host": {"name": "ws01"},
        "winlog": {
            "channel": "Security", "provider_name": "Microsoft-Windows-Security-Auditing", "event_id": "4688",
            "computer_name": "ws01", "record_id": "1", "event_data": data,
        },
    }  # fmt: skip


def _endpoint(stream: str, kind: str, action: str, body: Record) -> Record:
    return {
        "@timestamp": "2026-03-01T10:00:00.000Z",
        "agent": {"type": "endpoint", "version": "8.17.0"},
        "data_stream": {"dataset": f"endpoint.events.{stream}", "namespace": "default", "type": "logs"},
        "event": {
            "action": action, "category": [stream], "type": [kind], "kind": "event", "module": "endpoint",
            "dataset": f"endpoint.events.{stream}",
        },
        "host": {"name": "ws01", "id": "00000000-0000-4000-8000-0000000000aa", "os": {"type": "windows"}},
        **body,
    }  # fmt: skip


def _program(path: str, **more: Any) -> Record:
    return {"executable": path, "name": path.rsplit("\\", 1)[-1], "pid": 4242, **more}


def as_endpoint(record: Record) -> Record:
    """The same start as Elastic Defend tells it."""
    held = fields(record)
    parent = _program(held["ParentImage"], entity_id="cGFyZW50", command_line=held["ParentCommandLine"])
    process = _program(
        held["Image"], entity_id="Y2hpbGQ=", command_line=held["CommandLine"],
        pe={"original_file_name": held["OriginalFileName"]}, parent=parent,
    )  # fmt: skip
    return _endpoint("process", "start", "start", {"process": process})


def as_endpoint_registry(record: Record) -> Record:
    """The same value as Elastic Defend tells it."""
    held = fields(record)
    path = held["TargetObject"].replace("HKU\\", "HKEY_USERS\\", 1).replace("HKCR\\", "HKLM\\SOFTWARE\\Classes\\", 1)
    path = path.removesuffix("(Default)")
    data = held["Details"].replace("%%", "%").replace("DWORD (0x00000001)", "1")
    strings = [] if data == "(Empty)" else [data]
    return _endpoint(
        "registry", "change", "modification",
        {"process": _program(held["Image"]), "registry": {"path": path, "data": {"type": "REG_SZ", "strings": strings}}},
    )  # fmt: skip


def as_security_registry(record: Record) -> Record:
    """The same value as Security event 4657."""
    held = fields(record)
    path = (
        held["TargetObject"]
        .replace("HKU\\", "\\REGISTRY\\USER\\", 1)
        .replace("HKCR\\", "\\REGISTRY\\MACHINE\\SOFTWARE\\Classes\\", 1)
    )
    key, _, value = path.rpartition("\\")
    out = as_security({"winlog": {"event_data": dict.fromkeys(_STARTED, "1")}})
    out["event"]["code"] = out["winlog"]["event_id"] = "4657"
    data = held["Details"].replace("%%", "%").replace("(Empty)", "").replace("DWORD (0x00000001)", "1")
    out["winlog"]["event_data"] = {
        "SubjectUserSid": OTHER_SID, "ObjectName": key, "ObjectValueName": "" if value == "(Default)" else value,
        "OperationType": "%%1904", "NewValueType": "%%1873", "NewValue": data, "ProcessId": "0x1400", "ProcessName": held["Image"],
    }  # fmt: skip
    return out


_STARTED = ("Image", "CommandLine", "ParentImage", "ProcessId", "ParentProcessId")


def as_endpoint_library(record: Record) -> Record:
    """The same load as Elastic Defend tells it."""
    held = fields(record)
    return _endpoint("library", "start", "load", {
        "process": _program(held["Image"]),
        "dll": {"path": held["ImageLoaded"], "name": held["ImageLoaded"].rsplit("\\", 1)[-1]},
    })  # fmt: skip


def bare(record: Record) -> Record:
    """A library under another name, whose original name Sysmon still tells."""
    return changed(record, lambda t: t.rpartition("\\")[0] + "\\renamed.dat", "ImageLoaded")


def in_parts(record: Record, number: int) -> tuple[Record, Record]:
    """A script block as PowerShell logs it in two parts, the first with next to nothing in it; `number` tells blocks apart."""
    parts = (copy.deepcopy(record), copy.deepcopy(record))
    for place, part in enumerate(parts):
        held = fields(part)
        text = held["ScriptBlockText"]
        held["ScriptBlockText"] = text[_FIRST_PART:] if place else text[:_FIRST_PART]
        held |= {
            "MessageNumber": str(place + 1),
            "MessageTotal": "2",
            "ScriptBlockId": f"00000000-0000-4000-8000-{number:012d}",
        }
    return parts
