"""A made-up Windows host that writes down what happens on it, as its sensors would.

One set of verbs (`start`, `load`, `set_value` …), two ways to write them down: Windows event logs (Sysmon, Security,
PowerShell, TaskScheduler) and Elastic Endpoint documents. Everything is made: hosts, users, addresses, file names. The
same seed gives the same recording to the byte.
"""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

SYSMON = ("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational")
SECURITY = ("Microsoft-Windows-Security-Auditing", "Security")
POWERSHELL = ("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational")
TASKS = ("Microsoft-Windows-TaskScheduler", "Microsoft-Windows-TaskScheduler/Operational")
SYSTEM32 = "C:\\Windows\\System32\\"
LABELS = {"Low": "S-1-16-4096", "Medium": "S-1-16-8192", "High": "S-1-16-12288", "System": "S-1-16-16384"}


@dataclass(frozen=True, slots=True)
class Process:
    """A process on a host; `parent` is None only for those that were there before the recording."""

    guid: str
    pid: int
    image: str
    command_line: str
    user: str
    integrity: str
    began: datetime
    parent: Process | None = None

    @property
    def name(self) -> str:
        """The image's file name."""
        return self.image.rpartition("\\")[2]


class Log(Protocol):
    """How a host's happenings are written down."""

    def write(self, host: Host, what: str, process: Process | None, **facts: Any) -> None:
        """Add documents to the host's for one happening."""


