"""Why a rule fired: the clauses that held on each event, with the values that made them true.

A second pass, over matched events only. It runs each clause through the engine that found the match, so that what is
said to hold is what held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from comtrap.alerts.alert import Clause
from comtrap.alerts.alternatives import Alternatives, alternatives
from comtrap.alerts.excerpt import excerpt
from comtrap.check.check import check_condition
from comtrap.errors import CheckError
from comtrap.events.batch import EventBatch
from comtrap.execute.execute import ConditionFailed, condition
from comtrap.lang import ast
from comtrap.normalise import document as documents
from comtrap.normalise.cast import typed
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.check import typed as checked
    from comtrap.rules.rule import Rule

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
        self._read = tuple(dict.fromkeys(n for name in self._names for n in (name, *_parent(name))))

    def of(self, events: Sequence[Mapping[str, Any]]) -> list[tuple[Clause, ...]]:
        """What held on each event, given as whole documents."""
        given = [{name: documents.get(event, name) for name in self._read} for event in events]
        flat = [_flat(event, values) for event, values in zip(events, given, strict=True)]
        batch = _batch(flat, self._names)
        masks: dict[checked.Expr, np.ndarray] = {}
        found: list[list[Clause]] = [[] for _ in events]
        for leaf in self._leaves:
            held = np.ones(len(flat), dtype=bool)
            for expr in leaf.conditions:
                if expr not in masks:
                    masks[expr] = _holds(expr, batch)
                held &= masks[expr]
            for row in np.flatnonzero(held).tolist():
                values = ((name, _value(leaf, name, given[row][name], flat[row])) for name in leaf.fields)
                told = {name: value for name, value in values if value is not None}
                held_options = None if leaf.options is None else leaf.options.held(_texts(leaf, flat[row]))
                found[row].append(Clause(self._stage, leaf.text, told, held_options))
        return [tuple(clauses) for clauses in found]


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


def _holds(expr: checked.Expr, batch: EventBatch) -> np.ndarray:
    try:
        return condition(expr, batch)
    except ConditionFailed:
        return np.zeros(len(batch), dtype=bool)


def _batch(events: Sequence[Mapping[str, str | list[str]]], names: Sequence[str]) -> EventBatch:
    """Flattened events as the columns of these names."""
    schema = telemetry()
    columns: dict[str, pa.Array] = {"_event": pa.array(range(len(events)), pa.uint64())}
    for name in names:
        values = [_given(event, name) for event in events]
        if name in schema and any(value is not None for value in values):
            several = any(isinstance(value, list) for value in values)
            lists = [[v] if isinstance(v, str) else v for v in values] if several else values
            columns[name], _ = typed(pa.array(lists), schema[name].type)
    return EventBatch(pa.table(columns), schema)


def _flat(event: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """The given fields of an event as text; those that have none are left out."""
    out: dict[str, str | list[str]] = {}
    for name, value in given.items():
        plain = type(value) is str and value.isascii()
        text = value if plain else documents.text(event, name)
        if text is not None:
            out[name] = text
    return out


def _texts(leaf: _Leaf, event: Mapping[str, str | list[str]]) -> list[str]:
    given = [_given(event, name) for name in leaf.fields]
    return [text for value in given if value is not None for text in ([value] if isinstance(value, str) else value)]


def _given(event: Mapping[str, str | list[str]], name: str) -> str | list[str] | None:
    """A field's text; of a multi-field, that of the field it is another reading of."""
    parent = None if name in event else next(_parent(name), None)
    if parent is None or parent not in event:
        return event.get(name)
    value = event[parent]
    if name.endswith(".text"):
        return value
    return value.lower() if isinstance(value, str) else [v.lower() for v in value]


def _parent(name: str) -> Iterator[str]:
    """Of a multi-field, the field it is another reading of."""
    parent, _, last = name.rpartition(".")
    if last in {"caseless", "text"}:
        yield parent


def _value(leaf: _Leaf, name: str, value: Any, flat: Mapping[str, str | list[str]]) -> Any:
    """What the event has in a field, as it has it; of several values those that make the clause true; excerpts of long ones."""
    if value is None or isinstance(value, dict):
        value = _given(flat, name)
    if not isinstance(value, list):
        return excerpt(value, leaf.literals) if isinstance(value, str) else value
    given = _given(flat, name)
    texts = [given] if isinstance(given, str) else given or []
    if len(texts) > 1 and leaf.conditions:
        alone = _batch([{**flat, name: text} for text in texts], leaf.fields)
        held = _holds(leaf.conditions[-1], alone)
        texts = [text for text, holds in zip(texts, held.tolist(), strict=True) if holds] or texts
    return [excerpt(text, leaf.literals) for text in texts[:VALUES]]
