"""Deciding conditions on the distinct tuples of cheap columns before any event is looked at.

A million process starts have some hundred distinct (executable, parent, user …). Each condition is first asked of these,
with leaves on other columns unknown: most tuples cannot meet it, whatever those hold, and some must. Only the events of
the tuples in between are looked at, and of the condition only what is still open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.check import typed
from comtrap.execute.screen import Screen
from comtrap.plan.shape import can_fail, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.execute.columns import Column
    from comtrap.execute.condition import Conditions, Failed

FEWEST = 2048
"""Events: below this, finding the tuples costs more than it saves."""

_SHARE = 16  # events a tuple, on average, from which on it pays to decide tuples first
_MANY = 8  # values in one event; a column with more is dear
_TABLE = 1 << 22  # tuple numbers made dense by a table; more of them by hashing


@dataclass(frozen=True, slots=True)
class Tuples:
    """The distinct tuples of the cheap columns among some events.

    Attributes:
        rows: the events.
        cheap: the columns.
        of_row: for each of the rows the number of its tuple.
        examples: for each tuple a row that has it.
        order: indices into `rows` sorted by tuple.
        begin: for each tuple where its indices begin in `order`, and the end.
        undecided: by predicate, which tuples must meet it, and which may but need not.
        screen: rules out events by the dear columns.
    """

    rows: np.ndarray
    cheap: frozenset[str]
    of_row: np.ndarray
    examples: np.ndarray
    order: np.ndarray
    begin: np.ndarray
    undecided: dict[typed.Expr, tuple[np.ndarray, np.ndarray]]
    screen: Screen

    def having(self, wanted: np.ndarray) -> np.ndarray:
        """The rows whose tuple is wanted."""
        numbers = np.flatnonzero(wanted)
        counts = self.begin[numbers + 1] - self.begin[numbers]
        total = int(counts.sum())
        if total * 8 > self.rows.size:
            return self.rows[np.flatnonzero(wanted[self.of_row])]
        places = np.repeat(self.begin[numbers] - (np.cumsum(counts) - counts), counts) + np.arange(total)
        return self.rows[self.order[places]]


def find(conditions: Conditions, rows: np.ndarray, predicates: Iterable[typed.Expr]) -> Tuples:
    """The distinct tuples of those columns of the predicates that have few."""
    predicates = tuple(predicates)
    names = {name for predicate in predicates for name in columns_of(predicate)}
    columns = sorted((c for c in (conditions.columns[n] for n in names) if _is_cheap(c)), key=_distinct)
    of_row = np.zeros(rows.size, np.int64)
    count, cheap = 1, []
    for column in columns:
        codes, width = _row_codes(column, rows)
        joined, total = _joined(of_row, count, codes, width)
        if total * _SHARE <= rows.size:
            of_row, count = joined, total
            cheap.append(column.name)
    of_row = of_row.astype(np.uint16 if count < 1 << 16 else np.int32)  # numpy sorts 16 bits in linear time
    order = np.argsort(of_row, kind="stable")
    begin = np.concatenate(([0], np.cumsum(np.bincount(of_row, minlength=count))))
    examples = rows[order[begin[:-1]]]
    possible = _Possible(conditions, frozenset(cheap), examples)
    undecided = {each: possible.undecided(each) for each in dict.fromkeys(predicates) if not can_fail(each)}
    visits = {each: int(np.diff(begin)[unsure].sum()) for each, (_, unsure) in undecided.items()}
    screen = Screen(conditions, visits)
    return Tuples(rows, frozenset(cheap), of_row, examples, order, begin, undecided, screen)


def _is_cheap(column: Column) -> bool:
    if column.varied or len(column.distinct) * _SHARE > column.rows + _SHARE:
        return False
    return column.offsets is None or int(np.diff(column.offsets).max()) <= _MANY


def _distinct(column: Column) -> int:
    return len(column.distinct)


def _row_codes(column: Column, rows: np.ndarray) -> tuple[np.ndarray, int]:
    """A number for what each row holds in the column, and a bound above them."""
    null = len(column.distinct) - 1
    if column.offsets is None:
        return column.codes if rows.size == column.rows else column.codes[rows], null + 1
    begin = column.offsets[rows]
    lengths = column.offsets[rows + 1] - begin
    codes, count = np.zeros(rows.size, np.int64), 1
    for place in range(int(lengths.max(initial=0))):
        there = lengths > place
        each = np.full(rows.size, null)
        each[there] = column.codes[begin[there] + place]
        codes, count = _joined(codes, count, each, null + 1)
    return codes, count


def _joined(first: np.ndarray, count: int, second: np.ndarray, width: int) -> tuple[np.ndarray, int]:
    """Numbers for the pairs that occur, and how many there are."""
    if width == 1:
        return first, count
    pairs = first * width + second
    if count * width <= _TABLE:
        there = np.zeros(count * width, bool)
        there[pairs] = True
        numbers = np.cumsum(there) - 1
        return numbers[pairs], int(numbers[-1]) + 1
    encoded = pa.array(pairs).dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)


def decide(conditions: Conditions, tuples: Tuples, predicate: typed.Expr, failed: Failed) -> np.ndarray:
    """The rows for which the predicate holds."""
    if can_fail(predicate):  # on which events it is evaluated then matters
        return tuples.rows[conditions.decide(predicate, tuples.rows, failed)]
    sure, unsure = tuples.undecided[predicate]
    found = tuples.having(sure) if sure.any() else tuples.rows[:0]
    if not unsure.any():
        return found
    open_ = _open(predicate, tuples.cheap)
    rows = tuples.screen.left(open_, tuples.having(unsure))
    rows = rows[conditions.decide(open_, rows, failed)]
    return np.concatenate((found, rows)) if found.size else rows


def _open(predicate: typed.Expr, cheap: frozenset[str]) -> typed.Expr:
    """What the tuples leave to decide where they may meet the predicate but need not."""
    if not isinstance(predicate, typed.AllOf):
        return predicate
    return typed.AllOf(tuple(operand for operand in predicate.operands if not cheap.issuperset(columns_of(operand))))


class _Possible:
    """Whether a condition may be true, and may be false, of events of each tuple."""

    def __init__(self, conditions: Conditions, cheap: frozenset[str], examples: np.ndarray) -> None:
        self._conditions = conditions
        self._cheap = cheap
        self._examples = examples

    def undecided(self, predicate: typed.Expr) -> tuple[np.ndarray, np.ndarray]:
        """Which tuples must meet the predicate, and which may but need not."""
        may, may_not = self.of(predicate)
        return may & ~may_not, may & may_not

    def of(self, expr: typed.Expr) -> tuple[np.ndarray, np.ndarray]:
        match expr:
            case typed.Not():
                may, may_not = self.of(expr.operand)
                return may_not, may
            case typed.AllOf():
                return self._all(expr.operands)
            case typed.AnyOf():
                may_not, may = self._all(map(typed.Not, expr.operands))
                return may, may_not
            case _:
                return self._leaf(expr)

    def _all(self, operands: Iterable[typed.Expr]) -> tuple[np.ndarray, np.ndarray]:
        size = self._examples.size
        may, may_not = np.ones(size, bool), np.zeros(size, bool)
        for operand in operands:
            one_may, one_may_not = self.of(operand)
            may &= one_may
            may_not |= one_may_not
            if not may.any():
                break  # false, whatever the rest
        return may, may_not

    def _leaf(self, expr: typed.Expr) -> tuple[np.ndarray, np.ndarray]:
        if not self._cheap.issuperset(columns_of(expr)):
            unknown = np.ones(self._examples.size, bool)
            return unknown, unknown
        true = self._conditions.decide(expr, self._examples, _never)
        return true, ~true


def _never(events: int, message: str) -> None:
    raise AssertionError(f"a condition that cannot fail failed on {events}: {message}")
