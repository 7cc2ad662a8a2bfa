r"""One view of a registry path, whoever wrote it down.

Sysmon writes ``HKU\S-1-5-21-…_Classes\CLSID\…`` and ``HKCR\CLSID\…``, Endpoint ``HKEY_USERS\…`` and
``HKLM\SOFTWARE\Classes\…``, the Security log ``\REGISTRY\USER\…``, people ``HKCU\Software\Classes\…``.
Nothing here depends on the case of the path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

DEFAULT_VALUE = "(Default)"  # as Sysmon writes the value without a name

REMEMBERED = 512  # characters; what is below a key is read for many values in a row

_HIVES = {
    "hklm": "machine",
    "hkey_local_machine": "machine",
    "hku": "users",
    "hkey_users": "users",
    "hkcu": "user",
    "hkey_current_user": "user",
    "hkcr": "classes",
    "hkey_classes_root": "classes",
}
# As regedit and PowerShell begin a path.
_PREFIX = re.compile(r"\A(?:Computer\\|(?:Microsoft\.PowerShell\.Core\\)?Registry::)", re.IGNORECASE)
_NATIVE = {"machine": "machine", "user": "users", "a": "app"}
_ABBREVIATED = {"machine": "HKLM", "users": "HKEY_USERS"}


@dataclass(frozen=True, slots=True)
class RegistryPath:
    """Where in the registry a path points.

    Attributes:
        scope: ``user``, ``machine`` or ``app``; None for other hives.
        sid: whose hive, for `user`; None where the path does not say (HKCU).
        key: the key below the hive, as written, without the value's name.
        value: the value's name, empty for the default value; None for a path that names a key.
        classes_path: the key below the Classes key, WOW6432Node taken off; None elsewhere.
        view: 32 below WOW6432Node, else 64.
    """

    scope: str | None
    sid: str | None
    key: str
    value: str | None
    classes_path: str | None
    view: int


def canonical(path: str, *, has_value: bool) -> RegistryPath | None:
    """The view of a path, or None where it names no hive.

    Args:
        path: hive, key and, with `has_value`, the value's name; a path that then ends in a backslash names the
            default value.
        has_value: whether the last part is a value's name, which the path cannot tell.
    """
    value = None
    if has_value:
        path, found, value = path.rpartition("\\")
        if not found:
            path, value = value, ""
        elif value == DEFAULT_VALUE:
            value = ""
    place = _remembered(path) if len(path) <= REMEMBERED else _place(path)
    if place is None:
        return None
    return RegistryPath(place.scope, place.sid, place.key, value, place.classes_path, place.view)


def abbreviated(path: str) -> str:
    r"""A path that begins with ``\REGISTRY\MACHINE`` or ``\REGISTRY\USER``, with the hive's name instead."""
    hive, rest = _hive(path)
    if hive in _ABBREVIATED and path.startswith("\\"):
        return f"{_ABBREVIATED[hive]}\\{rest}" if rest else _ABBREVIATED[hive]
    return path


def _hive(path: str) -> tuple[str | None, str]:
    head, _, rest = _PREFIX.sub("", path).partition("\\")
    if not head:
        head, _, rest = rest.partition("\\")
        if head.lower() != "registry":
            return None, path
        head, _, rest = rest.partition("\\")
        return _NATIVE.get(head.lower()), rest
    return _HIVES.get(head.lower()), rest


def _place(path: str) -> RegistryPath | None:
    """The view of a path that names a key."""
    hive, rest = _hive(path)
    if hive is None:
        return None
    key = rest.rstrip("\\")
    parts = key.split("\\")
    low = [p.lower() for p in parts[:5]]
    scope, sid, classes = _owner(hive, parts[0], low)
    narrow = "wow6432node" in low[: 3 if classes is None else classes + 1]
    below = [] if classes is None else parts[classes:]
    if narrow and below and below[0].lower() == "wow6432node":
        below = below[1:]
    return RegistryPath(scope, sid, key, None, "\\".join(below) or None, 32 if narrow else 64)


_remembered = lru_cache(1 << 14)(_place)


def _owner(hive: str, first: str, low: list[str]) -> tuple[str, str | None, int | None]:
    """Scope, SID and how many leading parts lead to the Classes key (None: the path is not below it)."""
    match hive:
        case "classes":
            return "machine", None, 0
        case "machine":
            return "machine", None, _classes(low, 0)
        case "user":
            return "user", None, _classes(low, 0)
        case "users":
            if low[0].endswith("_classes"):
                return "user", first[: -len("_classes")], 1
            return "user", first or None, _classes(low, 1)
        case _:
            return "app", None, None


def _classes(low: list[str], start: int) -> int | None:
    if low[start : start + 2] == ["software", "classes"]:
        return start + 2
    if low[start : start + 3] == ["software", "wow6432node", "classes"]:
        return start + 3
    return None
