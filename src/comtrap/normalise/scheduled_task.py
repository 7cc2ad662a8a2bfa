"""The XML of a scheduled task, as events 4698 to 4702 carry it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from comtrap.normalise.values import Each, First, Objects, Part, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.normalise.values import Expr

SIZE = 1 << 20  # characters; Windows itself takes no task near that
ITEMS = 256  # actions, triggers, principals read of one task

_ACTIONS = {"exec": "exec", "comhandler": "com_handler"}
_TRIGGERS = {
    "boottrigger": "boot",
    "wnfstatechangetrigger": "wnf_state_change",
    "timetrigger": "time",
    "calendartrigger": "calendar",
    "logontrigger": "logon",
    "registrationtrigger": "registration",
    "sessionstatechangetrigger": "session_state_change",
    "eventtrigger": "event",
    "idletrigger": "idle",
}
# ElementTree itself expands no external entity; without a document type there is none of any sort.
_REFUSED = ("<!DOCTYPE", "<!ENTITY")


def parse(content: str) -> dict[str, Any] | None:
    """The task's leaves by their name below ``winlog.scheduled_task``; None for what is no task."""
    if len(content) > SIZE:
        return None
    written = html.unescape(content) if content.lstrip().startswith("&lt;") else content
    start = written.find("<Task")
    if start < 0 or any(word in written.upper() for word in _REFUSED):
        return None
    try:
        task = ET.fromstring(written[start:].rstrip("\0 \r\n\t"))  # noqa: S314 - no document type gets here
    except (ET.ParseError, ValueError, RecursionError):
        return None
    about, settings = _child(task, "registrationinfo"), _child(task, "settings")
    out = {
        "uri": _text(about, "uri"),
        "description": _text(about, "description"),
        "author": _text(about, "author"),
        "settings.enabled": _text(settings, "enabled"),
        "settings.hidden": _text(settings, "hidden"),
        "actions": list(_actions(_child(task, "actions"))),
        "triggers": list(_triggers(_child(task, "triggers"))),
        "principals": list(_principals(_child(task, "principals"))),
    }
    return {k: v for k, v in out.items() if v}


def _actions(parent: ET.Element | None) -> Iterator[dict[str, Any]]:
    context = None if parent is None else parent.get("Context")
    for node in _children(parent):
        kind = _ACTIONS.get(_tag(node))
        if kind is None:
            continue
        action = {
            "type": kind,
            "id": node.get("id"),
            "context": context,
            "command": _text(node, "command"),
            "arguments": _text(node, "arguments"),
            "working_directory": _text(node, "workingdirectory"),
            "class_id": _text(node, "classid"),
        }
        names = ("type", "context", "command", "arguments", "working_directory", "class_id")
        action["definition"] = _definition({name: action[name] for name in names})
        yield {k: v for k, v in action.items() if v}


def _triggers(parent: ET.Element | None) -> Iterator[dict[str, Any]]:
    for node in _children(parent):
        kind = _TRIGGERS.get(_tag(node))
        if kind is None:
            continue
        repetition = _child(node, "repetition")
        named = {"interval": "interval", "duration": "duration", "stop_at_duration_end": "stopatdurationend"}
        repeated = {name: _text(repetition, tag) for name, tag in named.items()}
        enabled = _text(node, "enabled")
        trigger: dict[str, Any] = {"type": kind, "enabled": _truth(enabled)}
        trigger["definition"] = _definition({"type": kind, "enabled": enabled, **repeated})
        found = {**repeated, "stop_at_duration_end": _truth(repeated["stop_at_duration_end"])}
        trigger["repetition"] = {k: v for k, v in found.items() if v is not None}
        yield {k: v for k, v in trigger.items() if v is not None and v != {}}


def _principals(parent: ET.Element | None) -> Iterator[dict[str, Any]]:
    for node in _children(parent):
        nested = {
            "user": {"identifier": _text(node, "userid")},
            "group": {"identifier": _text(node, "groupid")},
            "logon": {"type": _text(node, "logontype")},
        }
        principal: dict[str, Any] = {
            "id": node.get("id"),
            "display_name": _text(node, "displayname"),
            "run_level": _text(node, "runlevel"),
        }
        principal |= {k: v for k, v in nested.items() if all(v.values())}
        yield {k: v for k, v in principal.items() if v}


def _definition(items: dict[str, str | None]) -> str:
    """``v=1|name=value|…`` with the signs it is made of percent-encoded in values."""
    escaped = ((k, (v or "").replace("%", "%25").replace("=", "%3D").replace("|", "%7C")) for k, v in items.items())
    return "|".join(["v=1", *(f"{k}={v}" for k, v in escaped)])


def _truth(written: str | None) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get((written or "").lower())


def _tag(node: ET.Element) -> str:
    return node.tag.rpartition("}")[2].lower()


def _children(parent: ET.Element | None) -> list[ET.Element]:
    return [] if parent is None else parent[:ITEMS]


def _child(parent: ET.Element | None, tag: str) -> ET.Element | None:
    return next((node for node in _children(parent) if _tag(node) == tag), None)


def _text(parent: ET.Element | None, tag: str) -> str | None:
    node = _child(parent, tag)
    return None if node is None or node.text is None else node.text.strip() or None


def _listed(name: str) -> Each:
    return Each(_LISTS[name], (_TASK,))


_LISTS = {
    "actions": lambda task: task.get("actions"),
    "triggers": lambda task: task.get("triggers"),
    "principals": lambda task: task.get("principals"),
}
_TASK = Each(parse, (First((text("TaskContent"), text("TaskContentNew"))),))
_OF = "winlog.scheduled_task."

SCHEDULED_TASK: dict[str, Expr] = {
    f"{_OF}name": text("TaskName"),
    **{f"{_OF}{k}": Part(_TASK, k) for k in ("uri", "description", "author", "settings.enabled", "settings.hidden")},
    f"{_OF}actions": Objects(
        _listed("actions"),
        ("type", "id", "context", "command", "arguments", "working_directory", "class_id", "definition"),
    ),
    f"{_OF}triggers": Objects(
        _listed("triggers"),
        (
            "type", "enabled", "definition",
            "repetition.interval", "repetition.duration", "repetition.stop_at_duration_end",
        ),
    ),
    f"{_OF}principals": Objects(
        _listed("principals"),
        ("id", "display_name", "user.identifier", "group.identifier", "logon.type", "run_level"),
    ),
}  # fmt: skip
"""Source: ECS_MAPPING sections 4.2 and 10."""
