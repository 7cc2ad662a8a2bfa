from __future__ import annotations

from tests.material import event, process, rule, script_block, write

from comtrap.alerts.tree import MOST, tree
from comtrap.scan import scan

EVERYTHING = [rule("any where true")]
CLASS = "{DF000001-7E57-4C0D-9000-00000000C0DE}"


def guid(number):
    return f"{{00000000-0000-0000-0000-{number:012d}}}"


def drawn(tmp_path, *events):
    """The tree as lines: blanks for depth, ``~`` before an edge of COM's, edge, last part of the name."""
    alerts = list(scan([write(tmp_path / "a.ndjson", events)], EVERYTHING).alerts)
    lines = []

    def draw(node, depth):
        name = node.label.rsplit("\\", 1)[-1] if node.kind != "script" else "script"
        edge = f"{'~' if node.com else ''}{node.edge} " if node.edge else ""
        lines.append("  " * depth + edge + name)
        for child in node.children:
            draw(child, depth + 1)

    for root in tree(alerts).roots:
        draw(root, 0)
    return lines


def asking(seconds, record, text="New-Object -ComObject MMC20.Application"):
    return process(
        seconds,
        record,
        "powershell.exe",
        "explorer.exe",
        CommandLine=f'powershell.exe -Command "{text}"',
        ParentCommandLine="explorer.exe",
    )


def serving(seconds, record):
    started = {"ParentProcessGuid": guid(999), "ParentCommandLine": "svchost.exe -k DcomLaunch"}
    return process(seconds, record, "mmc.exe", "svchost.exe", CommandLine="mmc.exe -Embedding", **started)


def test_a_process_hangs_below_the_one_that_started_it(tmp_path):
    child = process(
        1, 2, ParentProcessGuid=guid(1), ParentImage="C:\\x\\powershell.exe", ParentCommandLine="powershell"
    )
    assert drawn(tmp_path, asking(0, 1, "x"), child) == [
        "explorer.exe",
        "  started powershell.exe",
        "    started cmd.exe",
    ]


def test_a_server_hangs_below_the_object_and_the_object_below_who_asked(tmp_path):
    started = process(
        2, 3, ParentProcessGuid=guid(2), ParentImage="C:\\x\\mmc.exe", ParentCommandLine="mmc.exe -Embedding"
    )
    assert drawn(tmp_path, asking(0, 1), serving(1, 2), started) == [
        "explorer.exe",
        "  started powershell.exe",
        "    ~asked for MMC 2.0 application",
        "      ~served by mmc.exe",
        "        started cmd.exe",
    ]


def test_the_process_that_started_a_server_is_still_named(tmp_path):
    alerts = list(scan([write(tmp_path / "a.ndjson", [asking(0, 1), serving(1, 2)])], EVERYTHING).alerts)
    server = tree(alerts).roots[0].children[0].children[0].children[0]
    assert (server.label.endswith("mmc.exe"), server.by) == (True, "svchost.exe -k DcomLaunch")


def test_a_surrogate_that_nobody_is_seen_to_ask_for_hangs_below_its_object(tmp_path):
    assert drawn(tmp_path, process(0, 1)) == ["CMSTPLUA", "  ~served by dllhost.exe", "    started cmd.exe"]


def test_a_class_written_stands_with_what_serves_it_now(tmp_path):
    key = f"HKU\\S-1-5-21-1-2-3-1001_Classes\\CLSID\\{CLASS}\\InprocServer32\\(Default)"
    written = event(13, 0, 1, EventType="SetValue", TargetObject=key, Details="C:\\Users\\a.dll", Image="C:\\reg.exe")
    assert drawn(tmp_path, written) == [
        "reg.exe",
        "  wrote (Default)",
        f"    ~registers class {CLASS}",
        "      ~now served by a.dll",
    ]


def test_two_logs_of_one_process_are_one_node(tmp_path):
    security = event(
        4688,
        0.1,
        9,
        "Security",
        NewProcessId="0x3e9",
        NewProcessName="C:\\Windows\\System32\\cmd.exe",
        CommandLine="cmd.exe /c whoami",
        ProcessId="0x1",
        ParentProcessName="C:\\Windows\\System32\\dllhost.exe",
    )
    assert sum("cmd.exe" in line for line in drawn(tmp_path, process(0, 1), security)) == 1


def test_a_script_hangs_below_the_process_whose_command_line_holds_it(tmp_path):
    text = "$m = New-Object -ComObject MMC20.Application"
    assert "    ran script" in drawn(tmp_path, asking(0, 1, text), script_block(1, 2, text))


def test_a_script_of_nobody_known_hangs_below_its_log(tmp_path):
    assert drawn(tmp_path, script_block(1, 2, "Get-ChildItem C:\\")) == ["powershell", "  ran script"]


def test_a_process_that_is_its_own_parent_does_no_harm(tmp_path):
    assert drawn(tmp_path, process(0, 1, "dllhost.exe", ParentProcessGuid=guid(1))) == ["dllhost.exe"]


def test_processes_that_are_each_others_parents_do_no_harm(tmp_path):
    lines = drawn(tmp_path, process(0, 1, ParentProcessGuid=guid(2)), process(1, 2, ParentProcessGuid=guid(1)))
    assert len(lines) <= 4


def test_of_a_large_tree_the_rest_is_counted(tmp_path):
    many = [process(n, n, ParentCommandLine="dllhost.exe") for n in range(1, MOST + 21)]
    alerts = list(scan([write(tmp_path / "a.ndjson", many)], EVERYTHING).alerts)
    assert tree(alerts).more > 0
