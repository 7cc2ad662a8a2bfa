"""Why a rule fired: the clauses that held on each event, with the values that made them true.

A second pass, over matched events only. It runs each clause through the engine that found the match, so that what is
said to hold is what held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from comtrap.alerts.alert import Clause
from comtrap.alerts.alternatives import Alternatives, alternatives
from comtrap.alerts.excerpt import LONGEST, excerpt
from comtrap.check.check import check_condition
from comtrap.errors import CheckError
from comtrap.events.batch import EventBatch
from comtrap.execute.condition import Conditions
from comtrap.lang import ast
from comtrap.normalise.cast import typed
from comtrap.normalise.fields import Fields
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from comtrap.check import typed as checked
    from comtrap.rules.rule import Rule

_Text: TypeAlias = "str | list[str] | None"
VALUES = 10  # of a field with many, how many are given


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A clause, and all that must hold for it to explain anything: the branches above it, then itself."""

    text: str
    conditions: tuple[checked.Expr, ...]
    fields: tuple[str, ...]
    literals: tuple[str, ...]
    options: Alternatives | None


class Explanation:
    """The clauses of one stage of a rule.

    Operands of ``and`` are clauses of their own; of an ``or``, the branches that held. Everything else is one clause.
    """

    def __init__(self, rule: Rule, stage: int) -> None:
        """Args: rule: whose stage. stage: as numbered by `plan.stages`."""
        self._stage = stage
        self._leaves = tuple(_leaves(rule, _stages(rule.query.body)[stage].condition, ()))
        self._names = tuple(dict.fromkeys(name for leaf in self._leaves for name in leaf.fields))

    def of(self, events: Sequence[Mapping[str, Any]]) -> list[tuple[Clause, ...]]:
        """What held on each event, given as whole documents."""
        fields = Fields(events)
        texts = {name: _texts(fields, name) for name in self._names}
        conditions = Conditions(_batch(texts, len(events)))
        masks: dict[checked.Expr, np.ndarray] = {}
        found: list[list[Clause]] = [[] for _ in events]
        for leaf in self._leaves:
            held = np.ones(len(events), dtype=bool)
            for expr in leaf.conditions:
                if expr not in masks:
                    masks[expr] = _holds(conditions, expr)
                held &= masks[expr]
            rows = np.flatnonzero(held).tolist()
            given = {name: [texts[name][row] for row in rows] for name in leaf.fields}
            shown = {
                name: _shown(leaf, name, [fields.values(name)[row] for row in rows], given) for name in leaf.fields
            }
            for row, clause in zip(rows, self._clauses(leaf, len(rows), shown, given), strict=True):
                found[row].append(clause)
        return [tuple(clauses) for clauses in found]

    def _clauses(
        self, leaf: _Leaf, size: int, shown: Mapping[str, Sequence[Any]], texts: Mapping[str, Sequence[_Text]]
    ) -> Iterator[Clause]:
        """A clause of some events, the same one where they have the same values: alerts have much in common.

        Args:
            leaf: the clause.
            size: of how many events.
            shown: its fields' values.
            texts: the same as the engine sees them; they tell apart what is equal to Python, such as 1 and true.
        """
        known: dict[tuple[Any, ...], Clause] = {}
        columns = (*shown.values(), *texts.values())
        for key in zip(*map(_hashable, columns), strict=True) if columns else [()] * size:
            if key not in known:
                values = {name: _thawed(value) for name, value in zip(shown, key, strict=False) if value is not None}
                options = None if leaf.options is None else leaf.options.held(_flat(key[len(shown) :]))
                known[key] = Clause(self._stage, leaf.text, values, options)
            yield known[key]


def _stages(body: ast.EventQuery | ast.Sequence | ast.Sample) -> list[ast.EventQuery]:
    match body:
        case ast.EventQuery():
            return [body]
        case ast.Sequence() | ast.Sample():
            return [stage.query for stage in body.stages for _ in range(stage.runs)]


def _leaves(rule: Rule, node: ast.Expr, above: tuple[checked.Expr, ...]) -> Iterator[_Leaf]:
    match node:
        case ast.And(operands):
            for operand in operands:
                yield from _leaves(rule, operand, above)
        case ast.Or(operands):
            for operand in operands:
                yield from _leaves(rule, operand, (*above, *_checked(rule, operand)))
        case ast.Literal():
            return  # `where true` explains nothing
        case _:
            text = " ".join(rule.text[node.span.start : node.span.end].split())
            own = [n for n in _parts(node) if isinstance(n, ast.Field)]
            said = [str(n.value) for n in _parts(node) if isinstance(n, ast.Literal) and isinstance(n.value, str)]
            names = tuple(dict.fromkeys(field.name for field in own))
            yield _Leaf(text, (*above, *_checked(rule, node)), names, tuple(said), alternatives(node, rule.text))


