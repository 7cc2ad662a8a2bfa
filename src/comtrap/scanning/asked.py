"""What is asked of logs: a query, what goes with it, and the plan of both."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.check.check import check
from comtrap.check.suggest import suggest
from comtrap.errors import CheckError, Diagnostic, ParseError, QueryError
from comtrap.lang import ast
from comtrap.lang.parse import parse
from comtrap.lang.walk import walk
from comtrap.match.match import Limits
from comtrap.plan.build import build, query_plan
from comtrap.plan.optimise import optimise
from comtrap.plan.plan import EventPlan, SamplePlan, stages
from comtrap.plan.shape import columns_of
from comtrap.scanning.ordinals import Ordinals
from comtrap.scanning.picked import Pick
from comtrap.schema.telemetry import telemetry
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.plan.plan import Plan, QueryPlan

TIME = "@timestamp"
CATEGORIES = (
    "api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam",
    "intrusion_detection", "library", "malware", "network", "package", "process", "registry", "session", "threat",
    "vulnerability", "web",
)  # fmt: skip
"""The event categories of ECS."""
_TRUE = typed.Constant(value=True, type=Type.BOOLEAN)


@dataclass(frozen=True, slots=True)
class Request:
    """What goes with a query.

    Attributes:
        size: the most events, sequences or samples to give.
        position: ``tail`` or ``head``: the end that `size` counts from, where the query has no pipes.
        samples_per_key: the most samples that share one key tuple.
        category_field: where events have their category.
        timestamp_field: what orders them.
        tiebreaker_field: what orders those of one time.
    """

    size: int = 10
    position: str = "tail"
    samples_per_key: int = 1
    category_field: str = "event.category"
    timestamp_field: str = TIME
    tiebreaker_field: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """Something to count: events of a category (None: any), or those of them that have a value in a column."""

    category: str | None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that is right.

    Attributes:
        tree: the query as written.
        body: what to run for it.
        request: what goes with it.
        unmapped: optional fields that Windows telemetry does not have; they are always null.
    """

    tree: ast.Query
    body: QueryPlan
    request: Request
    unmapped: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that the query names, keys included, in order of first mention; not the category."""
        schema = telemetry()
        named = (field.name for field in _fields(self.tree.body))
        columns = (schema[name].column(name) for name in named if name in schema)
        return tuple(dict.fromkeys(name for name in columns if name != self.request.category_field))

    @property
    def shown(self) -> tuple[str, ...]:
        """Of `fields`, those that can differ among the events of an answer."""
        body = self.tree.body
        shared = frozenset() if isinstance(body, ast.EventQuery) else {field.name for field in body.by}
        return tuple(name for name in self.fields if name not in shared)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the join keys of a sequence or sample, as its first stage has them."""
        body = self.tree.body
        if isinstance(body, ast.EventQuery):
            return ()
        return tuple(field.name for field in (*body.by, *body.stages[0].by))

    @property
    def limits(self) -> Limits:
        """How many answers to give."""
        return Limits(self.request.size, self.request.position, self.request.samples_per_key)

    @property
    def pick(self) -> Pick:
        """Which hits have to be kept for the answer."""
        schema = telemetry()
        time, tie = (
            None if name is None or name == TIME else schema[name].column(name)
            for name in (self.request.timestamp_field, self.request.tiebreaker_field)
        )
        ordinals = Ordinals(time, tie, timed=not isinstance(self.body, SamplePlan))
        bounded = isinstance(self.body, EventPlan) and ordinals.numbered
        first = self.body.pipes[0].name if self.body.pipes else self.request.position
        return Pick(
            self.request.size if bounded else None, first == "tail", None if time is None and tie is None else ordinals
        )

    def plan(self, witnesses: tuple[Witness, ...] = ()) -> Plan:
        """The query as number 0, then what is to be counted."""
        schema = telemetry()
        found = [EventPlan("witness", _stage(each, schema[each.column or TIME].type)) for each in witnesses]
        category = self.request.category_field
        return optimise(build([self.body, *found], schema[category].column(category)))

    def witnesses(self, among: Iterable[typed.Stage] | None = None) -> tuple[Witness, ...]:
        """What tells why nothing was found: categories, and the fields that stages ask of theirs.

        Args:
            among: some of the query's stages; without it all, and the categories of ECS as well.
        """
        found = {} if among is not None else dict.fromkeys(map(Witness, CATEGORIES))
        for stage in stages(self.body) if among is None else among:
            keys = (key.column.name for key in stage.keys if key.column is not None and not key.optional)
            names = (None, *columns_of(stage.predicate), *keys)
            found |= dict.fromkeys(Witness(stage.category, name) for name in names)
        return tuple(found)


def ask(text: str, request: Request, name: str = "query") -> Asked:
    """A query, checked against the fields of Windows telemetry.

    Args:
        text: EQL. ``now`` in its dates is now.
        request: what goes with it.
        name: what the text is called in messages.

    Raises:
        QueryError: the query or the request is wrong; with all that is wrong with it.
    """
    schema = telemetry()
    wrong = list(_unknown(request))
    if wrong:
        raise QueryError(tuple(wrong), text, name)
    try:
        tree = parse(text)
        checked = check(
            tree,
            schema,
            text,
            category_field=request.category_field,
            timestamp_field=request.timestamp_field,
            now_ns=time.time_ns(),
        )
    except (ParseError, CheckError) as error:
        raise type(error)(error.diagnostics, error.text, name) from None
    unmapped = dict.fromkeys(field.name for field in _fields(tree.body) if field.name not in schema)
    return Asked(tree, query_plan("query", checked), request, tuple(unmapped))


def _unknown(request: Request) -> Iterator[Diagnostic]:
    schema = telemetry()
    named = {
        "category": request.category_field,
        "timestamp": request.timestamp_field,
        "tiebreaker": request.tiebreaker_field,
    }
    for what, name in named.items():
        if name is not None and (name not in schema or not schema[name].supported):
            yield Diagnostic("E291", f"{what} field `{name}` is not in {schema.name}", (), suggest(name, schema))


def _fields(body: ast.EventQuery | ast.Sequence | ast.Sample) -> Iterator[ast.Field]:
    """The fields of a query in text order, the common keys last."""
    match body:
        case ast.EventQuery():
            yield from (node for node in walk(body.condition) if isinstance(node, ast.Field))
        case ast.Sequence() | ast.Sample():
            closing = (body.until,) if isinstance(body, ast.Sequence) and body.until is not None else ()
            for stage in (*body.stages, *closing):
                yield from _fields(stage.query)
                yield from stage.by
            yield from body.by


def _stage(witness: Witness, kind: Type) -> typed.Stage:
    column = witness.column
    predicate: typed.Expr = _TRUE if column is None else typed.Not(typed.IsNull(typed.Column(column, kind)))
    return typed.Stage(witness.category, predicate)
