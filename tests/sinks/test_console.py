from __future__ import annotations

import io
from pathlib import Path

from tests.golden import check_golden
from tests.material import event, process, rule, script_block, write

from comtrap.rules.rule import Severity
from comtrap.scan import scan
from comtrap.sinks.console import Sink

SEQUENCE = """sequence by host.id with maxspan=1h
  [registry where registry.path : "*\\\\InprocServer32\\\\*"]
  [process where process.name : "rundll32.exe"]"""
RULES = (
    rule(name="Program started by the COM surrogate"),
    rule(SEQUENCE, 2, name="A class written, then served", severity=Severity.CRITICAL),
    rule(
        'any where powershell.file.script_block_text : ("*-ComObject*", "*CreateObject*")',
        3,
        name="Script",
        severity=Severity.LOW,
    ),
)
KEY = "HKU\\S-1-5-21-1-2-3-1001_Classes\\CLSID\\{DF000001-7E57-4C0D-9000-00000000C0DE}\\InprocServer32\\(Default)"
EVENTS = (
    process(0, 1),
    process(1, 2),
    event(
        13,
        5,
        3,
        EventType="SetValue",
        TargetObject=KEY,
        Details="C:\\Users\\user1\\a.dll",
        Image="C:\\Windows\\reg.exe",
    ),
    process(9, 4, "rundll32.exe", "explorer.exe", CommandLine="rundll32.exe \x1b[2Jevil\u202etxt.exe [bold]x[/bold]"),
    script_block(20, 5, "x" * 400 + " New-Object -ComObject Shell.Application " + "y" * 400),
    process(30, 6, host="host2"),
)


def shown(tmp_path, monkeypatch, events=EVENTS, width=80):
    monkeypatch.chdir(tmp_path)
    write(Path("logs.ndjson"), events)
    out = io.StringIO()
    with Sink(out, width=width) as sink:
        for alert in scan(["logs.ndjson"], RULES).alerts:
            sink.write(alert)
    return out.getvalue()


def test_the_report_at_80_columns(tmp_path, monkeypatch):
    text = shown(tmp_path, monkeypatch)
    assert max(map(len, text.splitlines())) <= 80
    check_golden(Path(__file__).parent / "console.txt", text)


def test_nothing_a_log_says_reaches_the_terminal_as_control(tmp_path, monkeypatch):
    text = shown(tmp_path, monkeypatch)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "[bold]x[/bold]" in text


def test_a_narrow_terminal_is_kept_to(tmp_path, monkeypatch):
    assert max(map(len, shown(tmp_path, monkeypatch, width=50).splitlines())) <= 50


def test_no_alerts_are_said(tmp_path, monkeypatch):
    assert shown(tmp_path, monkeypatch, events=()) == "No alerts.\n"


def test_a_long_rule_name_in_the_summary_stands_below_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path("logs.ndjson"), EVENTS)
    out = io.StringIO()
    with Sink(out, width=60) as sink:
        for alert in scan(["logs.ndjson"], [rule(name="word " * 20)]).alerts:
            sink.write(alert)
    last = out.getvalue().splitlines()[-1]
    assert last == " " * 19 + last.strip()
    assert last.strip().startswith("word")
