"""A query's plan in words: its stages, what their conditions mean, and what they read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import starmap
from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.check import typed
from comtrap.execute.specialise import Specialiser
from comtrap.explain.condition import FieldUse, Node, Reader, clauses
from comtrap.lang import ast
from comtrap.normalise.cast import typed as cast
from comtrap.normalise.event import ANY
from comtrap.normalise.index import INDICES
from comtrap.normalise.known import known
from comtrap.normalise.tables import kinds
from comtrap.plan.build import build, query_plan
from comtrap.plan.optimise import optimise
from comtrap.plan.plan import stages
from comtrap.plan.shape import is_dead, walk
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.explain.subject import Subject
    from comtrap.normalise.known import Values


_CODE = re.compile("[1-9][0-9]{0,4}")
_NOBODYS = 999_999_999  # an event id


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A join key of a stage; `column` is None where it is optional and not mapped."""

    name: str
    column: str | None
    type: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A provider whose events could meet a condition.

    Attributes:
        codes: the ids of these events.
        others: whether events with ids that nothing is known of could meet it as well.
    """

    provider: str
    codes: tuple[int, ...]
    others: bool


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage as written; a run counts as one.

    Attributes:
        number: its first number as stages are counted, from 1; 0 for ``until``.
        category: None for any.
        condition: without the category, and without the indices of a rule.
        keys: in order, those of all stages first.
        always: ``true`` or ``false`` where the condition is the same whatever the event.
        runs_as: the condition as a scan asks it, where that is not as it was checked.
        sources: what is known to write events that could meet it; events that come as ECS documents may as well.
    """

    number: int
    category: str | None
    condition: Node
    keys: tuple[KeyUse, ...]
    missing: bool
    runs: int
    always: str | None
    runs_as: typed.Expr | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A whole query.

    Attributes:
        kind: ``event``, ``sequence`` or ``sample``.
        pipes: as written: ``head 5``.
        fields: every field that is read, by name, with its type.
        indices: the patterns of a rule's indices, each with the indices a scan knows that it names; None for a query.
        claims: the sources that a rule says it is for.
        exceptions: the names of those that take events away from the rule.
        never: why there can be no match, if there can be none.
    """

    kind: str
    stages: tuple[StagePlan, ...]
    maxspan_ns: int | None
    pipes: tuple[str, ...]
    fields: tuple[FieldUse, ...]
    indices: tuple[tuple[str, tuple[str, ...]], ...] | None
    claims: tuple[str, ...]
    exceptions: tuple[str, ...]
    never: str | None


def planned(subject: Subject) -> Planned:
    """The plan of a query."""
    body = subject.query.body
    found = tuple(_stages(subject))
    fields = {use.name: use for stage in found for use in _fields(stage)}
    maxspan_ms = body.maxspan_ms if isinstance(body, ast.Sequence) else None
    return Planned(
        kind=_KINDS[type(body)],
        stages=found,
        maxspan_ns=None if maxspan_ms is None else maxspan_ms * 1_000_000,
        pipes=tuple(f"{pipe.name} {pipe.count}" for pipe in subject.query.pipes),
        fields=tuple(fields.values()),
        indices=None if subject.rule is None else tuple(map(_index, subject.rule.index)),
        claims=() if subject.rule is None else subject.rule.sources,
        exceptions=tuple(name for name, _ in subject.exceptions),
        never=_never(found, subject.query),
    )


def _fields(stage: StagePlan) -> Iterator[FieldUse]:
    yield from (FieldUse(key.name, key.column, key.type, key.optional) for key in stage.keys)
    yield from (use for node in clauses(stage.condition) for use in node.fields)


_KINDS = {ast.EventQuery: "event", ast.Sequence: "sequence", ast.Sample: "sample"}


def _stages(subject: Subject) -> Iterator[StagePlan]:
    """Every stage as written, until last."""
    reader = Reader(subject.text)
    bare = build([query_plan("query", subject.checked)])
    meant, runs_as = tuple(stages(bare.queries[0])), tuple(stages(optimise(bare).queries[0]))
    sources = _sources(subject, len(meant))
    for number, written in subject.placed:
        predicate = runs_as[number].predicate
        always = predicate.value is True if isinstance(predicate, typed.Constant) else None
        yield StagePlan(
            number=0 if number == subject.until else number + 1,
            category=meant[number].category,
            condition=reader.condition(written.query.condition),
            keys=tuple(map(_key, (*subject.by, *written.by), meant[number].keys)),
            missing=written.missing,
            runs=written.runs,
            always=None if always is None else str(always).lower(),
            runs_as=None if always is not None or predicate == meant[number].predicate else predicate,
            sources=sources[number],
        )


def _key(written: ast.Field, key: typed.Key) -> KeyUse:
    if key.column is None:
        return KeyUse(written.name, None, "not mapped", key.optional)
    return KeyUse(written.name, key.column.name, key.column.type.value, key.optional)


def _sources(subject: Subject, width: int) -> list[tuple[Source, ...]]:
    """For each stage the kinds of events that could meet it."""
    specialiser = Specialiser(subject.plan, telemetry())
    named = {int(text) for stage in subject.stages for text in _texts(stage.predicate) if _CODE.fullmatch(text)}
    found: list[dict[str, set[int]]] = [{} for _ in range(width)]
    for provider, code in sorted(kinds()):
        if not provider:  # documents, and providers that nothing is known of
            continue
        # Of ids that nothing is known of, those that the query names are tried, and one that nobody has for the others.
        for each in {code} if code != ANY else {_NOBODYS, *named} - {c for p, c in kinds() if p == provider}:
            values = known((provider, each), subject.plan.columns)
            left = specialiser.specialise({name: _column(name, v) for name, v in values.items()})
            for number, stage in enumerate(stages(left.queries[0])):
                if not is_dead(stage):
                    found[number].setdefault(provider, set()).add(each)
    return [tuple(starmap(_source, each.items())) for each in found]


def _texts(expr: typed.Expr) -> Iterator[str]:
    """The texts that a condition compares with."""
    for part in walk(expr):
        if isinstance(part, typed.Matches):
            yield from part.patterns
        elif isinstance(part, typed.Constant) and isinstance(part.value, str):
            yield part.value


def _source(provider: str, codes: set[int]) -> Source:
    return Source(provider, tuple(sorted(codes - {_NOBODYS})), others=_NOBODYS in codes)


def _column(name: str, values: Values) -> pa.Array:
    """One row that has the values."""
    return cast(pa.array([list(values) or None], pa.list_(pa.string())), telemetry()[name].type)[0]


def _index(pattern: str) -> tuple[str, tuple[str, ...]]:
    return pattern, tuple(name for name in INDICES if fnmatchcase(name, pattern))


def _never(found: tuple[StagePlan, ...], query: ast.Query) -> str | None:
    """Why there can be no match."""
    for stage in found:
        if stage.always == "false" and not stage.missing and stage.number:
            where = "the condition" if len(found) == 1 else f"the condition of stage {stage.number}"
            return f"{where} is always false"
    for pipe in query.pipes:
        if pipe.count == 0:
            return f"`{pipe.name} 0` keeps nothing"
    return None
