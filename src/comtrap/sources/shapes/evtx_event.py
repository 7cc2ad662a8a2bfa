"""What the `evtx` package gives of an event: one form of event XML as JSON, taken apart once it is columns.

To bring each record into Winlogbeat's form by itself would take longer than to decode it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.sources.columns import merged
from comtrap.sources.shapes.event import ATTRIBUTES, GUID, from_event
from comtrap.sources.shapes.kind import kind
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

SHAPE = "evtx"

_EMPTY: Mapping[str, Any] = {}
_DATA, _EVENT_DATA, _TEXT = "winlog.event_data.", "EventData.", ".#text"
NAMES = {
    "System.Channel": ("winlog.channel",),
    "System.Computer": ("winlog.computer_name",),
    "System.Correlation.#attributes.ActivityID": ("winlog.activity_id",),
    "System.Correlation.#attributes.RelatedActivityID": ("winlog.related_activity_id",),
    "System.EventID": ("winlog.event_id",),
    "System.EventID.#text": ("winlog.event_id",),
    "System.EventRecordID": ("winlog.record_id",),
    "System.Execution.#attributes.ProcessID": ("winlog.process.pid",),
    "System.Execution.#attributes.ThreadID": ("winlog.process.thread.id",),
    "System.Keywords": ("winlog.keywords",),
    "System.Level": ("winlog.level",),
    "System.Opcode": ("winlog.opcode",),
    "System.Provider.#attributes.Guid": ("winlog.provider_guid",),
    "System.Provider.#attributes.Name": ("winlog.provider_name",),
    "System.Security.#attributes.UserID": ("winlog.user.identifier",),
    "System.Task": ("winlog.task",),
    "System.TimeCreated.#attributes.SystemTime": ("@timestamp", "winlog.time_created"),
    "System.Version": ("winlog.version",),
    "RenderingInfo.Message": ("message",),
}
_PATHS: dict[str, list[str]] = {}
for _path, _names in NAMES.items():
    for _name in _names:
        _PATHS.setdefault(_name, []).append(_path)
GUIDS = frozenset({"winlog.provider_guid", "winlog.activity_id", "winlog.related_activity_id"})


def shaped(event: Mapping[str, Any]) -> Shaped:
    """The record's kind, its document the event as it is; where that is of no ordinary form, Winlogbeat's document."""
    system = event.get("System")
    data = event.get("EventData", _EMPTY)
    if (
        type(system) is not dict
        or "UserData" in event
        or (data is not None and (type(data) is not dict or "Data" in data))
    ):
        return from_event(event, SHAPE)
    provider = system.get("Provider")
    name = provider.get(ATTRIBUTES, _EMPTY).get("Name") if type(provider) is dict else None
    if not name:
        return from_event(event, SHAPE)
    code = system.get("EventID")
    return Shaped(kind(name, None, code.get("#text") if type(code) is dict else code), SHAPE, event)


def paths(wanted: frozenset[str]) -> frozenset[str]:
    """Where in such events, or in documents of Winlogbeat's form, wanted columns are found."""
    found = set(wanted)
    for name in wanted:
        found.update(_PATHS.get(name, ()))
        if name.startswith(_DATA):
            path = _EVENT_DATA + name.removeprefix(_DATA)
            found.update((path, path + _TEXT))
    return frozenset(found)


def renamed(found: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The columns of such events under Winlogbeat's names, values as Windows renders them: see `from_event`."""
    out: dict[str, pa.Array] = {}
    for path, column in found.items():
        if path.startswith(_EVENT_DATA):
            is_data = f".{ATTRIBUTES}." not in path
            names: tuple[str, ...] = (_DATA + path.removeprefix(_EVENT_DATA).removesuffix(_TEXT),) if is_data else ()
        else:
            names = NAMES.get(path, () if path.startswith(("System.", "#", "RenderingInfo.")) else (path,))
        for name in names:
            mended = _mended(column) if name.startswith(_DATA) or name in GUIDS else column
            out[name] = mended if name not in out else merged(out[name], mended)
    return out


def _mended(column: pa.Array) -> pa.Array:
    """Empty texts as null, GUIDs that were stored as such with braces and in lower case."""
    if not pa.types.is_string(column.type):
        return column
    sizes = np.asarray(pc.binary_length(column).fill_null(1))
    if (sizes == 0).any():
        column = pc.if_else(pa.array(sizes == 0), pa.scalar(None, pa.string()), column)
    if (sizes == 36).any():
        guids = pc.match_substring_regex(column, f"^{GUID.pattern}$")
        if pc.any(guids).as_py():
            braced = pc.binary_join_element_wise("{", pc.utf8_lower(column), "}", "")
            column = pc.if_else(guids, braced, column)
    return column
