from __future__ import annotations

import io
import re

import pytest
from tests.material import event, process, write

from comtrap.cli.table import LONGEST, write_table
from comtrap.scanning.asked import Request, ask
from comtrap.scanning.query import query


@pytest.fixture
def table(tmp_path, monkeypatch):
    """The table of a query over some events, on a screen of so many columns."""

    def shown(text, events, columns=None, fields=None):
        monkeypatch.delenv("COLUMNS", raising=False)
        if columns is not None:
            monkeypatch.setenv("COLUMNS", str(columns))
        path = write(tmp_path / "a.ndjson", events)
        out = io.StringIO()
        with query(ask(text, Request()), [path]) as answer:
            write_table(answer, answer.asked.shown if fields is None else fields, out)
        return out.getvalue()

    return shown


LINE = "powershell.exe -NoProfile -Command " + "x" * 60
FIRST = 'process where process.command_line : "*" and process.name : "*"'


def test_without_a_screen_nothing_is_cut(table):
    assert LINE in table(FIRST, [process(1, 1, CommandLine=LINE)])


def test_the_widest_column_gives_way(table):
    assert table(FIRST, [process(1, 1, CommandLine=LINE), process(2, 2, CommandLine="x")], 80) == (
        "time                     host   process.command_line                process.name\n"
        "2026-01-05 08:00:01.000  host1  powershell.exe -NoProfile -Comman…  cmd.exe\n"
        "2026-01-05 08:00:02.000  host1  x                                   cmd.exe\n"
    )


def test_where_columns_do_not_fit_each_value_has_a_line(table):
    found = table(FIRST, [process(1, 1, CommandLine=LINE), process(2, 2, CommandLine="x")], 60)

    assert found == (
        "2026-01-05 08:00:01.000  host1\n"
        "  process.command_line  powershell.exe -NoProfile -Command…\n"
        "  process.name          cmd.exe\n"
        "\n"
        "2026-01-05 08:00:02.000  host1\n"
        "  process.command_line  x\n"
        "  process.name          cmd.exe\n"
    )


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_screen(table, columns):
    text = 'sequence by host.id, user.name with maxspan=1m [process where process.command_line : "*"] [registry where registry.path : "*"]'
    events = [process(1, 1, CommandLine=LINE), event(13, 2, 2, TargetObject="y" * 200, User=r"EXAMPLE\user1")]

    found = table(text, events, columns)

    assert found
    assert max(map(len, found.splitlines())) <= columns


def test_sequences_stand_apart_with_their_keys(table):
    text = "sequence by host.id, user.id with maxspan=3s [process where process.pid > 0] ![file where true] [registry where true]"
    more = [process(n, n) for n in (0, 9)] + [event(13, n + 1, n + 1, TargetObject="x") for n in (0, 9)]

    assert table(text.replace(", user.id", ""), more) == (
        "stage  time                     host   process.pid\n"
        "1  host.id = host1\n"
        "1      2026-01-05 08:00:00.000  host1  1000\n"
        "2      no event\n"
        "3      2026-01-05 08:00:01.000  host1\n"
        "\n"
        "2  host.id = host1\n"
        "1      2026-01-05 08:00:09.000  host1  1009\n"
        "2      no event\n"
        "3      2026-01-05 08:00:10.000  host1\n"
    )


def test_what_logs_hold_does_nothing_to_the_screen(table):
    found = table(FIRST, [process(1, 1, CommandLine="a\x1b[31mb\u202ec\nd\re\u0085f")])

    assert r"a\u{1b}[31mb\u{202e}c d e" in found
    assert len(found.splitlines()) == 2
    assert all(line.isprintable() for line in found.split("\n"))


def test_wide_characters_take_two_columns(table):
    found = table(FIRST, [process(1, 1, CommandLine="日本" * 40), process(2, 2, CommandLine="x")], 80)

    assert [line.index("cmd.exe") for line in found.splitlines()[2:]] == [68]
    assert "日本…" in found


def test_a_long_value_is_looked_at_in_part(table):
    assert len(table(FIRST, [process(1, 1, CommandLine="x" * LONGEST * 3)]).splitlines()[1]) < LONGEST + 200


def test_values_of_every_kind_are_shown(table):
    document = {
        "@timestamp": "2026-01-05T08:00:00Z",
        "event": {"category": "x"},
        "process": {"args": ["a", "b"], "pid": 4, "interactive": True},
    }
    found = table("x where true", [document], fields=("process.args", "process.pid", "process.interactive", "process"))

    (row,) = found.splitlines()[1:]
    assert re.search(r'  a, b +4 +true +\{"args":\["a","b"\],"pid":4,"interactive":true\}$', row)
