"""Microsoft-Windows-Sysmon. Source: Elastic's sysmon_operational pipelines and Sysmon's own schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.normalise.arguments import command_line_of
from comtrap.normalise.event import ANY, DATA, Event, data
from comtrap.normalise.hashes import RELATED, hashes_of
from comtrap.normalise.network import CONNECTION, DNS
from comtrap.normalise.paths import executable_of, file_of
from comtrap.normalise.registry import REGISTRY
from comtrap.normalise.values import Constant, Each, First, Kept, Text, Union, each, text
from comtrap.normalise.windows import COMMON, USER_ID, account, account_of, milliseconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind
    from comtrap.normalise.values import Expr

PROVIDER = "Microsoft-Windows-Sysmon"

BLANK = frozenset({"", "-", "{00000000-0000-0000-0000-000000000000}"})
# Sysmon's own time; Elastic's pipeline reads no other form.
_UTC = r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\z"


def valid(status: str) -> str | None:
    """``true`` for the one good status; nothing else is written."""
    return "true" if status == "Valid" else None


def failure(signed: str) -> str | None:
    """What Sysmon says of a signature that it could not check; None for a plain true or false."""
    return None if signed.lower() in {"true", "false"} else signed


def distrusted(signed: str) -> str | None:
    """``false`` for a signature that could not be checked."""
    return None if failure(signed) is None else "false"


_USER = each(account, "User")

_BASE: dict[str, Expr] = {
    **COMMON,
    **USER_ID,
    **account_of(_USER),
    "@timestamp": First((Kept(DATA + "UtcTime", _UTC), Text("@timestamp"))),
    "related.user": Union((Text("user.name"),)),
    "rule.name": text("RuleName"),
}
_PROCESS: dict[str, Expr] = {
    "process.entity_id": text("ProcessGuid"),
    "process.pid": text("ProcessId"),
    **executable_of(text("Image")),
}
# Elastic copies these for every event but an image load, where they describe the library.
_PE: dict[str, Expr] = {
    "process.pe.original_file_name": text("OriginalFileName"),
    "process.pe.company": text("Company"),
    "process.pe.description": text("Description"),
    "process.pe.file_version": text("FileVersion"),
    "process.pe.product": text("Product"),
}
_SOURCE: dict[str, Expr] = {
    "process.entity_id": First((text("SourceProcessGuid"), text("SourceProcessGUID"))),
    "process.pid": text("SourceProcessId"),
    "process.thread.id": text("SourceThreadId"),
    **executable_of(text("SourceImage")),
    DATA + "TargetProcessGUID": First((text("TargetProcessGuid"), text("TargetProcessGUID"))),
}
_PARENT: dict[str, Expr] = {
    "process.parent.entity_id": text("ParentProcessGuid"),
    "process.parent.pid": text("ParentProcessId"),
    **executable_of(text("ParentImage"), "process.parent"),
    **command_line_of(text("ParentCommandLine"), "process.parent"),
}
_START: dict[str, Expr] = {
    **command_line_of(text("CommandLine")),
    "process.working_directory": text("CurrentDirectory"),
    **_PARENT,
    **hashes_of("process"),
    **RELATED,
}
_SIGNATURE: dict[str, Expr] = {
    "file.code_signature.subject_name": text("Signature"),
    "file.code_signature.status": text("SignatureStatus"),
    "file.code_signature.valid": each(valid, "SignatureStatus"),
}
_LOADED: dict[str, Expr] = {
    **file_of(text("ImageLoaded")),
    **hashes_of("file"),
    **RELATED,
    **_SIGNATURE,
}
_LIBRARY: dict[str, Expr] = {name.replace("process.", "file."): value for name, value in _PE.items()}
_DLL: dict[str, Expr] = {
    "event.category": Constant(("process", "library")),
    "event.type": Constant(("change", "start")),
    "event.action": Constant(("Image loaded", "load")),
    "dll.path": Text("file.path"),
    "dll.name": Text("file.name"),
    **hashes_of("dll"),
    "dll.pe.original_file_name": text("OriginalFileName"),
    "dll.code_signature.status": each(failure, "Signed"),
    "file.code_signature.trusted": each(distrusted, "Signed"),
}
_FLAGS: dict[str, Expr] = {
    "sysmon.file.archived": text("Archived"),
    "sysmon.file.is_executable": text("IsExecutable"),
}
_TARGET = file_of(text("TargetFilename"))
_DELETED: dict[str, Expr] = {**_PROCESS, **_TARGET, **_FLAGS, **hashes_of("process"), **RELATED}

_REMOVED = data(
    "UtcTime", "RuleName", "User", "ProcessGuid", "ProcessId", "Image", "OriginalFileName", "Hashes", "Hash",
    "SourceProcessGuid", "SourceProcessGUID", "SourceProcessId", "SourceThreadId", "SourceImage", "TargetProcessGuid",
    "CommandLine", "CurrentDirectory", "ParentProcessGuid", "ParentProcessId", "ParentImage", "ParentCommandLine",
    "TargetFilename", "ImageLoaded", "PipeName", "Archived", "IsExecutable", "TargetObject", "QueryName",
    "QueryStatus", "QueryResults", "Protocol", "Initiated", "SourceIsIpv6", "SourceIp", "SourceHostname",
    "SourcePort", "SourcePortName", "DestinationIsIpv6", "DestinationIp", "DestinationHostname", "DestinationPort",
    "DestinationPortName",
) | {"winlog.time_created", "winlog.level"}  # fmt: skip


def _event(
    action: str, category: tuple[str, ...], kind: tuple[str, ...], fields: Mapping[str, Expr], *removed: str
) -> Event:
    described: dict[str, Expr] = {"event.type": Constant(kind), "event.action": Constant(action)}
    if category:
        described["event.category"] = Constant(category)
    return Event(
        fields={**_BASE, **described, **_PE, **fields},
        removed=_REMOVED | data(*removed),
        blank=BLANK,
        integration={"event.created": Each(milliseconds, ("winlog.time_created",))},
        winlogbeat={"event.module": Constant("sysmon")},
    )


def _image_loaded() -> Event:
    base = _event("Image loaded", ("process",), ("change",), {**_PROCESS, **_LOADED, **_LIBRARY})
    fields = {name: value for name, value in base.fields.items() if name not in _PE}
    return Event(fields, base.removed, base.moved, base.blank, {**base.integration, **_DLL}, base.winlogbeat)


_CHANGED, _PROCESSES, _FILES = ("change",), ("process",), ("file",)
_KEYS = ("configuration", "registry")
_KEY = {**_PROCESS, **REGISTRY}
_PIPE: dict[str, Expr] = {**_PROCESS, "file.name": text("PipeName")}
_WMI = "WmiEvent ({} activity detected)"
_LOOKED_UP = ("connection", "protocol", "info")

_EVENTS: dict[int, Event] = {
    1: _event("Process creation", _PROCESSES, ("start",), {**_PROCESS, **_START}),
    2: _event("A process changed a file creation time", _FILES, _CHANGED, {**_PROCESS, **_TARGET}),
    3: _event("Network connection", ("network",), ("start", "connection", "protocol"), {**_PROCESS, **CONNECTION}),
    4: _event("Sysmon service state changed", _PROCESSES, _CHANGED, {}),
    5: _event("Process terminated", _PROCESSES, ("end",), _PROCESS),
    6: _event("Driver loaded", ("driver",), ("start",), _LOADED),
    7: _image_loaded(),
    8: _event("CreateRemoteThread", _PROCESSES, _CHANGED, _SOURCE),
    9: _event("RawAccessRead", _PROCESSES, ("access",), {**_PROCESS, **file_of(text("Device"))}, "Device"),
    10: _event("ProcessAccess", _PROCESSES, ("access",), _SOURCE),
    11: _event("FileCreate", _FILES, ("creation",), {**_PROCESS, **_TARGET}),
    12: _event("RegistryEvent (Object create and delete)", _KEYS, _CHANGED, _KEY),
    13: _event("RegistryEvent (Value Set)", _KEYS, _CHANGED, _KEY, "Details"),
    14: _event("RegistryEvent (Key and Value Rename)", _KEYS, _CHANGED, _KEY),
    15: _event("FileCreateStreamHash", _FILES, ("access",), {**_PROCESS, **_TARGET, **hashes_of("file"), **RELATED}),
    16: _event("ServiceConfigurationChange", ("configuration",), _CHANGED, {}),
    17: _event("PipeEvent (Pipe Created)", _FILES, ("creation",), _PIPE),
    18: _event("PipeEvent (Pipe Connected)", _FILES, ("access",), _PIPE),
    19: _event(_WMI.format("WmiEventFilter"), _PROCESSES, ("creation",), {}),
    20: _event(
        _WMI.format("WmiEventConsumer"), _PROCESSES, ("creation",), executable_of(text("Destination")), "Destination"
    ),
    21: _event(_WMI.format("WmiEventConsumerToFilter"), _PROCESSES, ("access",), {}),
    22: _event("DNSEvent (DNS query)", ("network",), _LOOKED_UP, {**_PROCESS, **DNS}),
    23: _event("FileDelete (File Delete archived)", _FILES, ("deletion",), _DELETED),
    24: _event(
        "ClipboardChange (New content in the clipboard)", (), _CHANGED,
        {**_PROCESS, **_FLAGS, **hashes_of("process"), **RELATED},
    ),
    25: _event(
        "ProcessTampering (Process image change)", _PROCESSES, _CHANGED,
        {**_PROCESS, "message": text("Type"), **hashes_of("process"), **RELATED}, "Type",
    ),
    26: _event("FileDeleteDetected (File Delete logged)", _FILES, ("deletion",), _DELETED),
    27: _event("FileBlockExecutable", _FILES, ("creation", "denied"), {**_PROCESS, **_TARGET, **_FLAGS, **RELATED}),
    28: _event("FileBlockShredding", _FILES, ("deletion", "denied"), {**_PROCESS, **_TARGET, **_FLAGS, **RELATED}),
    29: _event(
        "FileExecutableDetected", _FILES, ("creation",), {**_PROCESS, **_TARGET, **hashes_of("file"), **RELATED}
    ),
    255: _event("Error", _PROCESSES, ("error",), {"error.code": text("ID")}, "ID"),
}  # fmt: skip

TABLE: Mapping[Kind, Event] = {
    **{(PROVIDER, number): event for number, event in _EVENTS.items()},
    (PROVIDER, ANY): Event(_BASE, _REMOVED, blank=BLANK),
}