@dataclass(slots=True)
class Host:
    """A machine with a clock of its own; `documents` grows as things happen."""

    name: str
    log: Log
    seed: int
    now: datetime
    user: str = "EXAMPLE\\user1"
    sid: str = "S-1-5-21-1004336348-1177238915-682003330-1104"
    documents: list[dict[str, Any]] = field(default_factory=list)
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(microseconds=int(seconds * 1e6) + self.random.randrange(900, 90_000))

    def start(
        self, parent: Process | None, image: str, arguments: str = "", *, user: str = "", integrity: str = "Medium"
    ) -> Process:
        """A process begins. `arguments` follow the quoted image; start it with ``=`` to give the whole command line."""
        self.wait(0.05)
        command = arguments[1:] if arguments.startswith("=") else f'"{image}" {arguments}'.rstrip()
        guid = f"{{{self.seed:08x}-{self.random.randrange(1 << 16):04x}-{self.random.randrange(1 << 16):04x}-{len(self.documents):04x}-{self.random.randrange(1 << 48):012x}}}"
        pid = self.random.randrange(300, 4000) * 4
        process = Process(guid, pid, image, command, user or self.user, integrity, self.now, parent)
        if parent is not None:
            self.log.write(self, "start", process)
        return process

    def end(self, process: Process) -> None:
        """A process ends."""
        self._write("end", process)

    def load(self, process: Process, dll: str, *, signed: bool = True) -> None:
        """A process maps a library."""
        self._write("load", process, path=dll, signed=signed)

    def set_value(self, process: Process, key: str, value: str, data: str) -> None:
        """A registry write below the hive HKLM or HKCU; `value` is "" for the default value."""
        self._write("set_value", process, key=key, value=value, data=data)

    def create_file(self, process: Process, path: str) -> None:
        """A file is written."""
        self._write("create_file", process, path=path)

    def connect(self, process: Process, address: str, port: int) -> None:
        """An outbound connection."""
        self._write("connect", process, address=address, port=port)

    def resolve(self, process: Process, name: str, address: str) -> None:
        """A DNS query and its answer."""
        self._write("resolve", process, name=name, address=address)

    def script(self, process: Process, text: str, *, parts: int = 1) -> None:
        """A PowerShell script block is logged, in one part or several."""
        block = f"{self.random.randrange(1 << 32):08x}-0000-4000-8000-{self.random.randrange(1 << 48):012x}"
        size = -(-len(text) // parts)
        for n in range(parts):
            piece = text[n * size : (n + 1) * size]
            self._write("script", process, text=piece, block=block, number=n + 1, total=parts)

    def register_task(self, process: Process, task: str, command: str, arguments: str) -> None:
        """A scheduled task comes into being through the Task Scheduler's COM interface."""
        self._write("task", process, task=task, command=command, arguments=arguments)

    def log_on(self, kind: int, address: str = "-") -> None:
        """Somebody logs on."""
        self._write("log_on", None, kind=kind, address=address)

    def _write(self, what: str, process: Process | None, **facts: Any) -> None:
        self.wait(0.02)
        self.log.write(self, what, process, **facts)


def stamp(at: datetime) -> str:
    """As documents write a moment."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def sysmon_time(at: datetime) -> str:
    """As Sysmon writes a moment."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def task_xml(command: str, arguments: str) -> str:
    """The definition of a task with one action, as Security 4698 carries it."""
    return (
        '<?xml version="1.0" encoding="UTF-16"?>\r\n<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
        "<RegistrationInfo><Author>EXAMPLE\\user1</Author></RegistrationInfo><Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>"
        "<Settings><Enabled>true</Enabled><Hidden>true</Hidden></Settings>"
        f'<Actions Context="Author"><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions></Task>'
    )


@dataclass(slots=True)
class EventLogs:
    """Sysmon, Security, PowerShell and TaskScheduler logs, handed to `form` record by record."""

    form: str  # "winlogbeat" or "evtx_dump"
    record: int = 100_000

    def write(self, host: Host, what: str, process: Process | None, **facts: Any) -> None:
        """One happening, in every log that would tell of it."""
        for (provider, channel), code, data, user in getattr(self, f"_{what}")(host, process, **facts):
            self.record += 1
            moment = host.now + timedelta(milliseconds=4)
            build = _winlogbeat if self.form == "winlogbeat" else _evtx_dump
            host.documents.append(build(host, (provider, channel), code, self.record, (moment, data, user)))

    @staticmethod
    def _image(host: Host, process: Process) -> dict[str, str]:
        return {
            "RuleName": "-",
            "UtcTime": sysmon_time(host.now),
            "ProcessGuid": process.guid,
            "ProcessId": str(process.pid),
            "Image": process.image,
            "User": process.user,
        }

    @staticmethod
    def _subject(host: Host, process: Process) -> dict[str, str]:
        domain, _, user = process.user.rpartition("\\")
        return {
            "SubjectUserSid": host.sid,
            "SubjectUserName": user,
            "SubjectDomainName": domain,
            "SubjectLogonId": "0x3e4a1",
        }

    def _start(self, host: Host, process: Process) -> list[Any]:
        parent = process.parent
        assert parent is not None
        data = self._image(host, process) | {
            "OriginalFileName": ORIGINAL.get(process.name.lower(), process.name),
            "CommandLine": process.command_line,
            "CurrentDirectory": "C:\\Windows\\system32\\",
            "IntegrityLevel": process.integrity,
            "Hashes": f"SHA256={host.random.randrange(1 << 256):064X}",
            "ParentProcessGuid": parent.guid,
            "ParentProcessId": str(parent.pid),
            "ParentImage": parent.image,
            "ParentCommandLine": parent.command_line,
            "ParentUser": parent.user,
        }
        audit = self._subject(host, process) | {
            "NewProcessId": hex(process.pid),
            "NewProcessName": process.image,
            "TokenElevationType": "%%1937" if process.integrity == "High" else "%%1938",
            "ProcessId": hex(parent.pid),
            "CommandLine": process.command_line,
            "TargetUserSid": "S-1-0-0",
            "TargetUserName": "-",
            "TargetDomainName": "-",
            "TargetLogonId": "0x0",
            "ParentProcessName": parent.image,
            "MandatoryLabel": LABELS[process.integrity],
        }
        return [(SYSMON, 1, data, "S-1-5-18"), (SECURITY, 4688, audit, None)]

    def _end(self, host: Host, process: Process) -> list[Any]:
        return [(SYSMON, 5, self._image(host, process), "S-1-5-18")]

    def _load(self, host: Host, process: Process, *, path: str, signed: bool) -> list[Any]:
        name = path.rpartition("\\")[2]
        data = self._image(host, process) | {
            "ImageLoaded": path,
            "OriginalFileName": name,
            "Hashes": f"SHA256={host.random.randrange(1 << 256):064X}",
            "Signed": "true" if signed else "false",
            "Signature": "Microsoft Windows" if signed else "-",
            "SignatureStatus": "Valid" if signed else "Unavailable",
        }
        return [(SYSMON, 7, data, "S-1-5-18")]

    def _set_value(self, host: Host, process: Process, *, key: str, value: str, data: str) -> list[Any]:
        path = key.replace("HKCU\\Software\\Classes\\", f"HKU\\{host.sid}_Classes\\")
        path = path.replace("HKCU\\", f"HKU\\{host.sid}\\").replace("HKLM\\SOFTWARE\\Classes\\", "HKCR\\")
        body = self._image(host, process) | {
            "EventType": "SetValue",
            "TargetObject": f"{path}\\{value or '(Default)'}",
            "Details": data.replace("%", "%%"),
        }
        return [(SYSMON, 13, body, "S-1-5-18")]

    def _create_file(self, host: Host, process: Process, *, path: str) -> list[Any]:
        data = self._image(host, process) | {"TargetFilename": path, "CreationUtcTime": sysmon_time(host.now)}
        return [(SYSMON, 11, data, "S-1-5-18")]

    def _connect(self, host: Host, process: Process, *, address: str, port: int) -> list[Any]:
        data = self._image(host, process) | {
            "Protocol": "tcp",
            "Initiated": "true",
            "SourceIsIpv6": "false",
            "SourceIp": "10.20.0.15",
            "SourceHostname": host.name,
            "SourcePort": str(host.random.randrange(49_152, 65_000)),
            "DestinationIsIpv6": "false",
            "DestinationIp": address,
            "DestinationHostname": "-",
            "DestinationPort": str(port),
        }
        return [(SYSMON, 3, data, "S-1-5-18")]

    def _resolve(self, host: Host, process: Process, *, name: str, address: str) -> list[Any]:
        data = self._image(host, process) | {
            "QueryName": name,
            "QueryStatus": "0",
            "QueryResults": f"::ffff:{address};",
        }
        return [(SYSMON, 22, data, "S-1-5-18")]

    def _script(self, host: Host, process: Process, **facts: Any) -> list[Any]:
        data = {
            "MessageNumber": str(facts["number"]),
            "MessageTotal": str(facts["total"]),
            "ScriptBlockText": facts["text"],
            "ScriptBlockId": facts["block"],
            "Path": "",
        }
        return [(POWERSHELL, 4104, data, host.sid)]

    def _task(self, host: Host, process: Process, *, task: str, command: str, arguments: str) -> list[Any]:
        audit = self._subject(host, process) | {
            "TaskName": task,
            "TaskContent": task_xml(command, arguments),
            "ClientProcessId": str(process.pid),
        }
        return [
            (TASKS, 106, {"TaskName": task, "UserContext": process.user}, "S-1-5-18"),
            (SECURITY, 4698, audit, None),
        ]

    def _log_on(self, host: Host, process: Process | None, *, kind: int, address: str) -> list[Any]:
        data = {
            "SubjectUserSid": "S-1-5-18",
            "SubjectUserName": f"{host.name.upper()}$",
            "SubjectDomainName": "EXAMPLE",
            "SubjectLogonId": "0x3e7",
            "TargetUserSid": host.sid,
            "TargetUserName": host.user.rpartition("\\")[2],
            "TargetDomainName": "EXAMPLE",
            "TargetLogonId": hex(host.random.randrange(1 << 20, 1 << 24)),
            "LogonType": str(kind),
            "LogonProcessName": "User32 ",
            "AuthenticationPackageName": "Negotiate",
            "WorkstationName": host.name.upper(),
            "ProcessId": "0x2f4",
            "ProcessName": SYSTEM32 + "svchost.exe",
            "IpAddress": address,
            "IpPort": "0",
        }
        return [(SECURITY, 4624, data, None)]


def _winlogbeat(host: Host, log: tuple[str, str], code: int, record: int, body: tuple[Any, ...]) -> dict[str, Any]:
    provider, channel = log
    moment, data, user = body
    winlog: dict[str, Any] = {
        "channel": channel,
        "provider_name": provider,
        "event_id": str(code),
        "record_id": record,
        "computer_name": f"{host.name}.example.test",
        "event_data": data,
        "api": "wineventlog",
        "opcode": "Info",
    }
    if user is not None:
        winlog["user"] = {"identifier": user}
    return {
        "@timestamp": stamp(moment),
        "event": {"code": str(code), "kind": "event", "provider": provider},
        "host": {"name": host.name, "id": f"00000000-0000-4000-8000-{host.seed:012d}"},
        "agent": {"type": "winlogbeat", "version": "8.17.0"},
        "log": {"level": "information"},
        "winlog": winlog,
    }


def _evtx_dump(host: Host, log: tuple[str, str], code: int, record: int, body: tuple[Any, ...]) -> dict[str, Any]:
    provider, channel = log
    moment, data, user = body
    system: dict[str, Any] = {
        "Provider": {"#attributes": {"Name": provider}},
        "EventID": code,
        "Version": 5,
        "Level": 4,
        "Task": 0,
        "Opcode": 0,
        "Keywords": "0x8020000000000000" if channel == "Security" else "0x8000000000000000",
        "TimeCreated": {"#attributes": {"SystemTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}},
        "EventRecordID": record,
        "Correlation": None,
        "Execution": {"#attributes": {"ProcessID": 3104, "ThreadID": 4120}},
        "Channel": channel,
        "Computer": f"{host.name}.example.test",
        "Security": {"#attributes": {"UserID": user}} if user is not None else None,
    }
    namespace = {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}
    return {"Event": {"#attributes": namespace, "System": system, "EventData": data}}


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
    key = facts["key"].replace("HKCU\\Software\\Classes\\", f"HKEY_USERS\\{host.sid}_Classes\\")
    key = key.replace("HKCU\\", f"HKEY_USERS\\{host.sid}\\")
    hive, _, rest = key.partition("\\")
    return {
        "hive": hive,
        "path": f"{key}\\{facts['value']}",
        "key": rest,
        "value": facts["value"],
        "data": {"type": "REG_SZ", "strings": [facts["data"]]},
    }


ORIGINAL = {
    "powershell.exe": "PowerShell.EXE",
    "cmd.exe": "Cmd.Exe",
    "dllhost.exe": "dllhost.exe",
    "mshta.exe": "MSHTA.EXE",
    "regsvr32.exe": "REGSVR32.EXE",
    "rundll32.exe": "RUNDLL32.EXE",
    "wscript.exe": "wscript.exe",
    "cscript.exe": "cscript.exe",
    "mmc.exe": "mmc.exe",
    "excel.exe": "Excel.exe",
    "winword.exe": "WinWord.exe",
}
"""What the resources of well-known programs call them, where that is not the file name."""
