"""Trees with a column beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from comtrap.explain.render.ink import Ink, Line, Pen, Piece, columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Fitted: TypeAlias = Callable[[int], str]
"""A text that makes itself fit into so many columns."""

_WIDEST = 0.55  # of a line: how far right the column may begin


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of a tree and what hangs below it.

    Attributes:
        mark: a sign before the text.
        text: given the room there is.
        beside: what stands beside it.
        aside: how that is shown.
    """

    mark: Piece | None
    text: Fitted
    beside: Fitted | None = None
    aside: Ink = Ink.FAINT
    ink: Ink = Ink.TEXT
    parts: tuple[Branch, ...] = ()


def draw(branches: Sequence[Branch], pen: Pen, *, margin: int = 0) -> Iterator[Line]:
    """The lines of some branches, what stands beside them in a column where there is room, else below."""
    every = list(_rows(" " * margin, branches, pen))
    widest = int(pen.width * _WIDEST)
    starts = [columns(row.full(pen)) for row in every if row.branch.beside is not None]
    column = max((start for start in starts if start <= widest), default=0) + 2
    for row in every:
        yield from row.lines(pen, column)


@dataclass(frozen=True, slots=True)
class _Row:
    before: str
    below: str
    branch: Branch

    @property
    def head(self) -> int:
        """Columns before the text."""
        return columns(self.before) + (0 if self.branch.mark is None else columns(self.branch.mark[0]) + 1)

    def full(self, pen: Pen) -> str:
        """The line as wide as it may be."""
        return " " * self.head + self.branch.text(pen.width - self.head)

    def lines(self, pen: Pen, column: int) -> Iterator[Line]:
        mark = () if self.branch.mark is None else (self.branch.mark, (" ", Ink.TEXT))
        text = self.branch.text(pen.width - self.head)
        line = ((self.before, Ink.FAINT), *mark, (text, self.branch.ink))
        if self.branch.beside is None:
            yield line
            return
        used = self.head + columns(text)
        start = max(column, used + 2)
        whole = self.branch.beside(1 << 20)
        if start + columns(whole) <= pen.width:
            yield (*line, (" " * (start - used), Ink.TEXT), (whole, self.branch.aside))
            return
        yield line
        indent = self.below + (pen.signs.trunk if self.branch.parts else "   ") + " "
        room = pen.width - columns(indent)
        yield (indent, Ink.FAINT), (self.branch.beside(room), self.branch.aside)


def _rows(before: str, branches: Sequence[Branch], pen: Pen) -> Iterator[_Row]:
    for place, branch in enumerate(branches):
        is_last = place == len(branches) - 1
        below = before + (pen.signs.gap if is_last else pen.signs.trunk)
        yield _Row(before + (pen.signs.last if is_last else pen.signs.branch), below, branch)
        yield from _rows(below, branch.parts, pen)
