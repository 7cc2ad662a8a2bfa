"""A plan for events of which something is known already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.check import typed
from comtrap.events.batch import EventBatch
from comtrap.execute.condition import Conditions
from comtrap.plan.build import build
from comtrap.plan.plan import stages, with_stages
from comtrap.plan.rewrites.fold_constants import folded
from comtrap.plan.shape import can_fail, columns_of, is_dead
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.schema.schema import Schema

_TRUE, _FALSE = (typed.Constant(value, Type.BOOLEAN) for value in (True, False))
_ONE = np.zeros(1, np.int64)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What is to know of a leaf; equal ones have one number."""

    number: int
    columns: tuple[str, ...]
    can_fail: bool


class Specialiser:
    """Makes the plan that is left for events which have certain values.

    Deciding a leaf is slow, and kinds of events differ in few values: what was decided is kept, by the identity of leaf
    and values, as both are slow to compare.
    """

    def __init__(self, plan: Plan, schema: Schema) -> None:
        """Args: plan: what to run. schema: the types of its columns."""
        self._plan = plan
        self._schema = schema
        self._dead = [with_stages(query, _dead) for query in plan.queries]
        self._asked = [frozenset(stage.category for stage in stages(query)) for query in plan.queries]
        self._facts: dict[int, _Leaf] = {}
        self._same: dict[typed.Expr, typed.Expr] = {}
        self._leaves: dict[tuple[int, ...], bool] = {}
        self._held: dict[int, pa.Array] = {}  # an identity is one only while its object lives

    def specialise(self, known: Mapping[str, pa.Array]) -> Plan:
        """The plan with the same hits on such events, and fewer conditions and columns.

        Queries keep their numbers. A stage that no such event can meet becomes one whose predicate is the constant false.

        Args:
            known: by column the values that every event has, as a column of one row; null where it has none. The same
                objects should stand for the same values from call to call.
        """
        queries = tuple(self._query(number, query, known) for number, query in enumerate(self._plan.queries))
        return replace(self._plan, queries=queries, columns=build(queries, self._plan.category_field).columns)

    def _query(self, number: int, query: QueryPlan, known: Mapping[str, pa.Array]) -> QueryPlan:
        asked = self._asked[number]
        category = known.get(self._plan.category_field)
        if category is not None and None not in asked and asked.isdisjoint(_values(category)):
            return self._dead[number]
        return with_stages(query, lambda stage: self._stage(stage, known))

    def _may_be_met(self, stage: typed.Stage, known: Mapping[str, pa.Array]) -> bool:
        """Whether category and keys let events through."""
        asked = stage.category if self._plan.category_field in known else None
        if asked is not None and asked not in _values(known[self._plan.category_field]):
            return False
        mandatory = (key.column.name for key in stage.keys if not key.optional and key.column is not None)
        return all(name not in known or bool(_values(known[name])) for name in mandatory)

    def _stage(self, stage: typed.Stage, known: Mapping[str, pa.Array]) -> typed.Stage:
        if not self._may_be_met(stage, known):
            return _dead(stage)
        category = None if self._plan.category_field in known else stage.category
        made = replace(stage, category=category, predicate=folded(self._decided(stage.predicate, known)))
        return _dead(stage) if is_dead(made) else made

    def _decided(self, expr: typed.Expr, known: Mapping[str, pa.Array]) -> typed.Expr:
        match expr:
            case typed.Not():
                return typed.Not(self._decided(expr.operand, known))
            case typed.AllOf():
                return self._joined(expr, _FALSE, known)
            case typed.AnyOf():
                return self._joined(expr, _TRUE, known)
            case typed.Constant():
                return expr
            case _:
                return self._leaf(expr, known)

    def _joined(
        self, expr: typed.AllOf | typed.AnyOf, deciding: typed.Constant, known: Mapping[str, pa.Array]
    ) -> typed.Expr:
        kept = []
        failing = False  # what can fail before the constant that decides must still be evaluated
        for operand in expr.operands:
            made = self._decided(operand, known)
            kept.append(made)
            failing = failing or can_fail(made)
            if made is deciding:
                return made if not failing else replace(expr, operands=tuple(kept))
        return replace(expr, operands=tuple(kept))

    def _leaf(self, expr: typed.Expr, known: Mapping[str, pa.Array]) -> typed.Expr:
        leaf = self._facts.get(id(expr))
        if leaf is None:
            same = self._same.setdefault(expr, expr)
            leaf = self._facts[id(expr)] = _Leaf(id(same), columns_of(expr), can_fail(expr))
        if leaf.can_fail or not all(name in known for name in leaf.columns):
            return expr
        columns = {name: known[name] for name in leaf.columns}
        key = (leaf.number, *map(id, columns.values()))
        if key not in self._leaves:
            self._held |= {id(column): column for column in columns.values()}
            self._leaves[key] = self._truth(expr, columns)
        return _TRUE if self._leaves[key] else _FALSE

    def _truth(self, expr: typed.Expr, columns: Mapping[str, pa.Array]) -> bool:
        match expr:
            case typed.Compare("==", typed.Column(name, Type.KEYWORD), typed.Constant(str() as value)):
                # An event's code and provider: another one for each kind of event, so not worth a batch.
                return value in _values(columns[name])
            case _:
                batch = EventBatch(pa.table({**columns, "_event": pa.array([0], pa.uint64())}), self._schema)
                return bool(Conditions(batch).decide(expr, _ONE, _never)[0])


def _values(column: pa.Array) -> list[object]:
    (value,) = column.to_pylist()
    return value if isinstance(value, list) else [] if value is None else [value]


def _dead(stage: typed.Stage) -> typed.Stage:
    """A stage that nothing meets, and that needs no columns."""
    return replace(stage, category=None, keys=(), predicate=_FALSE)


def _never(events: int, message: str) -> None:
    raise AssertionError(f"a condition that cannot fail failed on {events}: {message}")
