"""Windows' own event XML as JSON: evtx_dump, Chainsaw, python-evtx, Velociraptor, and what the `evtx` package gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from comtrap.sources.shapes.kind import kind
from comtrap.sources.shapes.moment import moment
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

SHAPE = "evtx_dump"

GUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
ATTRIBUTES, _TEXT = "#attributes", ("#text", "Value", "@text", "text")
_SUFFIX = "_attributes"  # evtx_dump --separate-json-attributes, Chainsaw

_PLAIN = (
    ("Channel", "winlog.channel"),
    ("Computer", "winlog.computer_name"),
    ("EventRecordID", "winlog.record_id"),
    ("Keywords", "winlog.keywords"),
    ("Level", "winlog.level"),
    ("Opcode", "winlog.opcode"),
    ("Task", "winlog.task"),
    ("Version", "winlog.version"),
)
_ATTRIBUTE = (
    ("Provider", "Name", "winlog.provider_name"),
    ("Provider", "Guid", "winlog.provider_guid"),
    ("Correlation", "ActivityID", "winlog.activity_id"),
    ("Correlation", "RelatedActivityID", "winlog.related_activity_id"),
    ("Execution", "ProcessID", "winlog.process.pid"),
    ("Execution", "ThreadID", "winlog.process.thread.id"),
    ("Security", "UserID", "winlog.user.identifier"),
)


def shaped(record: Mapping[str, Any]) -> Shaped | None:
    """The event in Winlogbeat's form; None where the record has no `System` element."""
    event = _event(record)
    return None if event is None else from_event(event, SHAPE)


def from_event(event: Mapping[str, Any], shape: str) -> Shaped:
    """The content of an `Event` element in Winlogbeat's form.

    As there, empty data is no data, unnamed data is called param1, param2 …, and a GUID that was stored as one has
    braces and lower case.
    """
    system = event.get("System")
    if not isinstance(system, dict):
        system = {}
    document: dict[str, Any] = {}
    for element, name in _PLAIN:
        if (value := _text(system.get(element))) is not None:
            document[name] = value
    for element, attribute, name in _ATTRIBUTE:
        if (value := _attribute(system, element, attribute)) is not None:
            document[name] = value
    code = _text(system.get("EventID"))
    document["winlog.event_id"] = code
    document["@timestamp"] = document["winlog.time_created"] = moment(_attribute(system, "TimeCreated", "SystemTime"))
    if "EventData" in event:
        document["winlog.event_data"] = _event_data(event["EventData"])
    if type(rendered := event.get("RenderingInfo")) is dict and (message := _text(rendered.get("Message"))) is not None:
        document["message"] = message
    if "UserData" in event:
        document["winlog.user_data"] = _user_data(event["UserData"])
    found = kind(document.get("winlog.provider_name"), document.get("winlog.channel"), code)
    if found[0] and not document.get("winlog.provider_name"):
        document["winlog.provider_name"] = found[0]
    return Shaped(found, shape, document)


def _event(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    event = record.get("Event")
    if type(event) is dict and ("System" in event or "EventData" in event):
        return event
    if "System" in record and ("EventData" in record or "UserData" in record or type(record["System"]) is dict):
        return record
    # A Chainsaw detection has the event below `document`.
    document = record.get("document")
    data = document.get("data") if type(document) is dict else None
    return _event(data) if type(data) is dict and "document" not in data else None


def _attribute(system: Mapping[str, Any], element: str, attribute: str) -> Any:
    found = system.get(element)
    if type(found) is dict:
        inner = found.get(ATTRIBUTES)
        if type(inner) is dict:
            return _plain(inner.get(attribute))
        return _plain(found.get("@" + attribute, found.get(attribute)))
    beside = system.get(element + _SUFFIX)
    return _plain(beside.get(attribute)) if type(beside) is dict else None


def _text(found: Any) -> Any:
    """An element's text, whether it has attributes or not."""
    if type(found) is dict:
        return next((_plain(found[name]) for name in _TEXT if name in found), None)
    return _plain(found)


def _plain(value: Any) -> Any:
    """A value as Windows renders it; empty is none."""
    if type(value) is str:
        if len(value) == 36 and GUID.fullmatch(value):
            return "{" + value.lower() + "}"
        return value or None
    return None if value in ([], {}) else value


def _event_data(data: Any) -> dict[str, Any]:
    if type(data) is not dict:
        return {} if data is None else _unnamed(data)
    out: dict[str, Any] = {}
    for key, value in data.items():
        if key == "Data":
            out |= _unnamed(value)
        elif key[:1] not in {"#", "@"} and not key.endswith(_SUFFIX):
            out[key] = _value(value)
    return out


def _unnamed(data: Any) -> dict[str, Any]:
    """`Data` elements: with a name each, or numbered."""
    if type(data) is dict and isinstance(data.get("#text"), list):
        data = data["#text"]
    out: dict[str, Any] = {}
    for number, item in enumerate(data if type(data) is list else [data], 1):
        name = _attribute({"": item}, "", "Name") if type(item) is dict else None
        value = _value(item)
        if value is not None:
            out.setdefault(name if isinstance(name, str) and name else f"param{number}", value)
    return out


def _user_data(data: Any) -> dict[str, Any]:
    """The fields of the one element in `UserData`, and what that element is called."""
    if type(data) is not dict:
        return {}
    for name, element in data.items():
        if type(element) is dict and name[:1] not in {"#", "@"} and not name.endswith(_SUFFIX):
            return {"xml_name": name, **_fields(element)}
    return {}


def _value(value: Any) -> Any:
    """The value of an element: a text, several, or elements of its own."""
    if type(value) is dict:
        text = _text(value)
        return _fields(value) or None if text is None else text
    if type(value) is list:
        return [inner for item in value if (inner := _value(item)) is not None] or None
    return _plain(value)


def _fields(element: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: inner
        for key, value in element.items()
        if key[:1] not in {"#", "@"} and not key.endswith(_SUFFIX) and (inner := _value(value)) is not None
    }
