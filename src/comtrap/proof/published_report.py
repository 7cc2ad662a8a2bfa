"""What published queries catch and lose, for people and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from comtrap.explain.as_data import as_data
from comtrap.explain.render.clauses import clause
from comtrap.explain.render.ink import Ink, many
from comtrap.explain.render.tree import draw
from comtrap.explain.render.verdicts import branches, category
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from comtrap.explain.render.ink import Line, Pen
    from comtrap.proof.published import ClauseLoss, Missed, QueryLoss, Verdict

_KINDS = {"attack": "simulated attacks", "sample": "samples", "capture": "captures"}
_NUMBERS = 16  # columns before a clause


def lines(verdicts: Sequence[Verdict], losses: Iterable[QueryLoss], pen: Pen, *, verbose: bool) -> Iterator[Line]:
    """A line an attack with what lost it below, then the sums.

    Args:
        verdicts: of all attacks.
        losses: by query.
        pen: draws.
        verbose: also samples one by one, and of a missed attack every query.
    """
    told = [verdict for verdict in verdicts if verbose or verdict.attack.kind != "sample"]
    width = max((len(plain(verdict.attack.name)) for verdict in told), default=0)
    for verdict in told:
        yield from _attack(verdict, width, pen, verbose=verbose)
    yield ()
    for kind, named in _KINDS.items():
        of_kind = [verdict for verdict in verdicts if verdict.attack.kind == kind and verdict.wrong is None]
        if of_kind:
            yield ((f"{named}: {_caught(of_kind)} of {len(of_kind):,} caught", Ink.STRONG),)
            yield from _by_source(of_kind, pen)
    for loss in losses:
        yield ()
        yield from _loss(loss, pen)


def data(verdicts: Iterable[Verdict], losses: Iterable[QueryLoss]) -> dict[str, Any]:
    """The same for programs, with every clause of every query on the nearest event of each attack."""
    return {"attacks": [_verdict(one) for one in verdicts], "queries": [_of_query(one) for one in losses]}


def _attack(verdict: Verdict, width: int, pen: Pen, *, verbose: bool) -> Iterator[Line]:
    attack = verdict.attack
    what = f"{plain(attack.name):<{width}}  {attack.source:<11}"
    if verdict.wrong is not None:
        yield (("?       ", Ink.NULL), (f"{what} {plain(verdict.wrong)}", Ink.TEXT))
        return
    if verdict.caught_by:
        yield (("caught  ", Ink.GOOD), (f"{what} {', '.join(verdict.caught_by)}", Ink.TEXT))
        return
    for place, missed in enumerate(verdict.nearest if verbose else verdict.nearest[:1]):
        head = ("missed  ", Ink.BAD) if not place else ("        ", Ink.TEXT)
        yield (head, (f"{what if not place else ' ' * len(what)} {missed.query}", Ink.TEXT))
        yield from _missed(missed, pen)


def _missed(missed: Missed, pen: Pen) -> Iterator[Line]:
    other = () if missed.at.of_category else category(missed.at, missed.event, pen)
    # Of an event of another category, that is what lost it; what else does not hold follows from it.
    lost = () if other else branches(replace(missed.at.judged, parts=missed.lost), pen)
    yield from draw((*other, *lost), pen, margin=8)


def _caught(verdicts: Iterable[Verdict]) -> int:
    return sum(bool(verdict.caught_by) for verdict in verdicts)


def _by_source(verdicts: Iterable[Verdict], pen: Pen) -> Iterator[Line]:
    every, caught = Counter[str](), Counter[str]()
    for verdict in verdicts:
        every[verdict.attack.source] += 1
        caught[verdict.attack.source] += bool(verdict.caught_by)
    words = [f"{source} {caught[source]} of {count}" for source, count in every.items() if source]
    if words:
        yield from pen.wrapped((("  ", Ink.TEXT),), words)


def _loss(loss: QueryLoss, pen: Pen) -> Iterator[Line]:
    yield (
        (loss.query, Ink.STRONG),
        (f" catches {loss.caught}; of the others {many(loss.nearest, 'is', 'are')} nearest to it", Ink.TEXT),
    )
    if loss.nearest:
        yield ((f"{'lost':>7}{'alone':>7}", Ink.LABEL),)
        for clause_ in loss.clauses.values():
            if clause_.lost:
                yield _clause(clause_, loss, pen)


def _clause(lost: ClauseLoss, loss: QueryLoss, pen: Pen) -> Line:
    room = pen.width - _NUMBERS
    text = f"category {loss.category}" if lost.node is None else clause(lost.node, pen, room)
    return ((f"{lost.lost:>7}{lost.alone or '':>7}  ", Ink.TEXT), (pen.cut(text, room), Ink.TEXT))


def _verdict(verdict: Verdict) -> dict[str, Any]:
    attack = verdict.attack
    shown_by = [
        place._asdict() for place in sorted(attack.shown_by, key=lambda p: (p.path, p.member or "", p.position))
    ]
    return {
        "kind": attack.kind,
        "name": attack.name,
        "source": attack.source or None,
        "shown_by": shown_by,
        "caught_by": list(verdict.caught_by),
        "nearest": [_nearest(missed) for missed in verdict.nearest],
        "wrong": verdict.wrong,
    }


def _nearest(missed: Missed) -> dict[str, Any]:
    return {
        "query": missed.query,
        "event": as_data(missed.event),
        "lost": [as_data(part) for part in missed.lost],
        **as_data(missed.at),
    }


def _of_query(loss: QueryLoss) -> dict[str, Any]:
    clauses = [{"clause": text, "lost": one.lost, "alone": one.alone} for text, one in loss.clauses.items()]
    return {"query": loss.query, "caught": loss.caught, "nearest": loss.nearest, "clauses": clauses}
