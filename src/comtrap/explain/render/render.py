"""A whole explanation as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.explain.render.counts import funnel, stage_line
from comtrap.explain.render.courses import of_key, sample_key, sample_summary, summary
from comtrap.explain.render.ink import Ink, Line, Pen, many
from comtrap.explain.render.plans import plan
from comtrap.explain.render.verdicts import given, hit, near_miss
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.explain.explanation import Explanation, StageCount


def render(found: Explanation, pen: Pen) -> Iterator[Line]:
    """The plan alone; or with input what was read, how far it came, and the events that tell most."""
    return map(pen.fitted, _lines(found, pen))


def _lines(found: Explanation, pen: Pen) -> Iterator[Line]:
    yield from _title(found, pen)
    if found.seen is None:
        yield from plan(found.planned, pen)
        return
    yield from _read(found, pen)
    if found.given is not None:
        if not found.given:
            yield (("no event has the position or record id that was asked for", Ink.BAD),)
        for event in found.given:
            yield ()
            yield from given(event, pen)
        return
    yield from _stages(found, pen)
    if found.shown:
        yield ()
        some = f"{len(found.shown):,} of " if len(found.shown) < found.matches else ""
        yield ((some + many(found.matches, "match", "matches"), Ink.STRONG),)
    for shown in found.shown:
        yield ()
        yield from hit(shown, pen)
    yield from _stories(found, pen)
    missing = {stage.number for stage in found.planned.stages if stage.missing} | {0}
    for stage in found.stages:
        # Of several stages, those are of interest that nothing fulfils and something must.
        if found.planned.kind == "event" or (not stage.held and stage.number not in missing):
            yield from _near(stage, found, pen)


def _title(found: Explanation, pen: Pen) -> Iterator[Line]:
    rule = found.subject.rule
    if rule is not None:
        yield ((pen.cut(plain(rule.name), pen.width), Ink.STRONG),)
        yield ((pen.cut(f"{rule.path.stem}, {rule.severity.word}, {rule.id}", pen.width), Ink.FAINT),)
        yield ()


def _read(found: Explanation, pen: Pen) -> Iterator[Line]:
    seen = found.seen
    assert seen is not None
    things = {"event": "event", "sequence": "sequence", "sample": "sample"}[found.planned.kind]
    said = f"{many(found.matches, f'{things} matches', f'{things}s match')}"
    ink = Ink.GOOD if found.matches else Ink.BAD
    yield (said, ink), (f"; {many(seen.read, 'event')} in {many(seen.files, 'file')}", Ink.TEXT)
    skipped = seen.problems.skipped.total()
    if skipped:
        yield ((f"{many(skipped, 'record')} could not be read", Ink.NULL),)
    if found.interrupted:
        yield (("interrupted: this is what was seen until then", Ink.NULL),)
    if found.failures:
        yield ((f"a condition failed on {many(found.failures, 'event')} and was taken as false", Ink.NULL),)
    if found.truncated is not None:
        yield ((f"only the first {found.truncated:,} hits were kept: what is shown is of these", Ink.NULL),)
    for reason in found.reasons if found.given is None else ():
        yield from pen.wrapped((("why none: ", Ink.BAD),), plain(reason).split(" "), " ")


def _stages(found: Explanation, pen: Pen) -> Iterator[Line]:
    yield ()
    for stage in found.stages:
        if found.planned.kind == "event":
            yield from funnel(stage, pen)
        else:
            yield stage_line(stage, _word(found), pen)


def _stories(found: Explanation, pen: Pen) -> Iterator[Line]:
    if found.sequence is not None and found.sequence.counts:
        yield ()
        yield from summary(found.sequence, pen)
        for one in (*found.sequence.matched, *found.sequence.ended):
            yield ()
            yield from of_key(one, pen)
        yield from _more(found.sequence.begun - len(found.sequence.matched) - len(found.sequence.ended))
    if found.sample is not None and found.sample.keys:
        yield ()
        yield from sample_summary(found.sample, len(found.stages), pen)
        for key in found.sample.shown:
            yield ()
            yield from sample_key(key, pen)
        yield from _more(found.sample.keys - len(found.sample.shown))


def _more(keys: int) -> Iterator[Line]:
    if keys:
        yield ()
        yield ((f"{many(keys, 'more key')}; --limit shows more", Ink.FAINT),)


def _word(found: Explanation) -> str:
    return "filter" if found.planned.kind == "sample" else "stage"


def _near(stage: StageCount, found: Explanation, pen: Pen) -> Iterator[Line]:
    if found.planned.kind != "event":
        yield ()
        yield ((f"{_word(found)} {stage.number}" if stage.number else "until", Ink.LABEL),)
        yield from funnel(stage, pen)
    if not stage.nearest or found.planned.never is not None:
        return
    clauses = len(stage.clauses)
    short = "one clause" if stage.distance == 1 else f"{stage.distance} clauses"
    said = f"{many(stage.near, 'event')} missed by {short}" + (f" of {clauses}" if clauses > 1 else "")
    yield ()
    yield ((said, Ink.STRONG),)
    for near in stage.nearest:
        yield ()
        yield from near_miss(near, pen)
