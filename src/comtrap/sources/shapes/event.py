"""Windows' own event XML as JSON: evtx_dump, Chainsaw, python-evtx, Velociraptor, and what the `evtx` package gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.sources.shapes.kind import kind
from comtrap.sources.shapes.moment import moment
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

SHAPE = "evtx_dump"

_GUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_ATTRIBUTES, _TEXT = "#attributes", ("#text", "Value", "@text", "text")
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
_ELEMENTS = ("Provider", "TimeCreated", "Execution", "Security", "Correlation")
_EMPTY: Mapping[str, Any] = {}
_SCALARS = frozenset({str, int, float, bool, type(None)})


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
    if "UserData" in event:
        document["winlog.user_data"] = _user_data(event["UserData"])
    found = kind(document.get("winlog.provider_name"), document.get("winlog.channel"), code)
    if found[0] and not document.get("winlog.provider_name"):
        document["winlog.provider_name"] = found[0]
    return Shaped(found, shape, document)


def from_evtx(event: Mapping[str, Any], shape: str) -> Shaped:
    """The same for what the `evtx` package gives, which has one form only; quicker.

    Event data is handed on as it is, to be mended once it is columns (`mended`).
    """
    system = event.get("System")
    data = event.get("EventData")
    if type(system) is not dict or "UserData" in event or not _is_plain(data):
        return from_event(event, shape)
    provider, created, execution, security, correlation = (
        inner.get(_ATTRIBUTES, _EMPTY) if type(inner := system.get(name)) is dict else _EMPTY for name in _ELEMENTS
    )
    code = system.get("EventID")
    code = code.get("#text") if type(code) is dict else code
    name, channel = provider.get("Name"), system.get("Channel")
    found = kind(name, channel, code)
    stamp = created.get("SystemTime")
    document = {
        "@timestamp": stamp,
        "winlog.time_created": stamp,
        "winlog.event_id": code,
        "winlog.provider_name": name or found[0] or None,
        "winlog.provider_guid": _plain(provider.get("Guid")),
        "winlog.channel": channel,
        "winlog.computer_name": system.get("Computer"),
        "winlog.record_id": system.get("EventRecordID"),
        "winlog.event_data": data,
        "winlog.keywords": system.get("Keywords"),
        "winlog.level": system.get("Level"),
        "winlog.opcode": system.get("Opcode"),
        "winlog.task": system.get("Task"),
        "winlog.version": system.get("Version"),
        "winlog.process.pid": execution.get("ProcessID"),
        "winlog.process.thread.id": execution.get("ThreadID"),
        "winlog.user.identifier": security.get("UserID"),
    }
    if correlation:
        document["winlog.activity_id"] = _plain(correlation.get("ActivityID"))
        document["winlog.related_activity_id"] = _plain(correlation.get("RelatedActivityID"))
    return Shaped(found, shape, document)


def mended(name: str, column: pa.Array) -> pa.Array:
    """A column of event data as Windows renders it: see `from_event`."""
    if not name.startswith("winlog.event_data.") or not pa.types.is_string(column.type):
        return column
    sizes = np.asarray(pc.binary_length(column).fill_null(1))
    if (sizes == 0).any():
        column = pc.if_else(pa.array(sizes == 0), pa.scalar(None, pa.string()), column)
    if (sizes == 36).any():
        guids = pc.match_substring_regex(column, f"^{_GUID.pattern}$")
        if pc.any(guids).as_py():
            braced = pc.binary_join_element_wise("{", pc.utf8_lower(column), "}", "")
            column = pc.if_else(guids, braced, column)
    return column


def _is_plain(data: Any) -> bool:
    """Whether event data is nothing but named texts, numbers and booleans."""
    if type(data) is not dict:
        return data is None
    return "Data" not in data and _ATTRIBUTES not in data and _SCALARS.issuperset(map(type, data.values()))


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
        inner = found.get(_ATTRIBUTES)
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
        if len(value) == 36 and _GUID.fullmatch(value):
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
