"""A plan as trees."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.explain.condition import Kind
from comtrap.explain.render.clauses import clause
from comtrap.explain.render.ink import Ink, Line, Pen, lasting
from comtrap.explain.render.tree import Branch, draw
from comtrap.explain.wording import listing, worded
from comtrap.normalise.powershell import PROVIDER as POWERSHELL
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.explain.condition import Node
    from comtrap.explain.planned import KeyUse, Planned, Source, StagePlan


def plan(found: Planned, pen: Pen) -> Iterator[Line]:
    """The stages, then what is read and what can be matched."""
    if found.kind != "event":
        span = "" if found.maxspan_ns is None else f" within {lasting(found.maxspan_ns)}"
        yield ((f"{found.kind}{span}", Ink.STRONG),)
    for stage in found.stages:
        yield from _stage(stage, found, pen)
    for pipe in found.pipes:
        yield ("| ", Ink.FAINT), (pipe, Ink.STRONG)
    if found.never is not None:
        yield ()
        yield ((f"matches nothing: {found.never}", Ink.BAD),)
    yield ()
    yield from _rest(found, pen)


def _stage(stage: StagePlan, found: Planned, pen: Pen) -> Iterator[Line]:
    head = f"{'any' if stage.category is None else plain(stage.category)} where"
    margin = 0
    if found.kind != "event":
        runs = f"-{stage.number + stage.runs - 1}" if stage.runs > 1 else ""
        name = "until " if not stage.number else f"{stage.number}{runs} "
        head = f"{name:<3}{'missing: ' if stage.missing else ''}{head}"
        margin = 2
    by = f"  by {plain(', '.join(map(_key, stage.keys)))}" if stage.keys else ""
    yield (head, Ink.LABEL), (pen.cut(by, pen.width - len(head)), Ink.FAINT)
    top = stage.condition
    branches = tuple(_branch(part, pen) for part in (top.parts if top.kind is Kind.AND else (top,)))
    yield from draw(branches, pen, margin=margin)


def _key(key: KeyUse) -> str:
    return f"{'?' if key.optional else ''}{key.name} ({key.type})"


def _branch(node: Node, pen: Pen, negation: str = "") -> Branch:
    if node.kind is Kind.NOT and not node.parts[0].parts and node.always is None:
        return _branch(node.parts[0], pen, "not ")
    if node.kind is Kind.CLAUSE:
        ink = Ink.FAINT if node.always is None else Ink.BAD
        return Branch(None, lambda room: clause(node, pen, room, negation), partial(_aside, node, pen), aside=ink)
    word = {Kind.AND: "all of", Kind.OR: "any of", Kind.NOT: "not"}[node.kind]
    aside = None if node.always is None else partial(_aside, node, pen)
    parts = tuple(_branch(part, pen) for part in node.parts)
    return Branch(None, lambda _: word, aside, aside=Ink.BAD, ink=Ink.LABEL, parts=parts)


def _aside(node: Node, pen: Pen, room: int) -> str:
    """Types and case; what is the same whatever the event."""
    if node.always is not None:
        unmapped = [use.name for use in node.fields if use.column is None]
        why = f": {', '.join(unmapped)} not mapped" if unmapped else ""
        return pen.cut(plain(f"always {node.always}{why}"), room)
    words = list(dict.fromkeys(use.type for use in node.fields))
    if node.ignores_case is not None:
        words.append("any case" if node.ignores_case else "exact case")
    if any(use.optional for use in node.fields):
        words.append("optional")
    return pen.cut(plain(", ".join(words)), room)


def _rest(found: Planned, pen: Pen) -> Iterator[Line]:
    """What is read, from where, and how it is run."""
    types: dict[str, list[str]] = {}
    for use in found.fields:
        types.setdefault(use.type, []).append(use.name)
    for place, (kind, names) in enumerate(types.items()):
        yield from _said("" if place else "reads", (f"{kind}: {names[0]}", *names[1:]), pen)
    for place, (pattern, known) in enumerate(found.indices or ()):
        yield from _said("" if place else "indices", _index(pattern, known), pen)
    if found.claims:
        yield from _said("claims", found.claims, pen)
    if found.exceptions:
        yield from _said("exceptions", found.exceptions, pen)
    for stage in found.stages:
        if stage.always != "false":
            yield from _said(_of(stage, found, "written"), _writers(stage), pen)
    for stage in found.stages:
        if stage.runs_as is not None:
            yield from _run(stage.runs_as, _of(stage, found, "runs as"), pen)


def _index(pattern: str, known: tuple[str, ...]) -> list[str]:
    """A pattern, and what it names where that is not plain from it."""
    if len(known) == 1 and known[0].startswith(pattern.rstrip("*")):
        return [pattern]
    first, *others = known or ("none that Windows logs would have",)
    return [f"{pattern}: {first}", *others]


def _said(label: str, words: Iterable[str], pen: Pen) -> list[Line]:
    return pen.wrapped(((f"{label:<10} ", Ink.LABEL),), words)


def _of(stage: StagePlan, found: Planned, word: str) -> str:
    return word if len(found.stages) == 1 else f"{word} {stage.number or 'until'}"


def _writers(stage: StagePlan) -> list[str]:
    return [*map(_writer, stage.sources), "ECS documents"]


def _writer(source: Source) -> str:
    name = source.provider.removeprefix("Microsoft-Windows-") if source.provider != POWERSHELL else source.provider
    codes = " ".join(map(str, source.codes))
    others = ("and others" if codes else "any") if source.others else ""
    return " ".join(part for part in (name, codes, others) if part)


def _run(expr: typed.Expr, label: str, pen: Pen) -> Iterator[Line]:
    yield ((label, Ink.LABEL),)
    parts = expr.operands if isinstance(expr, typed.AllOf) else (expr,)
    yield from draw([_meant(part, pen, "") for part in parts], pen)


def _meant(expr: typed.Expr, pen: Pen, negation: str) -> Branch:
    match expr:
        case typed.Not(operand=typed.AllOf() | typed.AnyOf()):
            return Branch(None, lambda _: "not", ink=Ink.LABEL, parts=(_meant(expr.operand, pen, ""),))
        case typed.Not():
            return _meant(expr.operand, pen, "not ")
        case typed.AllOf() | typed.AnyOf():
            word = "all of" if isinstance(expr, typed.AllOf) else "any of"
            return Branch(None, lambda _: word, ink=Ink.LABEL, parts=tuple(_meant(o, pen, "") for o in expr.operands))
    lead, options = listing(expr)
    if options:
        return Branch(None, lambda room: pen.listed(negation + lead, options, room))
    return Branch(None, lambda room: pen.cut(plain(negation + worded(expr)), room))
