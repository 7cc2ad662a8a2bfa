"""Running a plan over a batch of events: every stage of every query, in any order, giving hits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.errors import ComtrapError
from comtrap.execute.columns import flags
from comtrap.execute.condition import Conditions
from comtrap.execute.hits import HITS
from comtrap.execute.keys import join_keys
from comtrap.execute.tuples import FEWEST, Tuples, decide, find
from comtrap.plan.plan import stages
from comtrap.plan.shape import is_dead

if TYPE_CHECKING:
    from collections import Counter

    from comtrap.check import typed
    from comtrap.events.batch import EventBatch
    from comtrap.execute.condition import Failed
    from comtrap.plan.plan import Plan


class ConditionFailed(ComtrapError):  # noqa: N818 - what happened to an event; the query may be right
    """A condition has no result for a value of an event.

    Attributes:
        query: index into the plan's queries.
        message: what failed, such as ``"x" is not a number of base 10``.
    """

    def __init__(self, query: int, message: str) -> None:
        super().__init__(query, message)
        self.query = query
        self.message = message

    def __str__(self) -> str:
        return self.message


def execute(plan: Plan, batch: EventBatch, failures: Counter[int] | None = None) -> pa.Table:
    """The hits of a batch: a table of schema HITS, in no particular order.

    Args:
        plan: what to run.
        batch: the events. A column `_tie` (int64, may be null) goes into the hits as the tiebreaker.
        failures: counts, by query, the events on which a condition failed; what failed is then taken as false.

    Raises:
        ConditionFailed: a condition failed, and `failures` is not given.
    """
    conditions = Conditions(batch)
    categories = Categories(conditions, plan)
    tables = []
    for number, query in enumerate(plan.queries):
        failed = _failed(number, failures)
        for index, stage in enumerate(stages(query)):
            if is_dead(stage):
                continue
            rows = categories.decide(stage, failed)
            if rows.size:
                tables.append(_hits(conditions, batch, (number, index, stage), rows, failed))
    return pa.concat_tables(tables) if tables else HITS.empty_table()


class Categories:
    """The rows of each event category, and the kinds among them, found once."""

    def __init__(self, conditions: Conditions, plan: Plan) -> None:
        self._conditions = conditions
        self._plan = plan
        self._rows: dict[str | None, np.ndarray] = {None: np.arange(len(conditions.columns))}
        self._tuples: dict[str | None, Tuples] = {}

    def decide(self, stage: typed.Stage, failed: Failed) -> np.ndarray:
        """The rows that satisfy a stage."""
        rows = self.rows(stage.category)
        if not self._plan.tuples_first or rows.size < FEWEST:
            return rows[self._conditions.decide(stage.predicate, rows, failed)]
        return decide(self._conditions, self.tuples(stage.category), stage.predicate, failed)

    def tuples(self, category: str | None) -> Tuples:
        """The kinds of events in a category, told apart by the columns that its stages use."""
        if category not in self._tuples:
            every = (stage for query in self._plan.queries for stage in stages(query))
            predicates = [stage.predicate for stage in every if stage.category == category]
            self._tuples[category] = find(self._conditions, self.rows(category), predicates)
        return self._tuples[category]

    def rows(self, category: str | None) -> np.ndarray:
        """Rows of a category, ascending; for None every row. An event may be of several."""
        if category not in self._rows:
            column = self._conditions.columns[self._plan.category_field]
            wanted = flags(pc.equal(column.distinct, pa.scalar(category, pa.string())))
            found = np.flatnonzero(wanted[column.codes])
            if column.offsets is not None:
                found = np.unique(np.searchsorted(column.offsets, found, side="right") - 1)
            self._rows[category] = found
        return self._rows[category]


def _failed(query: int, failures: Counter[int] | None) -> Failed:
    def failed(events: int, message: str) -> None:
        if failures is None:
            raise ConditionFailed(query, message)
        failures[query] += events

    return failed


def _hits(
    conditions: Conditions, batch: EventBatch, place: tuple[int, int, typed.Stage], rows: np.ndarray, failed: Failed
) -> pa.Table:
    number, index, stage = place
    rows, keys = join_keys(stage.keys, conditions.columns, rows, failed)
    taken = pa.array(rows)
    size = rows.size
    time = "_time" if "_time" in batch.frame.schema.names else "@timestamp"
    time_ns = batch.frame.column(time).take(taken).combine_chunks().cast(pa.int64())
    tie = pa.nulls(size, pa.int64())
    if "_tie" in batch.frame.schema.names:
        tie = batch.frame.column("_tie").take(taken).combine_chunks()
    event = batch.frame.column("_event").take(taken).combine_chunks()
    columns = [np.full(size, number, np.uint16), np.full(size, index, np.uint16), keys, time_ns, tie, event]
    return pa.Table.from_arrays([pa.array(column) for column in columns], schema=HITS)


def condition(expr: typed.Expr, batch: EventBatch) -> np.ndarray:
    """Whether a condition holds, one flag an event.

    Raises:
        ConditionFailed: it has no result for a value; its query is 0.
    """
    return Conditions(batch).decide(expr, np.arange(len(batch)), _failed(0, None))
