"""The index an event would have had in Elastic; rules choose events by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from comtrap.normalise.values import Each, First

if TYPE_CHECKING:
    from comtrap.normalise.values import Expr

OTHER = "logs-winlog.winlog-default"
WINLOGBEAT = "winlogbeat-default"

_CHANNELS = {
    "microsoft-windows-sysmon/operational": "logs-windows.sysmon_operational-default",
    "security": "logs-system.security-default",
    "microsoft-windows-powershell/operational": "logs-windows.powershell_operational-default",
    "windows powershell": "logs-windows.powershell-default",
    "system": "logs-system.system-default",
}
# 1 event in 4,000 of public collections has lost its channel.
_PROVIDERS = {
    "microsoft-windows-sysmon": _CHANNELS["microsoft-windows-sysmon/operational"],
    "microsoft-windows-security-auditing": _CHANNELS["security"],
    "microsoft-windows-powershell": _CHANNELS["microsoft-windows-powershell/operational"],
    "powershell": _CHANNELS["windows powershell"],
    "microsoft-windows-distributedcom": _CHANNELS["system"],
}
_STREAMS = {"process", "registry", "library", "file", "network", "api", "security"}
INDICES = tuple(
    sorted({OTHER, WINLOGBEAT, *_CHANNELS.values(), *(f"logs-endpoint.events.{s}-default" for s in _STREAMS)})
)
"""The indices that Windows' logs and Elastic Endpoint's events have; documents may name others."""
_BACKING = re.compile(r"\.ds-(.+)-\d{4}\.\d\d\.\d\d-\d{6}")


def index(  # noqa: PLR0917 - one argument a column
    channel: str | None,
    provider: str | None,
    agent: str | None,
    dataset: str | None,
    category: str | None,
    written: str | None,
) -> str:
    """By what shipped the event, else by its channel, its provider, the document's own index, its data set.

    A bare ECS document that says nothing of all this is taken as one of Elastic Endpoint's streams by its category.
    """
    if agent == "winlogbeat":
        return WINLOGBEAT
    if dataset is not None and dataset.startswith("endpoint."):
        return f"logs-{dataset}-default"
    known = _CHANNELS.get((channel or "").lower()) or (
        _PROVIDERS.get((provider or "").lower()) if not channel else None
    )
    if known is not None:
        return known
    if channel or provider:
        return OTHER
    if written:
        backing = _BACKING.fullmatch(written)
        return written if backing is None else backing[1]
    if dataset:
        return f"logs-{dataset}-default"
    return f"logs-endpoint.events.{category}-default" if category in _STREAMS else OTHER


INDEX: Expr = Each(
    index,
    (
        "winlog.channel",
        "winlog.provider_name",
        First(("agent.type", "@metadata.beat")),
        First(("data_stream.dataset", "event.dataset")),
        "event.category",
        First(("_index", "comtrap.origin.index")),
    ),
    optional=True,
)
