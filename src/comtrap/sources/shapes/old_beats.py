"""Documents of Winlogbeat before 7: no `winlog`, the event's fields at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.sources.shapes.kind import kind
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

SHAPE = "winlogbeat6"

_NAMES = {
    "activity_id": "winlog.activity_id",
    "computer_name": "winlog.computer_name",
    "event_data": "winlog.event_data",
    "event_id": "winlog.event_id",
    "keywords": "winlog.keywords",
    "level": "winlog.level",
    "log_name": "winlog.channel",
    "opcode": "winlog.opcode",
    "process_id": "winlog.process.pid",
    "provider_guid": "winlog.provider_guid",
    "record_number": "winlog.record_id",
    "related_activity_id": "winlog.related_activity_id",
    "source_name": "winlog.provider_name",
    "task": "winlog.task",
    "thread_id": "winlog.process.thread.id",
    "user": "winlog.user",
    "user_data": "winlog.user_data",
    "version": "winlog.version",
    "xml": "winlog.xml",
    "beat": "agent",
}
"""What became of each field in Winlogbeat 7. Source: Winlogbeat's reference, "Breaking changes in 7.0"."""


def shaped(record: Mapping[str, Any]) -> Shaped | None:
    """The document under its newer names; None where it is none.

    `host` is the machine that ran Winlogbeat, which need not be the one that wrote the event (forwarded events); it goes,
    as it stays in `agent`.
    """
    if "event_id" not in record or ("log_name" not in record and "event_data" not in record):
        return None
    found = kind(record.get("source_name"), record.get("log_name"), record["event_id"])
    document = {_NAMES.get(key, key): value for key, value in record.items()}
    if "computer_name" in record and "beat" in record:
        document.pop("host", None)
    if found[0] and not record.get("source_name"):
        document["winlog.provider_name"] = found[0]
    return Shaped(found, SHAPE, document)
