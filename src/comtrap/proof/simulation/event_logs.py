"""Happenings as Windows' event logs tell them: Sysmon, Security, PowerShell, TaskScheduler."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from comtrap.proof.simulation.host import ORIGINAL, SYSTEM32, stamp, sysmon_time, task_xml

if TYPE_CHECKING:
    from comtrap.proof.simulation.host import Host, Process

SYSMON = ("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational")
SECURITY = ("Microsoft-Windows-Security-Auditing", "Security")
POWERSHELL = ("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational")
TASKS = ("Microsoft-Windows-TaskScheduler", "Microsoft-Windows-TaskScheduler/Operational")
LABELS = {"Low": "S-1-16-4096", "Medium": "S-1-16-8192", "High": "S-1-16-12288", "System": "S-1-16-16384"}


@dataclass(slots=True)
class EventLogs:
    """Sysmon, Security, PowerShell and TaskScheduler logs.

    Attributes:
        form: how records are written: ``winlogbeat`` or ``evtx_dump``.
        channels: the logs that are kept, None for all.
        record: the number of the last record.
    """

    form: str
    channels: frozenset[str] | None = None
    record: int = 100_000

    def write(self, host: Host, what: str, process: Process | None, **facts: Any) -> None:
        """One happening, in every log that would tell of it."""
        for (provider, channel), code, data, user in getattr(self, f"_{what}")(host, process, **facts):
            if self.channels is not None and channel not in self.channels:
                continue
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
        body = self._image(host, process) | {
            "EventType": "SetValue",
            "TargetObject": f"{_sysmon_key(host, key)}\\{value or '(Default)'}",
            "Details": data.replace("%", "%%"),
        }
        audit = self._subject(host, process) | {
            "ObjectName": _object_name(host, key),
            "ObjectValueName": value,
            "HandleId": hex(host.random.randrange(0x100, 0x1000) * 4),
            "OperationType": "%%1904",
            "OldValueType": "-",
            "OldValue": "-",
            "NewValueType": "%%1873",
            "NewValue": data,
            "ProcessId": hex(process.pid),
            "ProcessName": process.image,
        }
        return [(SYSMON, 13, body, "S-1-5-18"), (SECURITY, 4657, audit, None)]

    def _create_key(self, host: Host, process: Process, *, key: str) -> list[Any]:
        body = self._image(host, process) | {"EventType": "CreateKey", "TargetObject": _sysmon_key(host, key)}
        return [(SYSMON, 12, body, "S-1-5-18")]

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

    def _script(self, host: Host, process: Process, **facts: Any) -> list[Any]:  # noqa: ARG002 - as all are called
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
        }
        return [
            (TASKS, 106, {"TaskName": task, "UserContext": process.user}, "S-1-5-18"),
            (SECURITY, 4698, audit, None),
        ]

    def _log_on(self, host: Host, process: Process | None, *, kind: int, address: str) -> list[Any]:  # noqa: ARG002
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


def _sysmon_key(host: Host, key: str) -> str:
    """As Sysmon abbreviates the key."""
    path = key.replace("HKCU\\Software\\Classes\\", f"HKU\\{host.sid}_Classes\\")
    return path.replace("HKCU\\", f"HKU\\{host.sid}\\").replace("HKLM\\SOFTWARE\\Classes\\", "HKCR\\")


def _object_name(host: Host, key: str) -> str:
    """As the kernel names the key."""
    path = key.replace("HKCU\\Software\\Classes\\", f"\\REGISTRY\\USER\\{host.sid}_CLASSES\\")
    return path.replace("HKCU\\", f"\\REGISTRY\\USER\\{host.sid}\\").replace("HKLM\\", "\\REGISTRY\\MACHINE\\")


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
