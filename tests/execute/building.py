"""Batches and conditions for tests, from documents and EQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from comtrap.check.check import check, check_condition, check_expression
from comtrap.events.batch import EventBatch
from comtrap.events.documents import Index, column
from comtrap.execute.condition import Conditions
from comtrap.lang.parse import parse, parse_expression
from comtrap.plan.build import build, query_plan
from comtrap.schema.schema import Field, Schema
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from comtrap.check import typed
    from comtrap.plan.plan import Plan

FIELDS = {
    "@timestamp": Type.DATE, "event.category": Type.KEYWORD, "k": Type.KEYWORD, "l": Type.KEYWORD, "t": Type.TEXT, "n": Type.LONG, "m": Type.LONG,
    "x": Type.DOUBLE, "b": Type.BOOLEAN, "d": Type.DATE, "dn": Type.DATE_NANOS, "ip": Type.IP, "v": Type.VERSION, "never": Type.KEYWORD,
}  # fmt: skip
SCHEMA = Schema("the test", {name: Field(kind, written=kind.value) for name, kind in FIELDS.items()})


def batch(*documents: dict[str, Any], first: int = 0) -> EventBatch:
    """Documents of `FIELDS`; `@timestamp` is their place in milliseconds where they do not say."""
    given = [{"@timestamp": first + place, **document} for place, document in enumerate(documents)]
    index = Index("i", given)
    used = {name for document in documents for name in document} | {"@timestamp"}
    frame = {name: column(index.values(name, SCHEMA), SCHEMA[name].type) for name in sorted(used)}
    frame["_event"] = pa.array(range(first, first + len(given)), pa.uint64())
    return EventBatch(pa.table(frame), SCHEMA)


def condition(text: str) -> typed.Expr:
    return check_condition(parse_expression(text), SCHEMA, text)


def expression(text: str) -> typed.Expr:
    return check_expression(parse_expression(text), SCHEMA, text)


def plan(*queries: str) -> Plan:
    """The queries, not optimised."""
    return build(query_plan(f"q{n}", check(parse(text), SCHEMA, text)) for n, text in enumerate(queries))


def no_failure(events: int, message: str) -> None:
    raise AssertionError(f"failed on {events}: {message}")


def true_rows(text: str, events: EventBatch, rows: list[int] | None = None) -> list[int]:
    """The rows for which a condition holds."""
    asked = np.arange(len(events)) if rows is None else np.array(rows, np.int64)
    return asked[Conditions(events).decide(condition(text), asked, no_failure)].tolist()
