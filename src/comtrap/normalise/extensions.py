"""What a scan writes into ECS fields that Elastic leaves empty; each event lists them in ``comtrap.extended``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.com import registry_path
from comtrap.normalise import dcom, powershell, security, sysmon, task_scheduler
from comtrap.normalise.arguments import cut
from comtrap.normalise.event import DATA
from comtrap.normalise.paths import executable_of
from comtrap.normalise.values import Constant, Each, First, Text, each, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind
    from comtrap.normalise.values import Expr

# Source: msobjs.dll; two of them checked on captures (a DWORD of value 2, a QWORD of 0x0).
_REGISTRY_TYPES = {
    f"%%{1872 + offset}": name
    for offset, name in enumerate(
        (
            "REG_NONE",
            "REG_SZ",
            "REG_EXPAND_SZ",
            "REG_BINARY",
            "REG_DWORD",
            "REG_DWORD_BIG_ENDIAN",
            "REG_LINK",
            "REG_MULTI_SZ",
            "REG_RESOURCE_LIST",
            "REG_FULL_RESOURCE_DESCRIPTOR",
            "REG_RESOURCE_REQUIREMENTS_LIST",
            "REG_QWORD",
        )
    )
}


def full_path(key: str, value: str | None) -> str:
    """Key and value's name as Endpoint writes them; the default value leaves the backslash alone."""
    name = "" if value in {None, "-"} else value
    return f"{registry_path.abbreviated(key)}\\{name}"


def hive(key: str) -> str | None:
    """The hive's name as Endpoint writes it."""
    head, found, _ = registry_path.abbreviated(key).partition("\\")
    return head if found and head else None


def below_hive(key: str) -> str | None:
    """The key without its hive."""
    head, _, rest = registry_path.abbreviated(key).partition("\\")
    return rest or None if head else None


def value_name(name: str) -> str:
    """A value's name; a dash stands for the default value."""
    return "" if name == "-" else name


def registry_type(code: str) -> str | None:
    """A registry type's name, of its message id."""
    return _REGISTRY_TYPES.get(code)


def first_label(name: str) -> str:
    """A host's name without its domain."""
    return name.partition(".")[0]


def _alone(value: str) -> list[str]:
    return [value]


def _trusted(signed: str, status: str | None) -> str:
    return "true" if signed.lower() == "true" and status == "Valid" else "false"


def _is_signed(signed: str) -> str:
    return "true" if signed.lower() == "true" else "false"


def _counted(line: str) -> str:
    return str(len(cut(line)))


HOST: dict[str, Expr] = {
    "host.name": Text("winlog.computer_name"),
    "host.hostname": Each(first_label, ("host.name",)),
    "host.id": First((Text("host.name"), Constant("?"))),
}
"""For every event; in the place of the question mark comes what tells one nameless host from another."""

WINDOWS: dict[str, Expr] = {
    "host.os.type": Constant("windows"),
    "host.os.family": Constant("windows"),
}
"""For every event of a Windows log."""

_LIBRARY: dict[str, Expr] = {
    **{
        f"dll.{k}": Text(f"file.{k}")
        for k in (
            "path", "name", "hash.md5", "hash.sha1", "hash.sha256", "pe.imphash", "pe.original_file_name", "pe.company",
            "pe.description", "pe.file_version", "pe.product", "code_signature.subject_name", "code_signature.status",
        )
    },
    "dll.code_signature.exists": each(_is_signed, "Signed"),
    "dll.code_signature.trusted": each(_trusted, "Signed", "SignatureStatus"),
    "file.code_signature.trusted": each(_trusted, "Signed", "SignatureStatus"),
}  # fmt: skip

_VALUE_SET: dict[str, Expr] = {
    "process.pid": text("ProcessId"),
    **executable_of(text("ProcessName")),
    "registry.path": each(full_path, "ObjectName", "ObjectValueName"),
    "registry.hive": each(hive, "ObjectName"),
    "registry.key": each(below_hive, "ObjectName"),
    "registry.value": each(value_name, "ObjectValueName"),
    "registry.data.strings": Each(_alone, (text("NewValue"),), many=True),
    "registry.data.type": each(registry_type, "NewValueType"),
}
# PowerShell logs from the process that runs the script.
_SCRIPT_HOST: dict[str, Expr] = {"process.pid": Text("winlog.process.pid")}
_CREATED: dict[str, Expr] = {
    "process.args_count": Each(_counted, ("process.command_line",)),
}
_WRITER: dict[str, Expr] = {"process.pid": text("ClientProcessId"), "process.parent.pid": text("ParentProcessId")}

EXTENSIONS: Mapping[Kind, Mapping[str, Expr]] = {
    (sysmon.PROVIDER, 7): _LIBRARY,
    # The integration's newest release keeps it, and rules made from Sigma's read it; older ones took it away.
    (sysmon.PROVIDER, 13): {DATA + "Details": text("Details")},
    (security.PROVIDER, 4657): _VALUE_SET,
    (security.PROVIDER, 4688): _CREATED,
    **{(security.PROVIDER, number): _WRITER for number in (4698, 4699, 4700, 4701, 4702)},
    **{(powershell.PROVIDER, number): _SCRIPT_HOST for number in (4103, 4104, 4105, 4106)},
    **task_scheduler.EXTENSIONS,
    **dcom.EXTENSIONS,
}
