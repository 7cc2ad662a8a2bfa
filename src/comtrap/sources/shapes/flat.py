"""Events as flat objects: NXLog's, those of collections made with it, and bare dumps of Sysmon's fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from comtrap.events.raw import ECS
from comtrap.sources.shapes.kind import SYSMON, kind
from comtrap.sources.shapes.moment import moment
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind

NXLOG, SYSMON_FLAT = "nxlog", "sysmon_flat"

_SYSTEM = {
    "Channel": "winlog.channel",
    "EventID": "winlog.event_id",
    "Hostname": "winlog.computer_name",
    "Keywords": "winlog.keywords",
    "Level": "winlog.level",
    "Message": "message",
    "ProviderGuid": "winlog.provider_guid",
    "RecordNumber": "winlog.record_id",
    "SourceName": "winlog.provider_name",
    "Task": "winlog.task",
    "tags": "tags",
}
"""NXLog's names for what Windows says of every event."""

_MODULE = {
    "ActivityID": "winlog.activity_id",
    "AccountName": "winlog.user.name",
    "AccountType": "winlog.user.type",
    "Category": "winlog.task",
    "Domain": "winlog.user.domain",
    "ExecutionProcessID": "winlog.process.pid",
    "Opcode": "winlog.opcode",
    "RelatedActivityID": "winlog.related_activity_id",
    "ThreadID": "winlog.process.thread.id",
    "UserID": "winlog.user.identifier",
    "Version": "winlog.version",
}
"""The further ones of its im_msvistalog module. Source: NXLog reference, im_msvistalog, "Fields"."""

_OWN = frozenset({
    "@version", "ERROR_EVT_UNRESOLVED", "EventReceivedTime", "EventTime", "EventTypeOrignal", "OpcodeValue", "Severity",
    "SeverityValue", "SourceModuleName", "SourceModuleType", "TimeCreated", "host", "port",
})  # fmt: skip
"""What the shippers on the way wrote, of no event."""

_SHIPPER = frozenset({"@version", "TimeCreated", "host", "port"})
_OURS = ""  # in the place of a name: to be kept apart from the event's data
_NAMES = {**_SYSTEM, "@timestamp": "@timestamp", **dict.fromkeys(_SHIPPER, _OURS)}
_NAMES_BY_MODULE = {**_NAMES, **_MODULE, **dict.fromkeys(_OWN, _OURS)}
_TYPES = {
    "INFO": "information", "WARNING": "warning", "ERROR": "error", "CRITICAL": "critical", "VERBOSE": "verbose",
    "DEBUG": "verbose", "AUDIT_SUCCESS": "information", "AUDIT_FAILURE": "information",
}  # fmt: skip
"""NXLog's EventType, which takes the place of a field of the event that has the same name, and the level it means."""

_HAVE_EVENT_TYPE = frozenset((SYSMON, code) for code in (12, 13, 14, 17, 18, 19, 20, 21))
_EVENT_TYPE = re.compile(r"(?:^|\n)EventType: *(\w+)")
_SYSMON_FIELDS = frozenset({"UtcTime", "ProcessGuid", "SourceProcessGUID", "RuleName", "EventNamespace", "Image"})


def shaped(record: Mapping[str, Any]) -> Shaped | None:
    """The event in Winlogbeat's form; None where the record is no flat one.

    What is not known to be the shipper's is the event's data.
    """
    if "EventID" in record and ("Channel" in record or "SourceName" in record):
        return _nxlog(record)
    code = record.get("EventId", record.get("EventID", record.get("event_id")))
    if code is not None and not _SYSMON_FIELDS.isdisjoint(record) and "event_data" not in record:
        return _sysmon(record, code)
    return None


def _nxlog(record: Mapping[str, Any]) -> Shaped:
    names = _NAMES_BY_MODULE if "SourceModuleType" in record or "EventReceivedTime" in record else _NAMES
    data: dict[str, Any] = {}
    own: dict[str, Any] = {}
    document: dict[str, Any] = {"winlog.event_data": data, "nxlog": own}
    for key, value in record.items():
        name = names.get(key)
        if name is None:
            data[key] = value
        elif name:
            document[name] = value
        else:
            own[key] = value
    if names is _NAMES_BY_MODULE and "Category" in record:
        document["winlog.task"] = record["Category"]
    created = moment(own.get("TimeCreated"))
    if created is not None:
        document["winlog.time_created"] = created
    if document.get("@timestamp") is None:
        document["@timestamp"] = created if created is not None else moment(own.get("EventTime", data.get("EventTime")))
    provider = document.get("winlog.provider_name")
    found = kind(provider, document.get("winlog.channel"), document["winlog.event_id"])
    if found[0] and not provider:
        document["winlog.provider_name"] = found[0]
    _event_type(data, document, found)
    return Shaped(found, NXLOG, document)


def _event_type(data: dict[str, Any], document: dict[str, Any], found: Kind) -> None:
    """Tell NXLog's EventType from the event's, which the message may still have."""
    written = data.get("EventType")
    if isinstance(written, str) and written in _TYPES:
        del data["EventType"]
        document.setdefault("winlog.level", _TYPES[written])
        if written.startswith("AUDIT_"):
            document["winlog.keywords"] = [written.replace("_", " ").title()]
        written = None
    message = document.get("message")
    if written is None and found in _HAVE_EVENT_TYPE and isinstance(message, str):
        line = _EVENT_TYPE.search(message)
        if line is not None:
            data["EventType"] = line[1]


def _sysmon(record: Mapping[str, Any], code: Any) -> Shaped | None:
    found = kind(SYSMON, None, code)
    if found == ECS:
        return None
    data = {key: value for key, value in record.items() if key not in {"EventId", "EventID", "event_id", "@timestamp"}}
    document = {
        "@timestamp": record.get("@timestamp", moment(record.get("UtcTime"))),
        "winlog.event_id": code,
        "winlog.provider_name": SYSMON,
        "winlog.computer_name": data.pop("Computer", data.pop("Hostname", None)),
        "message": data.pop("Message", None),
        "winlog.event_data": data,
    }
    return Shaped(found, SYSMON_FLAT, document)
