"""What each part of a condition is on one event, and the values that decided.

Every verdict comes from the engine that finds matches: a part is asked by itself, on the event alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from comtrap.alerts.excerpt import excerpt
from comtrap.check import fold, typed
from comtrap.events.batch import EventBatch
from comtrap.execute.columns import Columns
from comtrap.execute.condition import Conditions
from comtrap.execute.execute import ConditionFailed
from comtrap.execute.text import texts
from comtrap.execute.values import values
from comtrap.explain.condition import Node, Reader, computed, listed, some_of, texts_of
from comtrap.plan.shape import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.lang import ast

SHOWN = 10  # values of a field, and options that held, which are named
LONGEST = 1_000  # characters of a value that are kept

Value: TypeAlias = str | int | float | bool | None


class Verdict(Enum):
    """What a part of a condition is on an event."""

    TRUE = "true"
    FALSE = "false"
    NULL = "null"  # a field has no value; counts as false
    FAILED = "failed"  # there is no result, as of ``number("x")``; counts as false

    @property
    def holds(self) -> bool:
        """Whether it counts as true."""
        return self is Verdict.TRUE


@dataclass(frozen=True, slots=True)
class Given:
    """What an event has in a field, or what a clause computes of its fields.

    Attributes:
        name: the field as written, or the expression.
        values: of several those that made the clause true, if it is; at most `SHOWN`. Empty where there is none.
        count: how many values there are.
    """

    name: str
    values: tuple[Value, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A part of a condition on one event.

    Attributes:
        node: which part.
        values: of a clause: its fields, then what it computes of them.
        held: of a list, those that the event meets, as written; at most `SHOWN`.
        message: why it failed.
    """

    node: Node
    verdict: Verdict
    values: tuple[Given, ...] = ()
    held: tuple[str, ...] = ()
    message: str | None = None
    parts: tuple[Judged, ...] = ()


def judge(node: Node, event: EventBatch, reader: Reader) -> Judged:
    """The verdict on a condition and on each part of it.

    Args:
        node: of `reader`.
        event: a batch of one event.
        reader: of the text that the node was read from.
    """
    return _Judge(event, reader).of(node)


class _Judge:
    def __init__(self, event: EventBatch, reader: Reader) -> None:
        self._event = event
        self._reader = reader
        self._conditions = Conditions(event)
        self._columns = Columns(event)

    def of(self, node: Node) -> Judged:
        verdict, message = self._verdict(node.expr)
        if node.parts:
            return Judged(node, verdict, parts=tuple(map(self.of, node.parts)))
        expr = node.expr.operand if isinstance(node.expr, typed.Not) else node.expr
        if node.written is None:
            return Judged(node, verdict, tuple(self._given(f.name, f.column, expr) for f in node.fields))
        held = self._held(node.written)
        given = [self._given(f.name, f.column, expr, texts_of(node.written)) for f in node.fields]
        given += self._computed(node.written)
        return Judged(node, verdict, tuple(given), held, message)

    def _verdict(self, expr: typed.Expr) -> tuple[Verdict, str | None]:
        if isinstance(expr, typed.Constant):
            return (Verdict.NULL if expr.value is None else Verdict.TRUE if expr.value else Verdict.FALSE), None
        holds, message = self._decided(expr)
        if isinstance(expr, typed.Not | typed.AllOf | typed.AnyOf):  # two-valued
            return (Verdict.TRUE if holds else Verdict.FALSE), None
        if message is not None:
            return Verdict.FAILED, message
        if holds:
            return Verdict.TRUE, None
        # A leaf is false if some combination of values makes it false, and null if none does.
        denied, _ = self._decided(typed.Compare("==", expr, fold.FALSE))
        return (Verdict.FALSE if denied else Verdict.NULL), None

    def _decided(self, expr: typed.Expr) -> tuple[bool, str | None]:
        messages: list[str] = []
        found = self._conditions.decide(expr, np.zeros(1, np.int64), lambda _, message: messages.append(message))
        return bool(found[0]), messages[0] if messages else None

    def _held(self, clause: ast.Expr) -> tuple[str, ...]:
        """The options that hold by themselves, found by halving the list."""
        options = listed(clause)
        found: list[str] = []
        left = [(0, len(options))] if options else []
        while left and len(found) < SHOWN:
            start, stop = left.pop()
            if not self._decided(self._reader.meaning(some_of(clause, start, stop)))[0]:
                continue
            if stop - start == 1:
                found.append(self._reader.shown(options[start]))
            else:
                middle = (start + stop) // 2
                left += [(middle, stop), (start, middle)]
        return tuple(found)

    def _given(self, name: str, column: str | None, expr: typed.Expr, said: tuple[str, ...] = ()) -> Given:
        """The values of a field; of several, those of which the clause is true."""
        if column is None:
            return Given(name, (), 0)
        held = self._columns[column]
        flat = held.flat.drop_null()
        shown: list[Value] = (texts(flat, held.kind) if held.kind.is_date else flat).to_pylist()
        if len(shown) > 1 and columns_of(expr) == (column,):
            alone = Conditions(EventBatch(pa.table({column: flat}), self._event.schema))
            true = alone.decide(expr, np.arange(len(flat)), lambda _count, _message: None)
            shown = [value for value, holds in zip(shown, true.tolist(), strict=True) if holds] or shown
        return Given(name, tuple(_short(value, said) for value in shown[:SHOWN]), len(flat))

    def _computed(self, clause: ast.Expr) -> Iterator[Given]:
        for part in computed(clause):
            try:
                (found,) = values(self._reader.value(part), self._event)
            except ConditionFailed:  # the clause's own verdict says so
                continue
            several = found if isinstance(found, list) else [] if found is None else [found]
            yield Given(self._reader.shown(part), tuple(_short(v, ()) for v in several[:SHOWN]), len(several))


def _short(value: Value, said: tuple[str, ...]) -> Value:
    return excerpt(value, said, LONGEST) if isinstance(value, str) else value
