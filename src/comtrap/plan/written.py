"""Plans as plain data, and back: a plan in a file is JSON, read into our own types or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct, json

from comtrap.check import typed
from comtrap.plan.plan import EventPlan, Plan, QueryPlan, SamplePlan, SequencePlan
from comtrap.plan.written_nodes import NODE, Place, Writer, read_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

_Key: TypeAlias = tuple[Place | None, bool]


class _Pipe(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    name: Literal["head", "tail"]
    count: Place


class _Stage(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    category: str | None
    predicate: Place
    keys: tuple[_Key, ...]
    missing: bool


class _Event(Struct, frozen=True, array_like=True, tag="event", forbid_unknown_fields=True):
    name: str
    stage: _Stage
    pipes: tuple[_Pipe, ...]


class _Sequence(Struct, frozen=True, array_like=True, tag="sequence", forbid_unknown_fields=True):
    name: str
    stages: tuple[_Stage, ...]
    until: _Stage | None
    maxspan_ns: int | None
    pipes: tuple[_Pipe, ...]


class _Sample(Struct, frozen=True, array_like=True, tag="sample", forbid_unknown_fields=True):
    name: str
    stages: tuple[_Stage, ...]
    pipes: tuple[_Pipe, ...]


class _Plan(Struct, frozen=True, forbid_unknown_fields=True):
    queries: tuple[_Event | _Sequence | _Sample, ...]
    columns: frozenset[str]
    category_field: str
    tuples_first: bool
    nodes: list[NODE]


_DECODER: Any = json.Decoder(_Plan)


def write_plan(plan: Plan) -> bytes:
    """A plan as JSON.

    Raises:
        ValueError: it holds what no query has.
    """
    trees = Writer()
    queries = tuple(_query(query, trees) for query in plan.queries)
    columns = frozenset(sorted(plan.columns))
    return json.encode(
        _Plan(queries, columns, plan.category_field, plan.tuples_first, list(trees.nodes)), order="deterministic"
    )


def read_plan(data: bytes) -> Plan:
    """The plan that was written, equal to it.

    Raises:
        ValueError: this is no plan.
    """
    try:
        written = _DECODER.decode(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    made = read_nodes(written.nodes)
    try:
        queries = tuple(_read_query(query, made) for query in written.queries)
    except IndexError:
        raise ValueError("a condition that is not there") from None
    return Plan(queries, written.columns, written.category_field, written.tuples_first)


def _query(query: QueryPlan, trees: Writer) -> _Event | _Sequence | _Sample:
    pipes = tuple(_Pipe(pipe.name, pipe.count) for pipe in query.pipes)  # type: ignore[arg-type]
    match query:
        case EventPlan():
            return _Event(query.name, _stage(query.stage, trees), pipes)
        case SequencePlan():
            until = None if query.until is None else _stage(query.until, trees)
            return _Sequence(query.name, _stages(query.stages, trees), until, query.maxspan_ns, pipes)
        case SamplePlan():
            return _Sample(query.name, _stages(query.stages, trees), pipes)


def _stages(stages: tuple[typed.Stage, ...], trees: Writer) -> tuple[_Stage, ...]:
    return tuple(_stage(stage, trees) for stage in stages)


def _stage(stage: typed.Stage, trees: Writer) -> _Stage:
    keys = tuple((None if key.column is None else trees.place(key.column), key.optional) for key in stage.keys)
    return _Stage(stage.category, trees.place(stage.predicate), keys, stage.missing)


def _read_query(query: _Event | _Sequence | _Sample, made: Sequence[typed.Expr]) -> QueryPlan:
    pipes = tuple(typed.Pipe(pipe.name, pipe.count) for pipe in query.pipes)
    if isinstance(query, _Event):
        return EventPlan(query.name, _read_stage(query.stage, made), pipes)
    stages = tuple(_read_stage(stage, made) for stage in query.stages)
    if not stages:
        raise ValueError("a query without stages")
    if isinstance(query, _Sample):
        return SamplePlan(query.name, stages, pipes)
    until = None if query.until is None else _read_stage(query.until, made)
    if len({len(stage.keys) for stage in (*stages, *(() if until is None else (until,)))}) != 1:
        raise ValueError("stages with different numbers of keys")
    return SequencePlan(query.name, stages, until, query.maxspan_ns, pipes)


def _read_stage(stage: _Stage, made: Sequence[typed.Expr]) -> typed.Stage:
    predicate = made[stage.predicate]
    if predicate.type.value not in {"boolean", "null"}:
        raise ValueError("a condition that is not true or false")
    return typed.Stage(stage.category, predicate, tuple(_read_key(key, made) for key in stage.keys), stage.missing)


def _read_key(key: _Key, made: Sequence[typed.Expr]) -> typed.Key:
    place, optional = key
    column = None if place is None else made[place]
    if not isinstance(column, typed.Column | None):
        raise ValueError("a key that is no column")  # noqa: TRY004 - as for all that is no plan
    return typed.Key(column, optional)
