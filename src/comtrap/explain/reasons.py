"""Why nothing matched, in sentences."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from comtrap.alerts.excerpt import excerpt
from comtrap.explain.condition import Kind, clauses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.explain.condition import Node
    from comtrap.explain.explanation import Explanation, StageCount

_LONGEST = 120  # characters of a clause
_NAMED = 5  # categories, indices


def reasons(found: Explanation) -> Iterator[str]:
    """What kept the query from matching, the simplest first.

    Args:
        found: complete but for its reasons.
    """
    seen = found.seen
    if found.planned.never is not None:
        yield found.planned.never
        return
    if seen is None or not seen.read:
        yield "no event was read"
        return
    said = [*_of_stages(found)]
    if not said and found.planned.kind == "sequence":
        said = ["some event fulfils each stage, but no events do so in order, with one key and in time"]
    if not said and found.planned.kind == "sample":
        said = ["some event fulfils each filter, but no key has one of its own for each"]
    yield from said


def _of_stages(found: Explanation) -> Iterator[str]:
    missing = {stage.number for stage in found.planned.stages if stage.missing} | {0}
    for stage in found.stages:
        if stage.number not in missing and not stage.held:
            word = "filter" if found.planned.kind == "sample" else "stage"
            where = f"{word} {stage.number}: " if len(found.stages) > 1 else ""
            yield from (where + said for said in _of_stage(stage, found))
        elif stage.number not in missing:
            yield from _of_keys(stage)


def _of_stage(stage: StageCount, found: Explanation) -> Iterator[str]:
    assert found.seen is not None
    what = "event" if stage.category is None else f"{stage.category} event"
    if not stage.of_category:
        yield f"there is no {what}; there are {_named(found.seen.categories.most_common())}"
        return
    guard = next((clause for clause in stage.clauses if clause.node.kind is Kind.INDEX), None)
    if guard is not None and not guard.alone:
        yield f"no {what} is in an index that the rule reads; they are in {_named(stage.indices)}"
        return
    for clause in stage.clauses:
        if not clause.alone:
            yield f"no {what} fulfils {_short(clause.node)}"
            yield from (f"no {what} has a value in {name}" for name in _empty(clause.node, stage))
    if all(clause.alone for clause in stage.clauses) and len(stage.clauses) > 1:
        yield f"each clause holds of some {what}, but no {what} has all of them"


def _empty(node: Node, stage: StageCount) -> Iterator[str]:
    """The fields of a clause that no event of the category has."""
    named = {use.column for each in clauses(node) for use in each.fields}
    return (field.name for field in stage.fields if not field.events and field.name in named)


def _short(node: Node) -> str:
    return f"the exception {node.text}" if node.kind is Kind.EXCEPTION else excerpt(node.text, longest=_LONGEST)


def _of_keys(stage: StageCount) -> Iterator[str]:
    for lack in stage.lacking:
        if lack.events == stage.held:
            yield f"stage {stage.number}: its events have no value in the key {lack.name}"


def _named(counts: Iterable[tuple[str, int]]) -> str:
    """The most frequent, with their counts."""
    every = list(counts)
    said = ", ".join(f"{count:,} {name}" for name, count in islice(every, _NAMED))
    return (said or "none") + (", …" if len(every) > _NAMED else "")
