"""What was read, and how far the events of each stage came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.explain.render.clauses import clause as clause_text
from comtrap.explain.render.ink import Ink, Line, Pen, columns, many
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.explain.explanation import StageCount
    from comtrap.explain.funnel import ClauseCount

_NUMBER = 9
_HEADS = ("left", "by itself", "sole miss")


def funnel(stage: StageCount, pen: Pen) -> Iterator[Line]:
    """A table: events of the category, then a line for each clause, with what is left."""
    yield ((_numbers(*_HEADS), Ink.FAINT),)
    what = "events" if stage.category is None else f"{plain(stage.category)} events"
    yield (_numbers(f"{stage.of_category:,}", "", ""), Ink.TEXT), (f"   {what}", Ink.LABEL)
    for clause in stage.clauses:
        yield from _clause(clause, stage, pen)
    ink = Ink.GOOD if stage.held else Ink.BAD
    yield (_numbers(f"{stage.held:,}", "", ""), ink), ("   hold all", Ink.LABEL)
    for lack in stage.lacking:
        said = f"of them without a value in the key {plain(lack.name)}"
        yield (_numbers(f"{lack.events:,}", "", ""), Ink.BAD), (f"   {said}", Ink.TEXT)
    fields = [f"{field.name} {field.events:,}" for field in stage.fields]
    if fields and stage.of_category:
        yield from pen.wrapped((("with a value: ", Ink.FAINT),), fields)


def _clause(clause: ClauseCount, stage: StageCount, pen: Pen) -> Iterator[Line]:
    numbers = _numbers(f"{clause.so_far:,}", f"{clause.alone:,}", f"{clause.only:,}")
    room = pen.width - columns(numbers) - 3
    text = clause_text(clause.node, pen, room)
    ink = Ink.BAD if not clause.alone and stage.of_category else Ink.TEXT
    yield (numbers, ink), ("   ", Ink.TEXT), (text, ink)


def _numbers(so_far: str, alone: str, only: str) -> str:
    return f"{so_far:>{_NUMBER}} {alone:>{_NUMBER}} {only:>{_NUMBER}}"


def stage_line(stage: StageCount, word: str, pen: Pen) -> Line:
    """One line for a stage, or for a filter: how many events fulfil it."""
    name = f"{word} {stage.number}" if stage.number else "until"
    what = "events" if stage.category is None else f"{plain(stage.category)} events"
    lacking = "".join(f", {lack.events:,} without {plain(lack.name)}" for lack in stage.lacking)
    held = many(stage.held, "fulfils it", "fulfil it")
    said = pen.cut(f"of {stage.of_category:,} {what} {held}{lacking}", pen.width - 10)
    return (f"{name:<9} ", Ink.LABEL), (said, Ink.TEXT if stage.held else Ink.BAD)
