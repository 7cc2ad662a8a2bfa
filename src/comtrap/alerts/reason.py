"""The sentence that says what an alert is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.normalise import document as documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.rules.rule import Rule


def reason(rule: Rule, event: Mapping[str, Any]) -> str:
    """Elastic's sentence for an alert; what is not known is left out.

    Args:
        rule: what fired.
        event: a single event, or what the events of a sequence share.
    """
    process = event.get("process")
    category = _first(_of(event.get("event"), "category"))
    named = [
        ("process", _first(_of(process, "name"))),
        ("parent process", _first(_of(_of(process, "parent"), "name"))),
        ("file", _first(_of(event.get("file"), "name"))),
        ("source", _address(event, "source")),
        ("destination", _address(event, "destination")),
    ]
    things = ", ".join([f"{what} {value}" for what, value in named if value is not None])
    user, host = _first(_of(event.get("user"), "name")), _first(_of(event.get("host"), "name"))
    said = "event" if category is None else f"{category} event"
    said += f" with {things}," if things else ""
    said += "" if user is None else f" by {user}"
    said += "" if host is None else f" on {host}"
    return f"{said} created {rule.severity.word} alert {rule.name}."


def first(event: Mapping[str, Any], name: str) -> Any:
    """The first value of a field, or None."""
    return _first(documents.get(event, name))


def _first(value: Any) -> Any:
    if isinstance(value, list):
        return value[0] if value else None
    return None if value in ("", {}) else value


def _of(node: Any, name: str) -> Any:
    """What an object holds under one part of a name; looking up dotted names takes long for this many."""
    return node.get(name) if isinstance(node, dict) else None


def _address(event: Mapping[str, Any], side: str) -> str | None:
    if side not in event:
        return None
    address, port = first(event, f"{side}.ip"), first(event, f"{side}.port")
    return None if address is None else f"{address}:{port}" if port is not None else str(address)
