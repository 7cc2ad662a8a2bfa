"""The value of an expression on each event."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from comtrap.check.calls import Value
from comtrap.execute.columns import Columns, Given
from comtrap.execute.condition import combinations, too_many
from comtrap.execute.execute import ConditionFailed, condition
from comtrap.execute.lower import Work, lower
from comtrap.execute.text import texts
from comtrap.plan.shape import columns_of
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from comtrap.check import typed
    from comtrap.events.batch import EventBatch

Found: TypeAlias = Value | list[Value]


def values(expr: typed.Expr, batch: EventBatch) -> list[Found]:
    """One value for each event: true or false for a condition on columns; for anything else what it is, which may be null.

    An expression on a column with several values gives the list of its distinct values, if they are several. Dates are
    ISO 8601 text.

    Raises:
        ConditionFailed: there is no value on some event; its query is 0.
    """
    names = columns_of(expr)
    if names and expr.type is Type.BOOLEAN:
        return [*map(bool, condition(expr, batch))]
    columns = Columns(batch)
    rows = np.arange(len(batch))
    used = [columns[name] for name in names]
    if too_many(used, rows).any():
        raise ConditionFailed(0, "too many combinations of values")
    found: list[dict[Value, None]] = [{} for _ in rows]
    for at, tuples in combinations(used, rows):
        taken = [column.at(places) for column, places in zip(used, tuples, strict=True)]
        work = Work(Given(at.size, dict(zip(names, taken, strict=True))))
        vector = lower(expr, work)
        if work.failed is not None:
            raise ConditionFailed(0, work.message)
        if expr.type.is_date and isinstance(vector, pa.Array):
            vector = texts(vector, expr.type)
        for row, value in zip(at.tolist(), work.scalars(vector), strict=True):
            found[row][value] = None
    return [next(iter(each)) if len(each) == 1 else [*each] for each in found]
