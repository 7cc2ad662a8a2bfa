"""EQL over documents in memory, with the answers that Elasticsearch's EQL search API gives."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from comtrap.check.check import check, check_expression
from comtrap.errors import Diagnostic, QueryError, RunError
from comtrap.events.batch import ARROW, EventBatch
from comtrap.events.documents import Index, column
from comtrap.execute.execute import ConditionFailed, execute
from comtrap.execute.order import keys
from comtrap.execute.values import values
from comtrap.lang.parse import parse, parse_expression
from comtrap.match.answer import frame, sequences, total
from comtrap.match.match import Limits, match
from comtrap.plan.build import build, query_plan
from comtrap.plan.optimise import optimise
from comtrap.plan.plan import EventPlan, SamplePlan
from comtrap.schema.mapping import union
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comtrap.match.hit import Match
    from comtrap.plan.plan import QueryPlan
    from comtrap.schema.schema import Schema

__all__ = ["Index", "evaluate", "search"]


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields play a part beside those of the query."""

    category: str
    timestamp: str
    tiebreaker: str | None


def search(  # noqa: PLR0913 - what a request of Elasticsearch's API may say
    query: str,
    indices: Iterable[Index],
    *,
    size: int = 10,
    result_position: str = "tail",
    event_category_field: str = "event.category",
    timestamp_field: str = "@timestamp",
    tiebreaker_field: str | None = None,
    max_samples_per_key: int = 1,
    optimised: bool = True,
) -> dict[str, Any]:
    """What ``POST /<indices>/_eql/search`` would answer.

    Events are ordered by timestamp, tiebreaker (without one last) and their order in the indices. Documents without a
    timestamp take part in samples alone.

    Args:
        query: EQL.
        indices: what is searched, as one.
        size: the most events, sequences or samples to give.
        result_position: ``tail`` or ``head``: the end that `size` counts from.
        event_category_field: where documents keep their category.
        timestamp_field: what orders them.
        tiebreaker_field: what orders those of one time.
        max_samples_per_key: the most samples of one key tuple.
        optimised: whether the query is rewritten to run faster; the answer is the same.

    Raises:
        QueryError: Elasticsearch would refuse the query, or a condition failed on a document.
    """
    began = time.perf_counter()
    fields = Fields(event_category_field, timestamp_field, tiebreaker_field)
    _validate(query, fields, (size, result_position, max_samples_per_key))
    indices = tuple(indices)
    schemas = [index.schema(timestamp_field) for index in indices]
    schema = union(schemas)
    tree = parse(query)
    checked = check(
        tree,
        schema,
        query,
        category_field=event_category_field,
        timestamp_field=timestamp_field,
        now_ns=time.time_ns(),
    )
    plan = build([query_plan("query", checked)], category_field=_resolved(event_category_field, schema))
    plan = optimise(plan) if optimised else plan
    needs_time = not isinstance(plan.queries[0], SamplePlan)
    batch = _batch(indices, schemas, schema, plan.columns, (fields, needs_time))
    try:
        hits = execute(plan, batch)
    except ConditionFailed as failure:
        raise _run_error(failure, query) from failure
    matches = match(plan.queries[0], 0, hits, Limits(size, result_position, max_samples_per_key))
    answer = _answer(plan.queries[0], matches, indices, size)
    return frame(answer, int((time.perf_counter() - began) * 1000))


def evaluate(expression: str, document: Mapping[str, Any] | None = None) -> Any:
    """The value of an EQL expression on one document, or of one without fields.

    A condition on fields is true or false, as it is in a query; any other expression null where a field has no value,
    and a list where the values of a field give several. Dates are ISO 8601 text.

    Raises:
        QueryError: the expression is wrong, or has no value for this document.
    """
    timestamp = "@timestamp"
    index = Index("document", [] if document is None else [document])
    schema = index.schema(timestamp)
    checked = check_expression(parse_expression(expression), schema, expression, now_ns=time.time_ns())
    plain = Index("document", [{} if document is None else document])
    batch = _batch([plain], [schema], schema, frozenset(schema), (Fields("event.category", timestamp, None), False))
    try:
        return values(checked, batch)[0]
    except ConditionFailed as failure:
        raise _run_error(failure, expression) from failure


