"""Attacks through COM, told once, and written down by whatever sensors the host has.

Four tests of the technique, and four actors known for it (MITRE ATT&CK T1559.001, procedure examples). Payloads are
names only; nothing here runs. Each takes the parameters that are listed with it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from comtrap.proof.simulation.host import SYSTEM32

if TYPE_CHECKING:
    from comtrap.proof.simulation.host import Host, Process

Given: TypeAlias = Mapping[str, str]
Play: TypeAlias = Callable[["Host", "Process", Given], None]

_POWERSHELL = SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe"
_PROFILE = "C:\\Users\\user1\\"


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    Attributes:
        name: what it is called by.
        title: in a few words.
        play: lets it happen on a host, begun by a process (the user's explorer).
        parameters: what can be set, and to what it is set otherwise.
    """

    name: str
    title: str
    play: Play
    parameters: Given


def task_test(host: Host, explorer: Process, given: Given) -> None:
    """A scheduled task made through the Task Scheduler's COM interface from PowerShell."""
    text = (
        '$s = New-Object -ComObject "Schedule.Service"; $s.Connect(); [ITaskService]$s | Out-Null; $t = $s.NewTask(0); '
        f'$a = $t.Actions.Create(0); $a.Path = "{given["program"]}"; $a.Arguments = "{given["arguments"]}"; '
        f'$s.GetFolder("\\").RegisterTaskDefinition("{given["task"]}", $t, 6, $null, $null, 3)'
    )
    shell = host.start(explorer, _POWERSHELL, f'-NoProfile -Command "{text}"')
    host.script(shell, text)
    host.load(shell, SYSTEM32 + "taskschd.dll")
    host.register_task(shell, f"\\{given['task']}", given["program"], given["arguments"])
    host.end(shell)


def shell_application_test(host: Host, explorer: Process, given: Given) -> None:
    """ShellExecute through Shell.Application: the program's parent is explorer, not the script."""
    text = f"(New-Object -ComObject Shell.Application).ShellExecute('{given['program']}')"
    shell = host.start(explorer, _POWERSHELL, f'-Command "{text}"')
    host.script(shell, text)
    host.start(explorer, SYSTEM32 + given["program"])
    host.end(shell)


def wscript_shell_test(host: Host, explorer: Process, given: Given) -> None:
    """WScript.Shell.Run from PowerShell."""
    file = f"{_PROFILE}AppData\\Local\\Temp\\{given['file']}"
    text = f"$w = New-Object -ComObject WScript.Shell; $w.Run('cmd.exe /c whoami > %TEMP%\\{given['file']}', 0, $true)"
    shell = host.start(explorer, _POWERSHELL, f'-NoProfile -Command "{text}"')
    host.script(shell, text)
    host.load(shell, SYSTEM32 + "wshom.ocx")
    child = host.start(shell, SYSTEM32 + "cmd.exe", f"/c whoami > {file}")
    host.start(child, SYSTEM32 + "whoami.exe")
    host.create_file(child, file)
    host.end(shell)


def hijack_test(host: Host, explorer: Process, given: Given) -> None:
    """A class redirected in the user's own hive to a library in AppData, then loaded."""
    key = f"HKCU\\Software\\Classes\\CLSID\\{given['clsid']}\\InProcServer32"
    dll = f"{_PROFILE}AppData\\Roaming\\{given['library']}"
    shell = host.start(explorer, _POWERSHELL, f"-NoProfile -Command \"New-Item -Path '{key}' -Force\"")
    host.create_file(shell, dll)
    host.create_key(shell, key)
    host.set_value(shell, key, "", f"%APPDATA%\\{given['library']}")
    host.set_value(shell, key, "ThreadingModel", "Apartment")
    host.wait(40)
    host.load(explorer, dll, signed=False)


def trickbot(host: Host, explorer: Process, given: Given) -> None:
    """TrickBot and Latrodectus: a downloader's script sets a task through ITaskService."""
    script = host.start(explorer, SYSTEM32 + "wscript.exe", f'"{_PROFILE}Downloads\\{given["script"]}"')
    host.load(script, SYSTEM32 + "wshom.ocx")
    host.resolve(script, given["domain"], given["address"])
    host.connect(script, given["address"], 443)
    host.load(script, SYSTEM32 + "taskschd.dll")
    dll = f"{_PROFILE}AppData\\Roaming\\Custom_update\\{given['library']}"
    host.create_file(script, dll)
    host.register_task(script, f"\\{given['task']}", SYSTEM32 + "rundll32.exe", f"&quot;{dll}&quot;,#1")
    host.end(script)