def _checked(rule: Rule, node: ast.Expr) -> tuple[checked.Expr, ...]:
    try:
        return (check_condition(node, telemetry(), rule.text),)
    except CheckError:  # right as part of the whole alone, such as a field on both sides of an `or`
        return ()


def _parts(node: ast.Expr) -> Iterator[ast.Expr]:
    """The node and all below it."""
    yield node
    match node:
        case ast.And(below) | ast.Or(below) | ast.Call(_, below):
            inner: tuple[ast.Expr, ...] = below
        case ast.Not(operand) | ast.Negate(operand):
            inner = (operand,)
        case ast.Compare(_, left, right) | ast.Arithmetic(_, left, right):
            inner = (left, right)
        case ast.Like(value, patterns):
            inner = (value, *patterns)
        case ast.In(value, options):
            inner = (value, *options)
        case ast.Literal() | ast.Field():
            inner = ()
    for child in inner:
        yield from _parts(child)


def _holds(conditions: Conditions, expr: checked.Expr) -> np.ndarray:
    """Where a condition holds; it is false where it fails, as it was when the rule ran."""
    return conditions.decide(expr, np.arange(len(conditions.columns)), lambda _events, _why: None)


def _batch(texts: Mapping[str, Sequence[_Text]], size: int) -> EventBatch:
    """Fields' texts as the columns that the engine sees."""
    schema = telemetry()
    columns: dict[str, pa.Array] = {"_event": pa.array(range(size), pa.uint64())}
    for name, values in texts.items():
        kinds = set(map(type, values))
        if name in schema and kinds != {type(None)}:
            lists = [[v] if isinstance(v, str) else v for v in values] if list in kinds else values
            columns[name], _ = typed(pa.array(lists), schema[name].type)
    return EventBatch(pa.table(columns), schema)


def _texts(fields: Fields, name: str) -> list[_Text]:
    """A field's texts; of a multi-field without its own, those of the field it is another reading of."""
    own = fields.texts(name)
    parent, _, last = name.rpartition(".")
    if last not in {"caseless", "text"}:
        return own
    read = (v if last == "text" else _lower(v) for v in fields.texts(parent))
    return [value if value is not None else other for value, other in zip(own, read, strict=True)]


def _lower(value: _Text) -> _Text:
    return value if value is None else value.lower() if isinstance(value, str) else [v.lower() for v in value]


def _shown(leaf: _Leaf, name: str, values: Sequence[Any], texts: Mapping[str, Sequence[_Text]]) -> list[Any]:
    """A field of some events as they have it; of several values those that make the clause true; excerpts of long ones."""
    out: list[Any] = [
        texts[name][row] if value is None or isinstance(value, dict) else value for row, value in enumerate(values)
    ]
    for row, value in enumerate(out):
        if isinstance(value, str) and len(value) > LONGEST:
            out[row] = excerpt(value, leaf.literals)
    listed = [row for row, value in enumerate(out) if isinstance(value, list)]
    if listed:
        several = {field: [column[row] for row in listed] for field, column in texts.items()}
        for row, held in zip(listed, _that_held(leaf, name, several), strict=True):
            out[row] = [excerpt(text, leaf.literals) for text in held[:VALUES]]
    return out


def _that_held(leaf: _Leaf, name: str, texts: Mapping[str, Sequence[_Text]]) -> list[list[str]]:
    """Of each event's values of a field those of which alone the clause is true; all where that is none."""
    values = [[v] if isinstance(v, str) else v or [] for v in texts[name]]
    if not leaf.conditions or all(len(some) < 2 for some in values):
        return values
    rows = [row for row, some in enumerate(values) for _ in some]
    alone = {field: [column[row] for row in rows] for field, column in texts.items()}
    alone[name] = [text for some in values for text in some]
    held = iter(_holds(Conditions(_batch(alone, len(rows))), leaf.conditions[-1]).tolist())
    return [[text for text in some if next(held)] or some for some in values]


def _hashable(values: Sequence[Any]) -> Sequence[Any]:
    return [tuple(v) if type(v) is list else v for v in values] if list in set(map(type, values)) else values


def _thawed(value: Any) -> Any:
    return list(value) if type(value) is tuple else value


def _flat(values: Iterable[Any]) -> list[str]:
    """The texts of several fields."""
    return [text for value in values if value is not None for text in ([value] if isinstance(value, str) else value)]
