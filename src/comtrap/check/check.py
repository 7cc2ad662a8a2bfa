"""EQL that is right as text, checked against a schema: what it means, or all that is wrong with it.

Source: the EQL syntax reference of Elasticsearch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.check import fold, typed
from comtrap.check.expression import Expressions
from comtrap.check.report import Report
from comtrap.errors import Span
from comtrap.lang import ast

if TYPE_CHECKING:
    from comtrap.schema.schema import Schema
    from comtrap.schema.types import Type

_MILLISECOND = 1_000_000  # in nanoseconds


def check(
    query: ast.Query,
    schema: Schema,
    text: str,
    *,
    category_field: str = "event.category",
    timestamp_field: str = "@timestamp",
    now_ns: int | None = None,
) -> typed.Query:
    """What a query means on data of this schema. Runs are expanded, and conditions that cannot hold are false.

    Args:
        query: what to check.
        schema: of the data.
        text: what `query` was parsed from.
        category_field: where the data have their event category.
        timestamp_field: what orders the events.
        now_ns: what ``now`` is in dates; without it, a query that asks is refused, as it means something else every time.

    Raises:
        CheckError: the query is not true of the schema; it carries every mistake there is, in text order.
    """
    report = Report(text)
    found = _Query(Expressions(schema, report, now_ns), report, category_field, timestamp_field).query(query)
    report.raise_all()
    return found


def check_condition(expr: ast.Expr, schema: Schema, text: str) -> typed.Expr:
    """What a condition means: false where it is null whatever the event.

    Raises:
        CheckError: the condition is not true of the schema.
    """
    report = Report(text)
    found = Expressions(schema, report).condition(expr)
    report.raise_all()
    return fold.FALSE if fold.is_null(found) else found


def check_expression(expr: ast.Expr, schema: Schema, text: str, *, now_ns: int | None = None) -> typed.Expr:
    """What an expression of any type means; logic in it is three-valued throughout.

    Raises:
        CheckError: the expression is not true of the schema.
    """
    report = Report(text)
    found = Expressions(schema, report, now_ns).value(expr)
    report.raise_all()
    return found


@dataclass(frozen=True, slots=True)
class _Query:
    """The checking of one query."""

    expressions: Expressions
    report: Report
    category_field: str
    timestamp_field: str

    def query(self, query: ast.Query) -> typed.Query:
        return typed.Query(self.body(query.body), tuple(typed.Pipe(pipe.name, pipe.count) for pipe in query.pipes))

    def body(
        self, body: ast.EventQuery | ast.Sequence | ast.Sample
    ) -> typed.EventQuery | typed.Sequence | typed.Sample:
        match body:
            case ast.EventQuery():
                self.timestamp(body)
                return typed.EventQuery(self.event(body, (), missing=False))
            case ast.Sequence():
                self.timestamp(body)
                return self.sequence(body)
            case ast.Sample():
                return typed.Sample(self.stages(body.stages, body.by))

    def sequence(self, body: ast.Sequence) -> typed.Sequence:
        queries = body.stages if body.until is None else (*body.stages, body.until)
        checked = self.stages(queries, body.by)
        until = None
        if body.until is not None:  # an `!` before it means nothing
            until = typed.Stage(checked[-1].category, checked[-1].predicate, checked[-1].keys)
            checked = checked[:-1]
        expanded = [s for stage, written in zip(checked, body.stages, strict=True) for s in [stage] * written.runs]
        maxspan_ns = None if body.maxspan_ms is None else body.maxspan_ms * _MILLISECOND
        return typed.Sequence(tuple(expanded), until, maxspan_ns)

    def stages(self, stages: tuple[ast.Stage, ...], by: tuple[ast.Field, ...]) -> tuple[typed.Stage, ...]:
        checked = tuple(self.event(s.query, (*by, *s.by), missing=s.missing) for s in stages)
        for place, written in enumerate((*by, *stages[0].by)):
            self.same_type(written, [(*by, *stage.by) for stage in stages], place)
        return checked

    def event(self, query: ast.EventQuery, by: tuple[ast.Field, ...], *, missing: bool) -> typed.Stage:
        schema = self.expressions.schema
        if query.category is not None and self.category_field not in schema:
            span = Span(query.span.start, query.span.start + len(query.category))
            self.report.add(
                "E220",
                "no event categories",
                span,
                f"the data has no field `{self.category_field}`",
                "ask for `any where …`, or name the field that holds the category",
            )
        condition = self.expressions.condition(query.condition)
        predicate = fold.FALSE if fold.is_null(condition) else condition
        return typed.Stage(query.category, predicate, tuple(map(self.key, by)), missing)

    def key(self, field: ast.Field) -> typed.Key:
        found = self.expressions.field(field)
        if found is None:
            return typed.Key(None, field.optional)
        if found.folded:
            self.report.add(
                "E219", "a caseless field as a join key", field, "keys are compared exactly", "name the field itself"
            )
        return typed.Key(typed.Column(found.column(field.name), found.type), field.optional)

    def same_type(self, first: ast.Field, keys: list[tuple[ast.Field, ...]], place: int) -> None:
        """Report keys that can never be equal to the one they are compared with."""
        schema = self.expressions.schema
        base = first
        for stage in keys:
            other = stage[place]
            a, b = schema.get(base.name), schema.get(other.name)
            if a is None:
                base = other
            elif b is not None and a.supported and b.supported and not _comparable(a.type, b.type):
                says = f"this is {b.type.value}, `{base.name}` is {a.type.value}"
                self.report.add("E215", "join keys of different types", other, says, "join on fields of one type")

    def timestamp(self, body: ast.EventQuery | ast.Sequence) -> None:
        """Report data that cannot be put in order of time. A field that is not mapped is the caller's to find."""
        found = self.expressions.schema.get(self.timestamp_field)
        if found is not None and not (found.supported and found.type.is_date):
            says = (
                f"`{self.timestamp_field}` orders the events and is {found.written or found.type.value}, expected date"
            )
            self.report.add("E221", "a timestamp that is no date", body, says, "name the field that holds the time")


def _comparable(a: Type, b: Type) -> bool:
    return a is b or (a.is_string and b.is_string) or (a.is_numeric and b.is_numeric) or (a.is_date and b.is_date)
