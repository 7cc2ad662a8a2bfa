"""Documents of Winlogbeat (7 and later) and Elastic Agent: what the raw form is named after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.sources.shapes.kind import kind
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

WINLOGBEAT, AGENT = "winlogbeat", "agent"

_DOTTED = frozenset({"winlog.channel", "winlog.event_id", "winlog.provider_name", "winlog.record_id"})


def shaped(record: Mapping[str, Any]) -> Shaped | None:
    """The document as it is, its provider named; None where it has nothing under `winlog`, or is Elastic Endpoint's."""
    winlog = record.get("winlog")
    if type(winlog) is not dict:
        if winlog is not None or _DOTTED.isdisjoint(record):
            return None
        winlog = {}
    shipper = value(record, "agent", "type")
    if shipper == "endpoint":
        return None
    provider, channel, code = (
        winlog.get(name, record.get(f"winlog.{name}")) for name in ("provider_name", "channel", "event_id")
    )
    if provider is None:
        provider = value(record, "event", "provider")
    if code is None:
        code = value(record, "event", "code")
    found = kind(provider, channel, code)
    if provider is None and found[0]:
        record = {**record, "winlog.provider_name": found[0]}
    is_winlogbeat = WINLOGBEAT in (shipper, value(record, "@metadata", "beat"))
    return Shaped(found, WINLOGBEAT if is_winlogbeat else AGENT, record)


def value(record: Mapping[str, Any], first: str, second: str) -> Any:
    """What stands at a dotted name of two parts, however it is written."""
    inner = record.get(first)
    if type(inner) is dict and second in inner:
        return inner[second]
    return record.get(f"{first}.{second}")
