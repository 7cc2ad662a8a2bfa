"""Happenings as Elastic Endpoint's streams tell them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comtrap.proof.simulation.host import ORIGINAL, stamp, task_xml

if TYPE_CHECKING:
    from comtrap.proof.simulation.host import Host, Process


@dataclass(slots=True)
class Endpoint:
    """Elastic Endpoint's streams, one document a happening."""

    number: int = 0

    def write(self, host: Host, what: str, process: Process | None, **facts: Any) -> None:
        """One happening; those that Endpoint has no stream for are not written."""
        if process is None or what == "script":
            return
        self.number += 1
        stream, action, kind, more = _endpoint_event(host, what, process, facts)
        document = {
            "@timestamp": stamp(host.now),
            "agent": {"type": "endpoint", "id": f"agent-{host.seed}", "version": "8.17.0"},
            "data_stream": {"dataset": f"endpoint.events.{stream}", "namespace": "default", "type": "logs"},
            "ecs": {"version": "8.10.0"},
            "event": {
                "action": action,
                "category": [{"security": "configuration"}.get(stream, stream)],
                "dataset": f"endpoint.events.{stream}",
                "kind": "event",
                "module": "endpoint",
                "sequence": self.number,
                "type": [kind],
                "id": f"{host.seed:04x}+{self.number:08x}",
            },
            "host": {"hostname": host.name, "name": host.name, "id": f"host-{host.seed}", "os": {"type": "windows"}},
            "user": dict(zip(("domain", "name"), process.user.split("\\", 1), strict=True)),
        }
        more = dict(more)
        more["process"] = _endpoint_process(host, process) | more.get("process", {})
        host.documents.append(document | more)


def _entity(host: Host, process: Process) -> str:
    return base64.b64encode(f"agent-{host.seed}-{process.pid}-{process.began.timestamp():.6f}".encode()).decode()


def _endpoint_process(host: Host, process: Process) -> dict[str, Any]:
    return {
        "entity_id": _entity(host, process),
        "executable": process.image,
        "name": process.name,
        "pid": process.pid,
        "code_signature": [{"exists": True, "status": "trusted", "subject_name": "Microsoft Windows", "trusted": True}],
    }


def _endpoint_event(host: Host, what: str, process: Process, facts: dict[str, Any]) -> tuple[str, str, str, Any]:
    """Stream, action, type and the stream's own fields."""
    if what in {"start", "end"}:
        return "process", what, what, {"process": _endpoint_start(host, process)}
    if what == "load":
        name = facts["path"].rpartition("\\")[2]
        signature = {
            "exists": facts["signed"],
            "status": "trusted" if facts["signed"] else "noSignature",
            "trusted": facts["signed"],
        }
        dll = {"name": name, "path": facts["path"], "pe": {"original_file_name": name}, "code_signature": [signature]}
        return "library", "load", "start", {"dll": dll}
    if what == "set_value":
        return "registry", "modification", "change", {"registry": _endpoint_registry(host, facts)}
    if what == "create_key":
        return "registry", "creation", "creation", {"registry": _endpoint_key(host, facts["key"])}
    if what == "create_file":
        name = facts["path"].rpartition("\\")[2]
        file = {"path": facts["path"], "name": name, "extension": name.rpartition(".")[2]}
        return "file", "creation", "creation", {"file": file}
    if what == "connect":
        network = {"destination": {"ip": facts["address"], "port": facts["port"]}, "network": {"transport": "tcp"}}
        return "network", "connection_attempted", "start", network
    if what == "resolve":
        return "network", "lookup_requested", "info", {"dns": {"question": {"name": facts["name"], "type": "A"}}}
    data = {"TaskName": facts["task"], "TaskContentNew": task_xml(facts["command"], facts["arguments"])}
    return "security", "scheduled_task_created", "creation", {"winlog": {"event_data": data}}


def _endpoint_start(host: Host, process: Process) -> dict[str, Any]:
    parent = process.parent
    body: dict[str, Any] = {
        "command_line": process.command_line,
        "args": process.command_line.replace('"', "").split(),
        "pe": {"original_file_name": ORIGINAL.get(process.name.lower(), process.name)},
        "Ext": {"token": {"integrity_level_name": process.integrity.lower()}},
    }
    if parent is not None:
        body["parent"] = {
            "entity_id": _entity(host, parent),
            "executable": parent.image,
            "name": parent.name,
            "pid": parent.pid,
            "command_line": parent.command_line,
        }
    return body


def _endpoint_registry(host: Host, facts: dict[str, Any]) -> dict[str, Any]:
    key = _endpoint_key(host, facts["key"])
    return key | {
        "path": f"{key['path']}\\{facts['value']}",
        "value": facts["value"],
        "data": {"type": "REG_SZ", "strings": [facts["data"]]},
    }


def _endpoint_key(host: Host, key: str) -> dict[str, Any]:
    path = key.replace("HKCU\\Software\\Classes\\", f"HKEY_USERS\\{host.sid}_Classes\\")
    path = path.replace("HKCU\\", f"HKEY_USERS\\{host.sid}\\")
    hive, _, rest = path.partition("\\")
    return {"hive": hive, "path": path, "key": rest}
