"""A condition on one event: what held, what did not, and the values that decided."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from comtrap.explain.condition import Kind, texts_of
from comtrap.explain.judge import Judged, Verdict
from comtrap.explain.render.clauses import clause
from comtrap.explain.render.ink import Ink, Line, Pen, Piece, many, when
from comtrap.explain.render.tree import Branch, draw
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from comtrap.explain.condition import Node
    from comtrap.explain.explanation import AtStage, GivenEvent, NearMiss, Shown
    from comtrap.explain.sighting import Event

_MOST = 20  # parts of one condition on one event that are drawn
_INKS = {Verdict.TRUE: Ink.GOOD, Verdict.FALSE: Ink.BAD, Verdict.NULL: Ink.NULL, Verdict.FAILED: Ink.BAD}


def heading(event: Event, mark: Piece, pen: Pen, note: str = "") -> Iterator[Line]:
    """Which event it is: its time and host, then its place."""
    host = "" if event.host is None else f"  {plain(event.host)}"
    said = "" if not note else f"  {note}"
    yield mark, (" ", Ink.TEXT), (f"{when(event.time_ns)} UTC{host}", Ink.STRONG), (said, Ink.TEXT)
    yield ("  ", Ink.TEXT), (pen.ending(plain(event.place), pen.width - 2), Ink.FAINT)


def hit(shown: Shown, pen: Pen) -> Iterator[Line]:
    """An event that matches."""
    yield from heading(shown.event, (pen.signs.true, Ink.GOOD), pen)
    yield from draw(branches(shown.judged, pen), pen, margin=2)


def near_miss(near: NearMiss, pen: Pen) -> Iterator[Line]:
    """An event that came near."""
    note = f"and {near.count - 1:,} alike" if near.count > 1 else ""
    yield from heading(near.shown.event, (pen.signs.false, Ink.BAD), pen, note)
    yield from draw(branches(near.shown.judged, pen), pen, margin=2)


def given(event: GivenEvent, pen: Pen) -> Iterator[Line]:
    """An event that was asked for, at every stage."""
    held = any(stage.of_category and stage.judged.verdict.holds for stage in event.stages)
    sign = (pen.signs.true, Ink.GOOD) if held else (pen.signs.false, Ink.BAD)
    yield from heading(event.event, sign, pen)
    for stage in event.stages:
        if len(event.stages) > 1:
            yield ("  ", Ink.TEXT), ("until" if not stage.number else f"stage {stage.number}", Ink.LABEL)
        yield from draw((*category(stage, event.event, pen), *branches(stage.judged, pen)), pen, margin=2)


def category(stage: AtStage, event: Event, pen: Pen) -> tuple[Branch, ...]:
    """The category that a stage asks for, if it does, beside those of the event."""
    if stage.category is None:
        return ()
    verdict = Verdict.TRUE if stage.of_category else Verdict.FALSE
    asked, has = f"category {plain(stage.category)}", ", ".join(map(plain, event.category)) or "none"
    return (Branch(_mark(verdict, pen), lambda room: pen.cut(asked, room), lambda room: pen.cut(has, room)),)


def branches(judged: Judged, pen: Pen) -> tuple[Branch, ...]:
    """The top clauses of a stage's condition, each with what decides it below; of very many, those that do not hold."""
    if len(judged.parts) <= 2 * _MOST:
        return tuple(_branch(part, pen) for part in judged.parts)
    return _some([part for part in judged.parts if not part.verdict.holds] or judged.parts, pen, len(judged.parts))


def _branch(judged: Judged, pen: Pen) -> Branch:
    node, verdict = judged.node, judged.verdict
    mark = _mark(verdict, pen)
    if node.kind is Kind.NOT and not judged.parts[0].parts:
        return _clause(judged.parts[0], pen, mark, "not ")
    if not node.parts:
        return _clause(judged, pen, mark, "")
    telling = _telling(judged)
    parts = _some(telling, pen, len(telling))
    left = len(judged.parts) - len(telling)
    word = {Kind.AND: "all of", Kind.OR: "any of", Kind.NOT: "not"}[node.kind]
    more = (
        many(left, "more holds", "more hold")
        if verdict is not Verdict.TRUE
        else many(left, "more does not", "more do not")
    )
    said = f"{word}, {more}" if left else word
    return Branch(mark, lambda room: pen.cut(said, room), ink=Ink.LABEL, parts=parts)


def _some(parts: Sequence[Judged], pen: Pen, total: int) -> tuple[Branch, ...]:
    """The first of some parts, and how many more there are."""
    drawn = tuple(_branch(part, pen) for part in parts[:_MOST])
    if len(drawn) == total:
        return drawn
    rest = f"{pen.signs.more} {total - len(drawn):,} more"
    return (*drawn, Branch(None, lambda room: pen.cut(rest, room), ink=Ink.FAINT))


def _telling(judged: Judged) -> tuple[Judged, ...]:
    """The parts that decide: of an ``or`` that holds those that do, of an ``and`` that does not those that do not."""
    holds = judged.verdict.holds
    if judged.node.kind is Kind.NOT or holds is (judged.node.kind is Kind.AND):
        return judged.parts
    return tuple(part for part in judged.parts if part.verdict.holds is holds)


def _clause(judged: Judged, pen: Pen, mark: Piece, negation: str) -> Branch:
    beside = partial(_values, judged, pen)
    aside = Ink.FAINT if mark[1] is Ink.GOOD else mark[1]
    return Branch(mark, partial(_text, judged.node, judged.held, negation, pen), beside, aside=aside)


def _text(node: Node, held: tuple[str, ...], negation: str, pen: Pen, room: int) -> str:
    if not held:
        return clause(node, pen, room, negation)
    of = f" ({len(held)} of {len(node.options):,})"
    return pen.listed(negation + node.lead, held, room - len(of)) + of


def _values(judged: Judged, pen: Pen, room: int) -> str:
    said = () if judged.node.written is None else texts_of(judged.node.written)
    if judged.message is not None:
        return pen.cut(f"failed: {plain(judged.message)}", room)
    if judged.node.always is not None and not judged.values:
        return f"always {judged.node.always}"
    if any(use.column is None for use in judged.node.fields):
        return "null: not mapped"
    if len(judged.values) == 1:
        return pen.given(judged.values[0], said, room)
    return pen.all_given(judged.values, said, room)


def _mark(verdict: Verdict, pen: Pen) -> Piece:
    sign = {
        Verdict.TRUE: pen.signs.true,
        Verdict.FALSE: pen.signs.false,
        Verdict.NULL: pen.signs.null,
        Verdict.FAILED: pen.signs.failed,
    }[verdict]
    return sign, _INKS[verdict]
