"""Our ECS documents as the rows that platforms keep of the same events."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from comtrap.cli.main import main
from comtrap.normalise.index import index

SYSMON = {
    "1": {
        "Image": "process.executable",
        "CommandLine": "process.command_line",
        "OriginalFileName": "process.pe.original_file_name",
        "ParentImage": "process.parent.executable",
        "ParentCommandLine": "process.parent.command_line",
    },
    "3": {
        "Image": "process.executable",
        "SourceIp": "source.ip",
        "SourcePort": "source.port",
        "DestinationIp": "destination.ip",
        "DestinationPort": "destination.port",
        "Protocol": "network.transport",
    },
    "7": {
        "Image": "process.executable",
        "ImageLoaded": "file.path",
        "OriginalFileName": "file.pe.original_file_name",
    },
    "11": {"Image": "process.executable", "TargetFilename": "file.path"},
    "13": {"Image": "process.executable", "TargetObject": "registry.path", "Details": "registry.data.strings"},
    "20": {"Destination": "process.executable"},
    "4104": {"ScriptBlockText": "powershell.file.script_block_text"},
    "4688": {
        "NewProcessName": "process.executable",
        "CommandLine": "process.command_line",
        "ParentProcessName": "process.parent.executable",
    },
    "4657": {"ProcessName": "process.executable"},
    "4663": {"ProcessName": "process.executable"},
}
DEFENDER = {
    "process": {
        "FolderPath": "process.executable",
        "ProcessCommandLine": "process.command_line",
        "ProcessVersionInfoOriginalFileName": "process.pe.original_file_name",
        "InitiatingProcessFolderPath": "process.parent.executable",
        "InitiatingProcessCommandLine": "process.parent.command_line",
    },
    "library": {"FolderPath": "dll.path", "InitiatingProcessFolderPath": "process.executable"},
    "file": {"FolderPath": "file.path", "InitiatingProcessFolderPath": "process.executable"},
}
TABLES = {
    "process": ("DeviceProcessEvents", "ProcessCreated"),
    "library": ("DeviceImageLoadEvents", "ImageLoaded"),
    "file": ("DeviceFileEvents", "FileCreated"),
}
UDM = {
    "PROCESS_LAUNCH": {
        "target.process.file.full_path": "process.executable",
        "target.process.file.names": "process.pe.original_file_name",
        "target.process.command_line": "process.command_line",
        "principal.process.file.full_path": "process.parent.executable",
        "principal.process.command_line": "process.parent.command_line",
    },
    "PROCESS_MODULE_LOAD": {
        "principal.process.file.full_path": "process.executable",
        "target.file.full_path": "file.path",
    },
    "REGISTRY_MODIFICATION": {
        "principal.process.file.full_path": "process.executable",
        "target.registry.registry_key": "registry.path",
        "target.registry.registry_value_data": "registry.data.strings",
    },
    "FILE_CREATION": {"principal.process.file.full_path": "process.executable", "target.file.full_path": "file.path"},
    "NETWORK_CONNECTION": {
        "principal.process.file.full_path": "process.executable",
        "principal.ip": "source.ip",
        "principal.port": "source.port",
        "target.ip": "destination.ip",
        "target.port": "destination.port",
        "network.ip_protocol": "network.transport",
    },
}
COLUMNS = {
    "CommandLine", "NewProcessId", "NewProcessName", "NewValue", "ObjectName", "ObjectValueName", "OperationType",
    "ParentProcessName", "ProcessId", "ProcessName", "SubjectUserSid",
}  # fmt: skip

DIRECTIONS = {
    **dict.fromkeys(("ingress", "inbound", "incoming"), "false"),
    **dict.fromkeys(("egress", "outbound"), "true"),
}


def documents(path, folder) -> list[dict[str, Any]]:
    """The flat ECS documents of a file of raw records, in order."""
    out = folder / "documents.ndjson"
    assert main(["convert", str(path), "--to", "ndjson", "--output", str(out), "--quiet"]) == 0
    return [flat(json.loads(line)) for line in out.read_text("utf-8").splitlines()]


def flat(document, prefix=""):
    found = {}
    for name, value in document.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            # As Elasticsearch flattens objects in a list: each field holds the values of all.
            for one in value:
                for inner, held in flat(one, f"{prefix}{name}.").items():
                    found[inner] = [*listed(found.get(inner, [])), *listed(held)]
        elif value is not None:
            found[prefix + name] = value
    return found


def _mapped(document, table):
    found = {theirs: document[ours] for theirs, ours in table.items() if ours in document}
    return {name: value[0] if isinstance(value, list) else value for name, value in found.items()}


def windows(document):
    """The event data of a Windows event by its own names."""
    data = {}
    for name, value in document.items():
        if name.startswith(("winlog.event_data.", "winlog.user_data.")):
            data[name.split(".", 2)[2]] = value
    code = str(document.get("event.code"))
    data |= _mapped(document, SYSMON.get(code, {}))
    if code == "4688":
        data |= _mapped(document, {"NewProcessId": "process.pid", "ProcessId": "process.parent.pid"})
    elif document.get("event.provider") == "Microsoft-Windows-Sysmon":
        data |= _mapped(document, {"ProcessGuid": "process.entity_id", "ParentProcessGuid": "process.parent.entity_id"})
    if "network.direction" in document:
        data["Initiated"] = DIRECTIONS.get(document["network.direction"].lower(), "")
    return data


def splunk(document):
    if "winlog.channel" not in document:
        return {}
    of = {"source": f"XmlWinEventLog:{document['winlog.channel']}", "EventCode": document["event.code"]}
    of |= {"Computer": document.get("host.id"), "_time": datetime.fromisoformat(document["@timestamp"])}
    return {**windows(document), **of}


def sentinel(document):
    row = _sentinel(document)
    return {**row, "TimeGenerated": datetime.fromisoformat(document["@timestamp"]), "Computer": document.get("host.id")}


def _sentinel(document):
    if document.get("winlog.channel", "").lower() == "security":
        data = windows(document)
        shown = {name: value for name, value in data.items() if name in COLUMNS}
        inside = {name: value for name, value in data.items() if name not in COLUMNS}
        return {"table": "SecurityEvent", "EventID": document["event.code"], **shown, "EventData": inside}
    if "winlog.channel" in document:
        known = {
            "EventID": document["event.code"],
            "Provider": document["event.provider"],
            "Channel": document["winlog.channel"],
        }
        return {"table": "WindowsEvent", **known, "EventData": windows(document)}
    (category, *_) = [one for one in listed(document["event.category"]) if one in TABLES] or [""]
    table, action = TABLES.get(category, ("", ""))
    action = action if is_of_its_kind(document) else "Other"
    return {"table": table, "ActionType": action, **_mapped(document, DEFENDER.get(category, {}))}


def listed(value):
    return value if isinstance(value, list) else [value]


def elastic(document):
    names = ("winlog.channel", "event.provider", "agent.type", "event.dataset", "event.category", "_index")
    known = [document.get(name) for name in names]
    known[4] = listed(known[4])[0] if known[4] is not None else None
    return {**document, "_index": index(*known)}


def falcon(document):
    if not is_start(document):
        return {}
    row = {"#event_simpleName": "ProcessRollup2", "event_platform": "Win"}
    row |= _mapped(
        document, {"CommandLine": "process.command_line", "OriginalFilename": "process.pe.original_file_name"}
    )
    path = document.get("process.executable", "")
    row["ImageFileName"] = f"\\Device\\HarddiskVolume3{path[2:]}" if path[1:2] == ":" else path
    if "process.parent.executable" in document:
        row["ParentBaseFileName"] = document["process.parent.executable"].rpartition("\\")[2]
    return row


def is_of_its_kind(document):
    """Whether an endpoint sensor's event is a start, a load, a written file, or a new connection."""
    categories, actions = listed(document["event.category"]), listed(document.get("event.action"))
    if "library" in categories:
        return "load" in actions
    if "file" in categories:
        return bool({*actions} & {"creation", "overwrite", "modification", "rename"})
    return "start" in listed(document.get("event.type"))


def is_start(document):
    return (
        "process" in listed(document.get("event.category"))
        and "start" in listed(document.get("event.type"))
        and (document.get("event.code") in {None, "1", "4688"})
    )


def udm(document):
    code, categories = document.get("event.code"), listed(document.get("event.category"))
    if is_start(document):
        kind = "PROCESS_LAUNCH"
    elif code == "7" or (code is None and "library" in categories and is_of_its_kind(document)):
        kind = "PROCESS_MODULE_LOAD"
    elif code == "13":
        kind = "REGISTRY_MODIFICATION"
    elif code == "11" or (code is None and "file" in categories and is_of_its_kind(document)):
        kind = "FILE_CREATION"
    elif code == "3" or (code is None and "network" in categories and is_of_its_kind(document)):
        kind = "NETWORK_CONNECTION"
    else:
        return {}
    row = {"metadata.event_type": kind, "metadata.product_event_type": code or "", **_mapped(document, UDM[kind])}
    if "dll.path" in document and kind == "PROCESS_MODULE_LOAD":
        row["target.file.full_path"] = document["dll.path"]
    if "network.direction" in document:
        row["network.direction"] = "OUTBOUND" if document["network.direction"] in {"egress", "outbound"} else "INBOUND"
    return row
