"""The attacks of the recording, told once and written down by whatever sensors the host has.

Four tests of the technique and four actors known for it (MITRE ATT&CK T1559.001, procedure examples). Payloads are
names only; nothing here runs.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from telemetry import SYSTEM32

if TYPE_CHECKING:
    from telemetry import Host, Process

POWERSHELL = SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe"
CLSID_CMSTPLUA = "{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"
CLSID_OF_TEST = "{DF000001-7E57-4C0D-9000-00000000C0DE}"


def test_scheduled_task(host: Host, explorer: Process) -> None:
    """A scheduled task made through the Task Scheduler's COM interface from PowerShell."""
    text = (
        '$s = New-Object -ComObject "Schedule.Service"; $s.Connect(); $t = $s.NewTask(0); '
        '$a = $t.Actions.Create(0); $a.Path = "cmd.exe"; $a.Arguments = "/c echo test"; '
        '$s.GetFolder("\\").RegisterTaskDefinition("com-interface-test", $t, 6, $null, $null, 3)'
    )
    shell = host.start(explorer, POWERSHELL, f'-NoProfile -Command "{text}"')
    host.script(shell, text)
    host.load(shell, SYSTEM32 + "taskschd.dll")
    host.register_task(shell, "\\com-interface-test", "cmd.exe", "/c echo test")
    host.end(shell)


def test_shell_application(host: Host, explorer: Process) -> None:
    """ShellExecute through Shell.Application: the program's parent is explorer, not the script."""
    text = "(New-Object -ComObject Shell.Application).ShellExecute('calc.exe')"
    shell = host.start(explorer, POWERSHELL, f'-Command "{text}"')
    host.script(shell, text)
    host.start(explorer, SYSTEM32 + "calc.exe")
    host.end(shell)


def test_wscript_shell(host: Host, explorer: Process) -> None:
    """WScript.Shell.Run from PowerShell."""
    text = "$w = New-Object -ComObject WScript.Shell; $w.Run('cmd.exe /c whoami > %TEMP%\\com-test.txt', 0, $true)"
    shell = host.start(explorer, POWERSHELL, f'-NoProfile -Command "{text}"')
    host.script(shell, text)
    host.load(shell, SYSTEM32 + "wshom.ocx")
    child = host.start(shell, SYSTEM32 + "cmd.exe", "/c whoami > C:\\Users\\user1\\AppData\\Local\\Temp\\com-test.txt")
    host.start(child, SYSTEM32 + "whoami.exe")
    host.create_file(child, "C:\\Users\\user1\\AppData\\Local\\Temp\\com-test.txt")
    host.end(shell)


def test_hijack(host: Host, explorer: Process) -> None:
    """A class redirected in the user's own hive to a library in AppData, then loaded."""
    key = f"HKCU\\Software\\Classes\\CLSID\\{CLSID_OF_TEST}\\InProcServer32"
    dll = "C:\\Users\\user1\\AppData\\Roaming\\update-helper.dll"
    shell = host.start(explorer, POWERSHELL, f"-NoProfile -Command \"New-Item -Path '{key}' -Force\"")
    host.create_file(shell, dll)
    host.set_value(shell, key, "", "%APPDATA%\\update-helper.dll")
    host.set_value(shell, key, "ThreadingModel", "Apartment")
    host.wait(40)
    host.load(explorer, dll, signed=False)


def trickbot(host: Host, explorer: Process) -> None:
    """TrickBot and Latrodectus: a downloader's script sets a task through ITaskService."""
    script = host.start(explorer, SYSTEM32 + "wscript.exe", '"C:\\Users\\user1\\Downloads\\invoice_4471.js"')
    host.load(script, SYSTEM32 + "wshom.ocx")
    host.resolve(script, "cdn.update.example", "203.0.113.40")
    host.connect(script, "203.0.113.40", 443)
    host.load(script, SYSTEM32 + "taskschd.dll")
    dll = "C:\\Users\\user1\\AppData\\Roaming\\Custom_update\\Update_a1b2.dll"
    host.create_file(script, dll)
    host.register_task(script, "\\Updater", SYSTEM32 + "rundll32.exe", f"&quot;{dll}&quot;,#1")
    host.end(script)


def muddywater(host: Host, explorer: Process) -> None:
    """MuddyWater: the MMC20.Application object on the local host runs the payload, so that mmc is its parent."""
    text = (
        '$c = [Activator]::CreateInstance([Type]::GetTypeFromProgID("MMC20.Application", "127.0.0.1")); '
        '$c.Document.ActiveView.ExecuteShellCommand("C:\\Windows\\System32\\cmd.exe", $null, "/c C:\\ProgramData\\a.cmd", "7")'
    )
    encoded = base64.b64encode(text.encode("utf-16-le")).decode()
    shell = host.start(explorer, POWERSHELL, f"-NoP -w hidden -ec {encoded}")
    host.script(shell, text, parts=2)
    dcom = host.start(
        None, SYSTEM32 + "svchost.exe", "-k DcomLaunch -p", user="NT AUTHORITY\\SYSTEM", integrity="System"
    )
    console = host.start(dcom, SYSTEM32 + "mmc.exe", f"={SYSTEM32}mmc.exe -Embedding", integrity="High")
    child = host.start(console, SYSTEM32 + "cmd.exe", "/c C:\\ProgramData\\a.cmd", integrity="High")
    host.start(child, SYSTEM32 + "net.exe", "user /domain", integrity="High")


def gamaredon(host: Host, explorer: Process) -> None:
    """Gamaredon: a script opens Word and Excel through interop, trusts access to macros, and puts one in."""
    text = (
        "Add-Type -AssemblyName Microsoft.Office.Interop.Excel; $x = New-Object -ComObject Excel.Application; "
        "$w = $x.Workbooks.Open($f); $m = $w.VBProject.VBComponents.Add(1); $m.CodeModule.AddFromString($code); $w.Save()"
    )
    script = host.start(
        explorer, SYSTEM32 + "wscript.exe", "//e:vbscript //b C:\\Users\\user1\\AppData\\Local\\index.dat"
    )
    shell = host.start(script, POWERSHELL, f'-Exec Bypass -Command "{text}"')
    host.script(shell, text)
    host.set_value(
        shell, "HKCU\\Software\\Microsoft\\Office\\16.0\\Excel\\Security", "AccessVBOM", "DWORD (0x00000001)"
    )
    dcom = host.start(
        None, SYSTEM32 + "svchost.exe", "-k DcomLaunch -p", user="NT AUTHORITY\\SYSTEM", integrity="System"
    )
    office = "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE"
    host.start(dcom, office, f'="{office}" /automation -Embedding')
    host.end(shell)


def raspberry_robin(host: Host, explorer: Process) -> None:
    """Raspberry Robin: rundll32 asks the auto-elevated CMSTPLUA class to start a program at High integrity."""
    loader = host.start(explorer, SYSTEM32 + "rundll32.exe", "C:\\ProgramData\\Ltp\\wmbk.dat,#2")
    dcom = host.start(
        None, SYSTEM32 + "svchost.exe", "-k DcomLaunch -p", user="NT AUTHORITY\\SYSTEM", integrity="System"
    )
    command = f"=C:\\Windows\\system32\\DllHost.exe /Processid:{CLSID_CMSTPLUA}"
    surrogate = host.start(dcom, SYSTEM32 + "dllhost.exe", command, integrity="High")
    host.load(surrogate, SYSTEM32 + "cmlua.dll")
    host.start(surrogate, SYSTEM32 + "rundll32.exe", "C:\\ProgramData\\Ltp\\wmbk.dat,#3", integrity="High")
    host.end(loader)
