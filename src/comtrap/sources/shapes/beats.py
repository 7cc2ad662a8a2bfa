"""Documents of Winlogbeat (7 and later) and Elastic Agent: what the raw form is named after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.sources.shapes.kind import kind
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

WINLOGBEAT, AGENT = "winlogbeat", "agent"

_TOLD_BY = ("winlog.provider_name", "winlog.channel", "winlog.event_id")
_DOTTED = frozenset({*_TOLD_BY, "winlog.record_id"})


def shaped(record: Mapping[str, Any]) -> Shaped | None:
    """The document as it is, its provider named; None where it has nothing under `winlog`."""
    winlog = record.get("winlog")
    if type(winlog) is dict:
        provider, channel, code = winlog.get("provider_name"), winlog.get("channel"), winlog.get("event_id")
    elif winlog is None and not _DOTTED.isdisjoint(record):
        provider, channel, code = (record.get(name) for name in _TOLD_BY)
    else:
        return None
    shipper = value(record, "agent", "type")
    if provider is None:
        provider = value(record, "event", "provider") or record.get("winlog.provider_name")
    if code is None:
        code = value(record, "event", "code") or record.get("winlog.event_id")
    found = kind(provider, channel, code)
    if provider is None and found[0]:
        record = {**record, "winlog.provider_name": found[0]}
    is_winlogbeat = shipper == WINLOGBEAT or value(record, "@metadata", "beat") == WINLOGBEAT
    return Shaped(found, WINLOGBEAT if is_winlogbeat else AGENT, record)


def value(record: Mapping[str, Any], first: str, second: str) -> Any:
    """What stands at a dotted name of two parts, however it is written."""
    inner = record.get(first)
    if type(inner) is dict and second in inner:
        return inner[second]
    return record.get(f"{first}.{second}")
