"""What kind of event a record is, though its provider may be missing or written in another case."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from comtrap.events.raw import ECS

if TYPE_CHECKING:
    from comtrap.events.raw import Kind

SYSMON = "Microsoft-Windows-Sysmon"

_CHANNELS = {
    "microsoft-windows-sysmon/operational": SYSMON,
    "security": "Microsoft-Windows-Security-Auditing",
    "microsoft-windows-powershell/operational": "Microsoft-Windows-PowerShell",
    "powershellcore/operational": "PowerShellCore",
    "windows powershell": "PowerShell",
    "microsoft-windows-taskscheduler/operational": "Microsoft-Windows-TaskScheduler",
    "microsoft-windows-wmi-activity/operational": "Microsoft-Windows-WMI-Activity",
}
"""The provider that writes nearly all of a channel, for records that have lost theirs."""

_PROVIDERS = {
    name.lower(): name
    for name in (*_CHANNELS.values(), "Microsoft-Windows-DistributedCOM", "Microsoft-Windows-Eventlog")
}  # fmt: skip
# The only other provider whose events fill a part of a channel above: the log itself, in Security.
_EVENTLOG = {1100, 1101, 1102, 1104, 1105, 1108}


def kind(provider: Any, channel: Any, code: Any) -> Kind:
    """The kind of an event by what its record says, `ECS` where it says no event id.

    Args:
        provider: as the record has it, or None.
        channel: as the record has it, or None.
        code: the event id, a number or its digits.
    """
    try:
        return _kind(provider, channel, code)
    except TypeError:  # a list or an object cannot be looked up
        return _kind(*(value if isinstance(value, str | int) else None for value in (provider, channel, code)))


@lru_cache(8192, typed=True)  # True and 1 are equal
def _kind(provider: Any, channel: Any, code: Any) -> Kind:
    number = _number(code)
    if number is None:
        return ECS
    if isinstance(provider, str) and provider:
        return _PROVIDERS.get(provider.lower(), provider), number
    written = channel.lower() if isinstance(channel, str) else ""
    if written == "security" and number in _EVENTLOG:
        return "Microsoft-Windows-Eventlog", number
    return _CHANNELS.get(written, ""), number


def _number(code: Any) -> int | None:
    digits = str(code).strip() if isinstance(code, int | str) and not isinstance(code, bool) else ""
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        return None
    return int(digits)
