"""Documents that are ECS already, Elastic Endpoint's among them, and objects of which nothing is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.events.raw import ECS
from comtrap.sources.shapes.beats import value
from comtrap.sources.shapes.kind import kind
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT, ECS_DOCUMENT = "endpoint", "ecs"


def shaped(record: Mapping[str, Any]) -> Shaped:
    """The document as it is.

    One that names a Windows provider and event id, but has nothing under `winlog`, is an event of that kind whose raw
    fields were left out.
    """
    if _is_endpoint(record):
        return Shaped(ECS, ENDPOINT, record)
    provider = value(record, "event", "provider")
    found = kind(provider, None, value(record, "event", "code")) if isinstance(provider, str) and provider else ECS
    return Shaped(found, ECS_DOCUMENT, record)


def of_endpoint(record: Mapping[str, Any]) -> Shaped | None:
    """The document as it is, if it says that Elastic Endpoint wrote it; whatever else it has, it is none of Windows' own."""
    if "agent" not in record and "agent.type" not in record:
        return None
    inner = record.get("agent")
    said = (inner.get("type") if type(inner) is dict else None, record.get("agent.type"))
    if ENDPOINT in said or any(type(one) is list and ENDPOINT in one for one in said):
        return Shaped(ECS, ENDPOINT, record)
    return None


def _is_endpoint(record: Mapping[str, Any]) -> bool:
    datasets = (value(record, "data_stream", "dataset"), value(record, "event", "dataset"))
    return any(isinstance(name, str) and name.startswith("endpoint.") for name in datasets)
