"""A line on the terminal that says how far a run has got, while it runs."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.live import Live
from rich.text import Text

from comtrap.cli.pace import Pace, time_left
from comtrap.sinks.plain import plain
from comtrap.sources.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

BAR = 20  # cells
WIDE = 72  # columns from which there is a bar
PATH = 12  # cells that are worth to show the end of a path in


@contextmanager
def shown(console: Console, clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """A progress that is shown on a terminal until the run is done, four times a second and without a word to the run.

    Args:
        console: of standard error.
        clock: seconds.
    """
    progress, pace = Progress(), Pace()

    def line() -> Text:
        pace.look(clock(), progress)
        return drawn(progress, pace, console.width, ascii_only=not console.encoding.lower().startswith("utf"))

    live = Live(
        get_renderable=line,
        console=console,
        transient=True,
        refresh_per_second=4,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with live:
        yield progress


def drawn(progress: Progress, pace: Pace, width: int, *, ascii_only: bool = False) -> Text:
    """The line, in less than so many columns.

    Args:
        progress: how far it is.
        pace: how fast.
        width: of the terminal.
        ascii_only: whether the terminal can show nothing else.
    """
    share, room = progress.share, width - 1
    line = Text(no_wrap=True, overflow="ellipsis", end="")
    if share is not None and width >= WIDE:
        done = int(share * BAR)
        full, empty = ("#", ".") if ascii_only else ("━", "─")
        line.append(full * done, "cyan").append(empty * (BAR - done), "dim").append("  ")
    parts = [] if share is None else [f"{int(share * 100)} %"]
    parts += [f"{progress.events:,} events", *([f"{pace.rate:,.0f}/s"] if pace.rate else []), _clock(pace.elapsed)]
    if share is not None and share >= 1:
        parts.append("all read; what was found is put together")
    elif pace.left is not None:
        parts.append(time_left(pace.left))
    line.append("  ".join(parts) if progress.path or progress.read_bytes else "starting")
    path = plain(progress.path)
    if (share or 0) < 1 and path and room - line.cell_len - 2 >= min(PATH, cell_len(path)):
        line.append("  ").append(_end(path, room - line.cell_len, ascii_only=ascii_only), "dim")
    line.truncate(room)
    return line


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _end(path: str, room: int, *, ascii_only: bool) -> str:
    """The end of a path, which tells more than its beginning."""
    if cell_len(path) <= room:
        return path
    mark, path = "..." if ascii_only else "…", path[-room:]
    while path and cell_len(path) + len(mark) > room:
        path = path[1:]
    return mark + path
