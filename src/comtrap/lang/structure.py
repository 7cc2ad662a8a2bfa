"""What a sequence or sample must be whatever its events: enough stages, equal numbers of keys, a maxspan where one is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.errors import Diagnostic, Label, Span
from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_RUNS = 100
MOST_STAGES = 1_000  # after runs are expanded


def structural_problems(body: ast.EventQuery | ast.Sequence | ast.Sample) -> Iterator[Diagnostic]:
    """Everything that makes a query wrong though its grammar is right, in text order."""
    match body:
        case ast.EventQuery():
            return
        case ast.Sequence():
            yield from _sequence(body)
            closing = () if body.until is None else (body.until,)
            yield from _keys((*body.stages, *closing), len(body.by))
        case ast.Sample():
            yield from _sample(body)
            yield from _keys(body.stages, len(body.by))


def _sequence(body: ast.Sequence) -> Iterator[Diagnostic]:
    word = _word(body, "sequence")
    stages = sum(stage.runs for stage in body.stages)
    if stages < 2:
        label = Label(word, "expected at least two stages, found one")
        advice = "add a stage; `until` is none. For a single event, write an event query"
        yield Diagnostic("E145", "a sequence of one event", (label,), advice)
    if stages > MOST_STAGES:
        label = Label(word, f"expected at most {MOST_STAGES} stages, found {stages}")
        yield Diagnostic("E151", "too many stages", (label,), "each of `with runs=n` counts n times")
    if all(stage.missing for stage in body.stages):
        label = Label(word, "expected a stage without `!`")
        advice = "a missing event is judged against one that is there; remove the `!` from one stage"
        yield Diagnostic("E147", "a sequence of missing events only", (label,), advice)
    missing = next((stage for stage in body.stages if stage.missing), None)
    if missing is not None and body.maxspan_ms is None:
        labels = (Label(word, "expected `with maxspan`"), Label(missing.span, "this event is to be missing"))
        advice = "say how long to wait for it: `sequence with maxspan=5m`"
        yield Diagnostic("E148", "a missing event without a maxspan", labels, advice)


def _sample(body: ast.Sample) -> Iterator[Diagnostic]:
    word = _word(body, "sample")
    if len(body.stages) < 2:
        label = Label(word, "expected at least two stages, found one")
        yield Diagnostic("E161", "a sample of one event", (label,), "add a stage, or write an event query")
    if not body.by and not any(stage.by for stage in body.stages):
        label = Label(word, "expected `by` and a field")
        yield Diagnostic(
            "E162", "a sample without a join key", (label,), "say what its events share: `sample by host.id`"
        )


def _keys(stages: tuple[ast.Stage, ...], common: int) -> Iterator[Diagnostic]:
    """One problem a stage whose keys are not as many as the first one's."""
    wanted = common + len(stages[0].by)
    for stage in stages[1:]:
        found = common + len(stage.by)
        if found != wanted:
            labels = (
                Label(stage.span, f"expected {_join_keys(wanted)}, found {found}"),
                Label(stages[0].span, f"the first stage has {_join_keys(wanted)}"),
            )
            advice = (
                "give every stage the same number of fields after `by`: the first is compared with the first, and so on"
            )
            yield Diagnostic("E146", "stages with different numbers of join keys", labels, advice)


def _join_keys(count: int) -> str:
    return f"{count} join key" if count == 1 else f"{count} join keys"


def _word(body: ast.Sequence | ast.Sample, word: str) -> Span:
    return Span(body.span.start, body.span.start + len(word))
