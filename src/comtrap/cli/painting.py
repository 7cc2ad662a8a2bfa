"""Lines of named inks on a terminal, or on what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TextIO

from rich.console import Console
from rich.text import Text

from comtrap.explain.render.ink import Ink, Pen, symbols

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.explain.render.ink import Line

STYLES = {
    Ink.TEXT: "",
    Ink.STRONG: "bold",
    Ink.FAINT: "dim",
    Ink.GOOD: "green",
    Ink.BAD: "red",
    Ink.NULL: "yellow",
    Ink.LABEL: "blue",
}
NARROWEST = 40  # columns: less is too few for a tree


class _Console(Console):
    """A console whose reader may go away, which its caller then hears of."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def pen(out: TextIO) -> Pen:
    """As wide as the terminal, 80 columns where there is none; with the signs that the output can show."""
    return Pen(max(NARROWEST, _console(out).width), symbols(getattr(out, "encoding", None)))


def paint(lines: Iterable[Line], out: TextIO) -> None:
    """Write lines; without colour where the output is no terminal or ``NO_COLOR`` is set."""
    console = _console(out)
    for line in lines:
        console.print(Text.assemble(*((text, STYLES[ink]) for text, ink in line)), soft_wrap=True)


def _console(out: TextIO) -> _Console:
    return _Console(file=out, highlight=False, markup=False, emoji=False)
