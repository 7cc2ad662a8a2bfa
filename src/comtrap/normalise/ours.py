"""The fields that are ours, all below ``comtrap.``; computed from ECS fields, so that every source has them."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from comtrap.com import clsid, command_line, registry_path, script
from comtrap.normalise.event import DATA
from comtrap.normalise.values import Each, First, Part, Union

if TYPE_CHECKING:
    from comtrap.normalise.values import Expr

_GUID = re.compile(r"\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?")
_DETAIL = re.compile(r"([DQ])WORD \(0x([0-9A-F]{8})(?:-0x([0-9A-F]{8}))?\)", re.IGNORECASE)
_TYPES = {"SZ_DWORD": "REG_DWORD", "SZ_QWORD": "REG_QWORD"}
_IDS = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-"
_OPERATIONS = {
    "setvalue": "set_value",
    "deletevalue": "delete_value",
    "createkey": "create_key",
    "deletekey": "delete_key",
    "renamekey": "rename",
    "renamevalue": "rename",
    "%%1904": "set_value",
    "%%1905": "set_value",
    "%%1906": "delete_value",
    "modification": "set_value",
    "rename": "rename",
    # Sysmon's ids, for exports that lost its EventType.
    "13": "set_value",
    "14": "rename",
}
_PROVIDERS = {
    "microsoft-windows-sysmon": "sysmon",
    "microsoft-windows-security-auditing": "security",
    "microsoft-windows-eventlog": "security",
    "microsoft-windows-powershell": "powershell",
    "powershell": "powershell",
    "microsoft-windows-taskscheduler": "taskscheduler",
}


def source(provider: str | None, channel: str | None, dataset: str | None, agent: str | None) -> str:
    """The event source: sysmon, endpoint, security, powershell, taskscheduler, system or other."""
    if (dataset or "").startswith("endpoint.") or agent == "endpoint":
        return "endpoint"
    named = _PROVIDERS.get((provider or "").lower())
    if named is not None:
        return named
    return "system" if (channel or "").lower() == "system" else "other"


def entity_id(written: str, where: str | None = None) -> str | None:
    """A process's id in lower case with braces; ids of another shape as they are.

    A PowerShell host has a GUID of its own, which is no process's: it gives nothing.
    """
    if where == "powershell":
        return None
    found = _GUID.fullmatch(written.lower())
    return written if found is None else f"{{{found[1]}}}"


def made_entity_id(host: str, pid: str | None, started: str | None) -> str | None:
    """An id for a process whose source has none, of where, what and when."""
    if pid is None or started is None:
        return None
    digest = sha256(f"{host}\n{pid}\n{started}".encode()).hexdigest()
    return f"{{{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}}}"


def operation(  # noqa: PLR0917 - one argument a column
    path: str, kind: str | None, access: str | None, action: str | None, value: str | None, code: str | None
) -> str | None:
    """What was done to the registry, of whatever the source says about it."""
    del path  # only says that there is one
    for said in (kind, access, action, code):
        known = _OPERATIONS.get((said or "").lower())
        if known is not None:
            return known
    if action == "creation":
        return "create_key" if value is None else "set_value"
    if action == "deletion":
        return "delete_key" if value is None else "delete_value"
    return None


def view(path: str, done: str | None, value: str | None, where: str | None) -> dict[str, Any]:
    """The parts of `registry_path.canonical`, ready for columns."""
    if where != "sysmon" and value and path.endswith("\\" + value):
        # A value's name may have backslashes of its own. Sysmon does not tell: it calls any last part a value.
        found = registry_path.canonical(path[: -len(value)] + "x", has_value=True)
    else:
        unsaid = done is None and value is not None and where != "sysmon"
        found = registry_path.canonical(path, has_value=done in {"set_value", "delete_value"} or unsaid)
        value = None if found is None else found.value
    if found is None:
        return {}
    return {
        "scope": found.scope,
        "sid": found.sid,
        "key": found.key,
        "value": value,
        "classes_path": found.classes_path,
        "view": str(found.view),
    }


def data(strings: str | None, details: str | None, kind: str | None, where: str | None) -> dict[str, Any] | None:
    """``type`` and ``strings`` of what Sysmon says was written; None for other sources, which say it plainly."""
    if where != "sysmon" or (written := details if details is not None else strings) is None:
        return None
    found = _DETAIL.fullmatch(written)
    if found is not None and (found[3] is not None) == (found[1].upper() == "Q"):
        number = int(found[2] + (found[3] or ""), 16)
        return {"type": f"REG_{found[1].upper()}WORD", "strings": [str(number)]}
    if written == "Binary Data":
        return {"type": "REG_BINARY", "strings": [written]}
    return {"type": _TYPES.get(kind or "", kind or "REG_SZ"), "strings": [written.replace("%%", "%")]}


def _named(texts: list[str]) -> list[str]:
    return [found for item in texts for found in clsid.find(item)]


def _applications(texts: list[str]) -> list[str]:
    return [found for item in texts for found in clsid.applications(item)]


_SOURCE = Each(source, ("winlog.provider_name", "winlog.channel", "event.dataset", "agent.type"), optional=True)
_OPERATION = Each(
    operation,
    ("registry.path", DATA + "EventType", DATA + "OperationType", "event.action", "registry.value", "event.code"),
)
_VIEW = Each(view, ("registry.path", _OPERATION, "registry.value", _SOURCE))
_DATA = Each(data, ("registry.data.strings", DATA + "Details", "registry.data.type", _SOURCE), optional=True)
_SCRIPT = First(("comtrap.powershell.script_block_text", "powershell.file.script_block_text"))
_DECODED = Each(command_line.decoded, ("process.command_line",), many=True, only=command_line.HINT)
_PARENT_DECODED = Each(command_line.decoded, ("process.parent.command_line",), many=True, only=command_line.HINT)
_TEXTS = (
    "process.command_line",
    "registry.path",
    "registry.data.strings",
    _SCRIPT,
    DATA + "Payload",
    "powershell.command.invocation_details.value",
    "winlog.scheduled_task.actions.class_id",
    "process.Ext.api.parameters.buffer",
)

OURS: dict[str, Expr] = {
    "comtrap.source": _SOURCE,
    "comtrap.process.entity_id": Each(entity_id, ("process.entity_id", _SOURCE)),
    "comtrap.process.parent.entity_id": Each(entity_id, ("process.parent.entity_id",)),
    "comtrap.process.plain_command_line": Each(command_line.plain, ("process.command_line",)),
    "comtrap.process.parent.plain_command_line": Each(command_line.plain, ("process.parent.command_line",)),
    "comtrap.process.decoded_command": _DECODED,
    "comtrap.process.parent.decoded_command": _PARENT_DECODED,
    "comtrap.powershell.plain_script_block_text": Each(script.plain, (_SCRIPT,), only=script.HINT),
    "comtrap.com.clsid": Union((*(Each(clsid.find, (t,), many=True, only=_IDS) for t in _TEXTS), Each(_named, (_DECODED,)))),
    "comtrap.com.appid": Union((
        *(Each(clsid.applications, (t,), many=True, only=_IDS) for t in ("process.command_line", "registry.path")),
        Each(_applications, (_DECODED,)),
    )),
    **{f"comtrap.registry.{k}": Part(_VIEW, k) for k in ("scope", "sid", "key", "value", "classes_path", "view")},
    "comtrap.registry.operation": _OPERATION,
    "comtrap.registry.data.type": First((Part(_DATA, "type"), "registry.data.type")),
    "comtrap.registry.data.strings": First((Part(_DATA, "strings"), "registry.data.strings")),
}  # fmt: skip
"""What they hold is said in ``schema/data/ours.toml``."""