def muddywater(host: Host, explorer: Process, given: Given) -> None:
    """MuddyWater: the MMC20.Application object on the local host runs the payload, so that mmc is its parent."""
    text = (
        f'$c = [Activator]::CreateInstance([Type]::GetTypeFromProgID("MMC20.Application", "{given["address"]}")); '
        f'$c.Document.ActiveView.ExecuteShellCommand("{SYSTEM32}cmd.exe", $null, "/c {given["payload"]}", "7")'
    )
    encoded = base64.b64encode(text.encode("utf-16-le")).decode()
    shell = host.start(explorer, _POWERSHELL, f"-NoP -w hidden -ec {encoded}")
    host.script(shell, text, parts=2)
    console = host.start(_dcom(host), SYSTEM32 + "mmc.exe", f"={SYSTEM32}mmc.exe -Embedding", integrity="High")
    child = host.start(console, SYSTEM32 + "cmd.exe", f"/c {given['payload']}", integrity="High")
    host.start(child, SYSTEM32 + "net.exe", "user /domain", integrity="High")


def gamaredon(host: Host, explorer: Process, given: Given) -> None:
    """Gamaredon: a script opens Word and Excel through interop, trusts access to macros, and puts one in."""
    text = (
        "Add-Type -AssemblyName Microsoft.Office.Interop.Excel; $x = New-Object -ComObject Excel.Application; "
        "$w = $x.Workbooks.Open($f); $m = $w.VBProject.VBComponents.Add(1); $m.CodeModule.AddFromString($code); $w.Save()"
    )
    arguments = f"//e:vbscript //b {_PROFILE}AppData\\Local\\{given['script']}"
    script = host.start(explorer, SYSTEM32 + "wscript.exe", arguments)
    shell = host.start(script, _POWERSHELL, f'-Exec Bypass -Command "{text}"')
    host.script(shell, text)
    security = "HKCU\\Software\\Microsoft\\Office\\16.0\\Excel\\Security"
    host.set_value(shell, security, "AccessVBOM", "DWORD (0x00000001)")
    office = "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE"
    host.start(_dcom(host), office, f'="{office}" /automation -Embedding')
    host.end(shell)


def raspberry_robin(host: Host, explorer: Process, given: Given) -> None:
    """Raspberry Robin: rundll32 asks the auto-elevated CMSTPLUA class to start a program at High integrity."""
    payload = f"C:\\ProgramData\\{given['payload']}"
    loader = host.start(explorer, SYSTEM32 + "rundll32.exe", f"{payload},#2")
    command = f"=C:\\Windows\\system32\\DllHost.exe /Processid:{given['clsid']}"
    surrogate = host.start(_dcom(host), SYSTEM32 + "dllhost.exe", command, integrity="High")
    host.load(surrogate, SYSTEM32 + "cmlua.dll")
    host.start(surrogate, SYSTEM32 + "rundll32.exe", f"{payload},#3", integrity="High")
    host.end(loader)


def _dcom(host: Host) -> Process:
    """The service that starts COM servers."""
    return host.start(
        None, SYSTEM32 + "svchost.exe", "-k DcomLaunch -p", user="NT AUTHORITY\\SYSTEM", integrity="System"
    )


_TASK = {"task": "com-interface-test", "program": "cmd.exe", "arguments": "/c echo test"}
_CLASS = {"clsid": "{DF000001-7E57-4C0D-9000-00000000C0DE}", "library": "update-helper.dll"}
_UPDATER = {
    "script": "invoice_4471.js",
    "domain": "cdn.update.example",
    "address": "203.0.113.40",
    "library": "Update_a1b2.dll",
    "task": "Updater",
}
_ELEVATED = {"clsid": "{3E5FC7F9-9A51-4367-9063-A120244FBEC7}", "payload": "Ltp\\wmbk.dat"}
_LOOPBACK = {"address": "127.0.0.1", "payload": "C:\\ProgramData\\a.cmd"}

_ALL = (
    Attack("task", "Scheduled task through ITaskService", task_test, _TASK),
    Attack("shell-application", "Shell.Application runs a program", shell_application_test, {"program": "calc.exe"}),
    Attack("wscript-shell", "WScript.Shell runs a command", wscript_shell_test, {"file": "com-test.txt"}),
    Attack("hijack", "A class redirected in the user's hive", hijack_test, _CLASS),
    Attack("trickbot", "TrickBot, Latrodectus: a task from a script", trickbot, _UPDATER),
    Attack("muddywater", "MuddyWater: DCOM on the local host", muddywater, _LOOPBACK),
    Attack("gamaredon", "Gamaredon: macros through Office interop", gamaredon, {"script": "index.dat"}),
    Attack("raspberry-robin", "Raspberry Robin: an elevated object", raspberry_robin, _ELEVATED),
)
ATTACKS: Mapping[str, Attack] = {attack.name: attack for attack in _ALL}
"""By name, the tests first."""
