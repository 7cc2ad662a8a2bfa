"""A made-up Windows host that writes down what happens on it, as its sensors would.

One set of verbs (`start`, `load`, `set_value` …) for every way of writing them down. Everything is made: hosts, users,
addresses, file names. The same seed gives the same telemetry to the byte.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

SYSTEM32 = "C:\\Windows\\System32\\"


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
        """Begin the host's chances."""
        self.random = random.Random(self.seed)  # noqa: S311 - nothing here is a secret

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

    def create_key(self, process: Process, key: str) -> None:
        """A registry key comes into being."""
        self._write("create_key", process, key=key)

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
