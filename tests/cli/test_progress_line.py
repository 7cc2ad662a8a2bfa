from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from comtrap.cli.notes import Notes
from comtrap.cli.pace import Pace
from comtrap.cli.progress_line import drawn, shown
from comtrap.sources.progress import Progress


class Terminal(io.StringIO):
    """Takes what is shown."""

    encoding = "utf-8"

    def isatty(self):
        return True


def line(width, seconds=30, total=1_000_000, path="/cases/host7/Security.evtx", **how):
    """The line of a run at a steady pace."""
    progress, pace = Progress(), Pace()
    progress.expect([total])
    progress.begin(path)
    for now in range(seconds + 1):
        pace.look(now, progress)
        if now < seconds:
            progress.add(20_000, 10_000)
    return drawn(progress, pace, width, **how).plain


def test_the_line_says_how_far_how_fast_how_long_and_where():
    assert line(120) == (
        "━━━━━━──────────────  30 %  600,000 events  20,000/s  0:30  about 2 min left  /cases/host7/Security.evtx"
    )


def test_a_terminal_without_unicode_gets_ascii():
    assert line(100, ascii_only=True) == (
        "######..............  30 %  600,000 events  20,000/s  0:30  about 2 min left  ...ost7/Security.evtx"
    )


@pytest.mark.parametrize("width", range(2, 130))
def test_the_line_fits(width):
    assert len(line(width, path="/cases/" + "x" * 5000)) < width


def test_a_narrow_terminal_gets_no_bar_and_no_path():
    assert line(60) == "30 %  600,000 events  20,000/s  0:30  about 2 min left"


def test_a_pipe_has_a_rate_and_no_end():
    assert line(80, total=None, path="-") == "600,000 events  20,000/s  0:30  -"


def test_a_run_that_has_read_all_says_what_it_does():
    assert line(120, seconds=101) == (
        "━━━━━━━━━━━━━━━━━━━━  100 %  2,020,000 events  20,000/s  1:41  all read; what was found is put together"
    )


def test_what_a_path_holds_does_nothing_to_the_terminal():
    assert "\\u{1b}[2J" in line(150, path="a\x1b[2J\u202eb.evtx")


def test_a_run_that_has_not_begun_to_read_is_starting():
    assert drawn(Progress(), Pace(), 80).plain == "starting"


def test_the_terminal_is_left_as_it_was():
    """The line is shown, and gone in the end."""
    out = Terminal()
    with shown(Console(file=out, force_terminal=True, width=100), iter(range(10_000)).__next__) as progress:
        progress.expect([100])
        progress.begin("a.evtx")
        progress.add(5, 10)
        deadline = time.monotonic() + 30
        while "5 events" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)

    assert "5 events" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize(
    ("is_terminal", "quiet", "beside", "is_shown"),
    [
        (True, False, None, True),
        (True, False, io.StringIO(), True),
        (True, False, Terminal(), False),
        (True, True, None, False),
        (False, False, None, False),
    ],
)
def test_nothing_is_shown_where_nobody_watches(monkeypatch, is_terminal, quiet, beside, is_shown):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    with Notes(quiet=quiet).progress(beside=beside):
        pass

    assert bool(out.getvalue()) is is_shown