def _run_error(failure: ConditionFailed, text: str) -> RunError:
    return RunError((Diagnostic("E290", failure.message),), text)


def _validate(query: str, fields: Fields, request: tuple[int, str, int]) -> None:
    size, position, samples = request
    wrong = []
    if not fields.timestamp:
        wrong.append("timestamp field is null or empty")
    if not fields.category:
        wrong.append("event category field is null or empty")
    if not _is_count(size, 0):
        wrong.append(f"size must be greater than or equal to 0, found {size!r}")
    if position not in {"head", "tail"}:
        wrong.append(f"result_position must be head or tail, found {position!r}")
    if not _is_count(samples, 1):
        wrong.append(f"max_samples_per_key must be greater than 0, found {samples!r}")
    if wrong:
        raise QueryError(tuple(Diagnostic("E291", title) for title in wrong), query)


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _resolved(name: str, schema: Schema) -> str:
    field = schema.get(name)
    return name if field is None else field.column(name)


def _batch(
    indices: Sequence[Index],
    schemas: Sequence[Schema],
    schema: Schema,
    wanted: frozenset[str],
    how: tuple[Fields, bool],
) -> EventBatch:
    """The documents of all indices as one batch; ``_event`` counts them through the indices."""
    fields, needs_time = how

    def of(name: str) -> list[list[Any]]:
        is_time = name == fields.timestamp
        pairs = zip(indices, schemas, strict=True)
        return list(chain.from_iterable(index.values(name, known, is_time=is_time) for index, known in pairs))

    columns = {name: _typed(of(name), schema[name].type) for name in sorted(wanted) if name in schema}
    times: list[int | None] = [min(each, default=None) for each in of(fields.timestamp)]
    columns["_time"] = pa.array([0 if at is None else at for at in times], pa.int64()).cast(ARROW[Type.DATE])
    columns["_event"] = pa.array(range(len(times)), pa.uint64())
    if fields.tiebreaker is not None and fields.tiebreaker in schema:
        columns["_tie"] = _ranks(of(fields.tiebreaker), schema[fields.tiebreaker].type)
    frame = pa.table(columns)
    return EventBatch(
        frame.filter(pa.array([at is not None for at in times], pa.bool_())) if needs_time else frame, schema
    )


def _typed(found: list[list[Any]], kind: Type) -> pa.Array:
    if kind is Type.DOUBLE:  # whole numbers in one index, fractions in another
        found = [[float(value) for value in each] for each in found]
    return column(found, kind)


def _ranks(found: list[list[Any]], kind: Type) -> pa.Array:
    """Tiebreakers of any type as numbers in the same order; the least of several, null where there is none."""
    firsts = [min(each, default=None) for each in found]
    if kind in {Type.IP, Type.VERSION}:
        firsts = keys(pa.array(firsts, pa.string()), kind).to_pylist()
    elif kind.is_string:
        firsts = [None if each is None else each.encode() for each in firsts]
    ranks = {value: rank for rank, value in enumerate(sorted({each for each in firsts if each is not None}))}
    return pa.array([None if each is None else ranks[each] for each in firsts], pa.int64())


def _answer(query: QueryPlan, matches: list[Match], indices: Sequence[Index], size: int) -> dict[str, Any]:
    first = np.cumsum([0, *(len(index.documents) for index in indices)])

    def event(number: int) -> dict[str, Any]:
        which = int(np.searchsorted(first, number, side="right")) - 1
        index, position = indices[which], number - int(first[which])
        document = index.documents[position]
        source = {key: value for key, value in document.items() if key != "_id"}
        return {"_index": index.name, "_id": str(document.get("_id", position)), "_source": source}

    counted = total(len(matches), size)
    if isinstance(query, EventPlan):
        return {"total": counted, "events": [event(e) for found in matches for e in found.events if e is not None]}
    return {"total": counted, "sequences": list(sequences(matches, event))}
