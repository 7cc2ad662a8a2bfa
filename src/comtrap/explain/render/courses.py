"""Sequences and samples, key by key: which event reached which stage, and what ended it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.explain.render.ink import Ink, Line, Pen, columns, lasting, many, when
from comtrap.explain.trace import Outcome
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from comtrap.explain.explanation import (
        Course,
        Elsewhere,
        KeyCourses,
        KeyPart,
        Mark,
        SampleOfKey,
        SampleStory,
        SequenceStory,
        Tally,
    )

_MARGIN = 10  # columns before what is said of an event
SAID = {
    Outcome.MATCHED: "matched",
    Outcome.CUT: "complete, left out by a pipe",
    Outcome.PRESENT: "complete, but an event that must be missing is there",
    Outcome.UNTIL: "ended by until",
    Outcome.MAXSPAN: "the next event came after maxspan",
    Outcome.EXPIRED: "maxspan ran out, no next event",
    Outcome.REPLACED: "replaced by a newer event",
    Outcome.OPEN: "the data ended, no next event",
}


def summary(story: SequenceStory, pen: Pen) -> Iterator[Line]:
    """How many sequences began, how far they came, what became of them."""
    begun = sum(tally.count for tally in story.counts)
    yield ((f"{many(begun, 'sequence')} begun by {story.begun:,} of {many(story.keys, 'key')}", Ink.STRONG),)
    for tally in story.counts:
        ink = Ink.GOOD if tally.outcome is Outcome.MATCHED else Ink.TEXT
        yield (f"{tally.count:>9,}   ", ink), (pen.cut(_told(tally), pen.width - 12), ink)


def _told(tally: Tally) -> str:
    if tally.outcome.complete:
        return SAID[tally.outcome]
    return f"after {many(tally.reached, 'stage')}: {SAID[tally.outcome]}"


def of_key(one: KeyCourses, pen: Pen) -> Iterator[Line]:
    """One key: its most advanced sequences, and how many more there are."""
    yield from _key(one.key, pen)
    for course in one.courses:
        yield from _course(course, pen)
    shown = len(one.courses)
    total = sum(tally.count for tally in one.counts)
    if total > shown:
        left = {(t.reached, t.outcome): t.count for t in one.counts}
        for course in one.courses:
            left[len(course.reached), course.outcome] -= 1
        said = "; ".join(f"{left[t.reached, t.outcome]:,} {_told(t)}" for t in one.counts if left[t.reached, t.outcome])
        yield ("  ", Ink.TEXT), (pen.cut(f"{total - shown:,} more: {said}", pen.width - 2), Ink.FAINT)


def _key(key: Sequence[KeyPart], pen: Pen) -> Iterator[Line]:
    words = [f"{part.name} {pen.value(part.value, (), pen.width)}" for part in key]
    yield from pen.wrapped((("key  ", Ink.LABEL),), words or ["none: all events are one sequence's"])


def _course(course: Course, pen: Pen) -> Iterator[Line]:
    for place, mark in enumerate(course.reached):
        time = when(mark.event.time_ns) if not place else f"+{lasting(mark.after_ns)}"
        is_end = place == len(course.reached) - 1 and course.outcome is Outcome.MATCHED
        yield from _mark(mark, time, (pen.signs.reached, Ink.GOOD), pen, trunk=not is_end)
    yield from _ending(course, pen)


def _mark(mark: Mark, time: str, sign: tuple[str, Ink], pen: Pen, *, trunk: bool) -> Iterator[Line]:
    """A stage, when, and where the event is; below it what the event has."""
    name = "until" if not mark.stage else str(mark.stage)
    head = f" {name:<5} {time:<24} "
    place = pen.ending(plain(mark.event.place), pen.width - columns(head) - 3)
    yield ("  ", Ink.TEXT), sign, (head, Ink.TEXT), (place, Ink.FAINT)
    if mark.values:
        room = pen.width - _MARGIN
        line = pen.cut(pen.all_given(mark.values, (), room), room)
        yield (f"  {pen.signs.trunk if trunk else pen.signs.gap}     ", Ink.FAINT), (line, Ink.TEXT)


def _ending(course: Course, pen: Pen) -> Iterator[Line]:
    sign = (pen.signs.ended, Ink.BAD)
    waiting = f" {course.waiting or '':<5} "
    last = course.reached[-1]
    match course.outcome:
        case Outcome.MATCHED:
            return
        case Outcome.OPEN:
            left_ns = course.end_ns - last.after_ns
            said = (
                f"no event until the data end, {lasting(left_ns)} later" if left_ns else "no event: the data end here"
            )
            yield _end(sign, waiting, said, pen)
        case Outcome.EXPIRED:
            yield _end(sign, waiting, "no event before maxspan ran out", pen)
        case Outcome.MAXSPAN:
            yield from _by(course, f"came {lasting(course.over_ns or 0)} after maxspan ran out", sign, pen)
        case Outcome.UNTIL:
            yield from _by(course, "ended it (until)", sign, pen)
        case Outcome.REPLACED:
            yield from _by(course, f"took stage {last.stage}: EQL keeps the newest", sign, pen)
        case Outcome.PRESENT:
            yield from _by(course, "is there, and must be missing", sign, pen)
        case Outcome.CUT:
            yield _end((pen.signs.reached, Ink.NULL), " " * 7, "complete, but left out by head or tail", pen)
    if course.excepted is not None:
        gone = course.excepted
        time = f"+{lasting(gone.mark.after_ns)}"
        yield from _mark(gone.mark, time, (pen.signs.false, Ink.NULL), pen, trunk=False)
        said = f"fulfils stage {gone.mark.stage}, taken away by the exception {plain(', '.join(gone.exceptions))}"
        yield _below(said, Ink.NULL, pen)
    if course.elsewhere is not None:
        yield from _elsewhere(course.elsewhere, pen)


def _end(sign: tuple[str, Ink], waiting: str, said: str, pen: Pen) -> Line:
    return ("  ", Ink.TEXT), sign, (waiting, Ink.TEXT), (pen.cut(said, pen.width - _MARGIN), sign[1])


def _by(course: Course, said: str, sign: tuple[str, Ink], pen: Pen) -> Iterator[Line]:
    for mark in course.by:
        time = ("+" if mark.after_ns >= 0 else "-") + lasting(abs(mark.after_ns))
        yield from _mark(mark, time, sign, pen, trunk=False)
    yield _below(said, Ink.BAD, pen)


def _elsewhere(other: Elsewhere, pen: Pen) -> Iterator[Line]:
    time = f"+{lasting(other.mark.after_ns)}"
    yield from _mark(other.mark, time, (pen.signs.unequal, Ink.NULL), pen, trunk=False)
    yield _below(f"fulfils stage {other.mark.stage} with another key", Ink.NULL, pen)
    for part in other.differences:
        yield _below(f"  {plain(part.name)}", Ink.TEXT, pen)
        for word, value in (("here", part.here), ("there", part.there)):
            head = " " * _MARGIN + f"    {word:<6} "
            yield (head, Ink.FAINT), (pen.value(value, (), pen.width - columns(head)), Ink.NULL)


def _below(said: str, ink: Ink, pen: Pen) -> Line:
    return (" " * _MARGIN, Ink.TEXT), (pen.cut(said, pen.width - _MARGIN), ink)


def sample_summary(story: SampleStory, width: int, pen: Pen) -> Iterator[Line]:
    """How many keys have events for how many filters."""
    yield ((f"{many(story.keys, 'key')}, {story.matched:,} with a sample", Ink.STRONG),)
    for filled, count in story.filled:
        yield (f"{count:>9,}   ", Ink.TEXT), (f"with events for {filled} of {width} filters", Ink.TEXT)
    for number, count in story.lacking:
        yield (f"{count:>9,}   ", Ink.TEXT), (pen.cut(f"lack filter {number} alone", pen.width - 12), Ink.TEXT)


def sample_key(one: SampleOfKey, pen: Pen) -> Iterator[Line]:
    """One key: the event of each filter, or that there is none."""
    yield from _key(one.key, pen)
    for place, part in enumerate(one.filters, 1):
        if part.first is None:
            yield _end((pen.signs.ended, Ink.BAD), f" {part.number:<5} ", "no event", pen)
        else:
            more = f" (of {part.events:,})" if part.events > 1 else ""
            yield from _mark(
                part.first,
                when(part.first.event.time_ns) + more,
                (pen.signs.reached, Ink.GOOD),
                pen,
                trunk=place < len(one.filters),
            )
    if not one.matched and all(part.events for part in one.filters):
        yield _below("each filter needs an event of its own, and there are too few", Ink.BAD, pen)
