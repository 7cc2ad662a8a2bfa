"""Logs in which everything happens that an explanation tells of, and explanations of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tests.material import START, event, process, write

from comtrap.explain.explain import Wish, explain
from comtrap.explain.subject import find
from comtrap.rules.exceptions import Entry, ExceptionItem

if TYPE_CHECKING:
    from pathlib import Path

    from comtrap.explain.explanation import Explanation

CHILD = (
    'process where event.type == "start" and process.parent.name : ("dllhost.exe", "mmc.exe") and '
    'not process.name : ("werfault.exe", "conhost.exe")'
)
PAIR = (
    "sequence by host.id with maxspan=10s\n"
    '  [process where event.code == "1" and process.name : "excel.exe"] by process.entity_id\n'
    '  [process where event.code == "7" and file.name : "*.xll"] by process.entity_id\n'
    'until [process where event.code == "5"] by process.entity_id'
)


def image(seconds: float, record: int, owner: int, path: str = r"C:\Users\user1\a.xll", **data: str) -> dict:
    """A library that a process loads."""
    return event(7, seconds, record, **(_of(owner) | {"ImageLoaded": path} | data))


def end(seconds: float, record: int, owner: int, **data: str) -> dict:
    """The end of a process."""
    return event(5, seconds, record, **(_of(owner) | data))


def excel(seconds: float, record: int, owner: int, **data: str) -> dict:
    """The start of Excel."""
    return process(seconds, record, "excel.exe", **(_of(owner) | data))


def _of(owner: int) -> dict[str, str]:
    return {
        "ProcessGuid": f"{{00000000-0000-0000-0000-{owner:012d}}}",
        "ProcessId": str(owner),
        "Image": r"C:\Program Files\Office\EXCEL.EXE",
    }


def starts() -> list[dict]:
    """One child of the surrogate; near misses of it, some of them alike; events of other kinds."""
    return [
        process(0, 1),
        *(process(at, at + 1, parent="explorer.exe") for at in range(1, 4)),
        process(4, 5, "conhost.exe"),
        process(5, 6, "WerFault.exe", parent="mmc.exe"),
        end(6, 7, 1000),
        process(7, 8, "calc.exe", parent="svchost.exe", ParentImage=""),
    ]


def pairs() -> list[dict]:
    """Excel and its add-ins: each process comes to another end."""
    return [
        excel(0, 1, 1001), image(2, 2, 1001),  # matched
        excel(10, 3, 1002), end(11, 4, 1002), image(12, 5, 1002),  # until
        excel(20, 6, 1003), image(35.5, 7, 1003),  # maxspan
        excel(40, 8, 1004), excel(41, 9, 1004), image(42, 10, 1004),  # replaced, then matched
        excel(50, 11, 1005), image(52, 12, 1006),  # another key
        excel(70, 13, 1007),  # maxspan ran out
        image(90, 14, 1008, r"C:\Windows\System32\kernel32.dll"),
        excel(95, 15, 1009),  # the data end
        event(13, 99, 16, TargetObject=r"HKLM\Software\a", Details="x"),
    ]  # fmt: skip


def explained(subject: str, events: list[dict], folder: Path, limit: int = 5, **wish: frozenset) -> Explanation:
    """An explanation of events that lie in ``logs.ndjson`` of the folder."""
    return explain(find(subject), [write(folder / "logs.ndjson", events)], Wish(limit, **wish))


def exception(path: Path, **field: str) -> ExceptionItem:
    """An exception for the rule of number 1: a field of ECS (``user__name``) is a value."""
    ((name, value),) = field.items()
    return ExceptionItem(
        list_id="site",
        id="agent",
        name="The agent",
        rules=(UUID(int=1),),
        entries=(Entry(name.replace("__", "."), "match", values=(value,)),),
        owner="a team",
        reason="it is benign",
        ticket="1",
        expires=START + timedelta(days=1),
        path=path,
    )
