"""Registry fields, as Elastic's Sysmon pipelines write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from comtrap.normalise.values import Each, Part, each, text

if TYPE_CHECKING:
    from comtrap.normalise.values import Expr

_HIVES = {
    long_or_short: short
    for long_name, short in (
        ("HKEY_CLASSES_ROOT", "HKCR"),
        ("HKEY_CURRENT_CONFIG", "HKCC"),
        ("HKEY_CURRENT_USER", "HKCU"),
        ("HKEY_DYN_DATA", "HKDD"),
        ("HKEY_LOCAL_MACHINE", "HKLM"),
        ("HKEY_PERFORMANCE_DATA", "HKPD"),
        ("HKEY_USERS", "HKU"),
    )
    for long_or_short in (long_name, short)
}
_DWORD = re.compile(r"DWORD \((0x[0-9A-F]{8})\)", re.IGNORECASE)
_QWORD = re.compile(r"QWORD \((0x[0-9A-F]{8})-(0x[0-9A-F]{8})\)", re.IGNORECASE)


def parts(path: str) -> dict[str, str | None]:
    """``hive``, ``key`` (with the value's name) and ``value`` (the last part, even of a key) of a path."""
    tokens = path.rstrip("\\").split("\\")
    hive = _HIVES.get(tokens[0])
    key = "\\".join(tokens[1:]) if hive is not None and len(tokens) > 1 else None
    return {"hive": hive, "key": key, "value": tokens[-1]}


def data(details: str) -> dict[str, str | list[str]]:
    """``type`` and ``strings`` of Sysmon's Details; a QWORD's upper half is shifted by 8, as Elastic does."""
    if found := _QWORD.fullmatch(details):
        return {"type": "SZ_QWORD", "strings": [str((int(found[1], 16) << 8) + int(found[2], 16))]}
    if found := _DWORD.fullmatch(details):
        return {"type": "SZ_DWORD", "strings": [str(int(found[1], 16))]}
    if details == "Binary Data":
        return {"type": "REG_BINARY", "strings": [details]}
    return {"type": "REG_SZ", "strings": [details]}


_PARTS = Each(parts, ("registry.path",))
_DATA = each(data, "Details")

REGISTRY: dict[str, Expr] = {
    "registry.path": text("TargetObject"),
    "registry.hive": Part(_PARTS, "hive"),
    "registry.key": Part(_PARTS, "key"),
    "registry.value": Part(_PARTS, "value"),
    "registry.data.type": Part(_DATA, "type"),
    "registry.data.strings": Part(_DATA, "strings"),
}
"""Source: ECS_MAPPING section 3.2."""
