"""Deciding conditions on rows: ``and``, ``or`` and ``not`` in two values, leaves on distinct values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from comtrap.check import typed
from comtrap.execute.columns import Column, Columns, Given, Taken, encode, flags
from comtrap.execute.lower import Work, lower
from comtrap.plan.shape import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.batch import EventBatch
    from comtrap.execute.columns import Frame

Failed: TypeAlias = Callable[[int, str], None]
"""Told of leaves that failed: on how many events, and why."""

TOO_MANY = "too many combinations of values"
_MOST = 1 << 22  # combinations of the values of one event; only a hostile event has more
_TUPLES = 1 << 18  # combinations of values evaluated at once; bounds memory, whatever an event holds


class Truth(NamedTuple):
    """Where a leaf is true, and where it failed (None: nowhere) and is taken as false."""

    true: np.ndarray
    failed: np.ndarray | None
    message: str


class Conditions:
    """Decides conditions on one batch; what it finds out about a leaf serves every condition that has it."""

    def __init__(self, batch: EventBatch) -> None:
        self.columns = Columns(batch)
        self._known: dict[typed.Expr, Truth] = {}

    def decide(self, expr: typed.Expr, rows: np.ndarray, failed: Failed) -> np.ndarray:
        """Whether the condition holds, one flag for each of the rows."""
        match expr:
            case typed.Constant():
                return np.full(rows.size, expr.value is True)
            case typed.Not():
                return ~self.decide(expr.operand, rows, failed)
            case typed.AllOf():
                return self._all(expr.operands, rows, failed)
            case typed.AnyOf():
                return self._any(expr.operands, rows, failed)
            case _:
                return self.leaf(expr, rows, failed)

    def _all(self, operands: tuple[typed.Expr, ...], rows: np.ndarray, failed: Failed) -> np.ndarray:
        alive = rows
        places: np.ndarray | None = None  # of the alive ones; None: all
        for operand in operands:
            kept = np.flatnonzero(self.decide(operand, alive, failed))
            if kept.size < alive.size:
                alive = alive[kept]
                places = kept if places is None else places[kept]
            if not alive.size:
                break
        if places is None:
            return np.ones(rows.size, bool)
        found = np.zeros(rows.size, bool)
        found[places] = True
        return found

    def _any(self, operands: tuple[typed.Expr, ...], rows: np.ndarray, failed: Failed) -> np.ndarray:
        found = self.decide(operands[0], rows, failed)
        for operand in operands[1:]:
            open_ = np.flatnonzero(~found)
            if not open_.size:
                break
            found[open_] = self.decide(operand, rows[open_], failed)
        return found

    def leaf(self, expr: typed.Expr, rows: np.ndarray, failed: Failed) -> np.ndarray:
        """Whether a leaf holds: whether it is true of some combination of the values of its columns."""
        if not rows.size:
            return np.zeros(0, bool)
        names = columns_of(expr)
        if len(names) == 1:
            found = self._of_one(expr, self.columns[names[0]], rows)
        else:
            found = self._of_many(expr, [self.columns[name] for name in names], rows)
        if found.failed is not None and found.failed.any():
            failed(int(found.failed.sum()), found.message)
        return found.true

    def _of_one(self, expr: typed.Expr, column: Column, rows: np.ndarray) -> Truth:
        lengths, places = (None, rows) if column.offsets is None else column.spans(rows)
        known = self._known.get(expr)
        if known is None and (column.is_short or places.size * 2 > column.whole.size):
            known = self._known[expr] = _truth(expr, column.whole)
        if known is not None:
            codes = column.on_whole(places)
            found = Truth(known.true[codes], None if known.failed is None else known.failed[codes], known.message)
        else:
            found = _truth(expr, Taken(column, places))
        return found if lengths is None else _any_value(found, lengths, lambda: _truth(expr, _nothing([column])))

    def _of_many(self, expr: typed.Expr, columns: list[Column], rows: np.ndarray) -> Truth:
        """A leaf over several columns, or over none."""
        true, failures = np.zeros(rows.size, bool), too_many(columns, rows)
        message = TOO_MANY if failures.any() else ""
        fitting = np.flatnonzero(~failures)
        for at, tuples in combinations(columns, rows[fitting]):
            found = _of_tuples(expr, columns, tuples, at.size)
            true[fitting[at[found.true]]] = True
            if found.failed is not None:
                failures[fitting[at[found.failed]]] = True
                message = message or found.message
        return Truth(true, failures, message)


def _nothing(columns: list[Column]) -> Frame:
    return Given(1, {column.name: pa.nulls(1, column.type) for column in columns})


def _truth(expr: typed.Expr, frame: Frame) -> Truth:
    work = Work(frame)
    vector = work.array(lower(expr, work), pa.bool_())
    true = flags(vector)
    if work.failed is None:
        return Truth(true, None, "")
    return Truth(true & ~work.failed, work.failed, work.message)


def _any_value(found: Truth, lengths: np.ndarray, empty: Callable[[], Truth]) -> Truth:
    """From one flag a value to one flag an event; events without values take what null gives."""
    filled = lengths > 0
    begin = (np.cumsum(lengths) - lengths)[filled]
    nothing = None if filled.all() else empty()

    def gather(flags: np.ndarray, of_nothing: np.ndarray | None) -> np.ndarray:
        rows = np.zeros(lengths.size, bool)
        if begin.size:
            rows[filled] = np.logical_or.reduceat(flags, begin)
        if of_nothing is not None:
            rows[~filled] = of_nothing[0]
        return rows

    true = gather(found.true, None if nothing is None else nothing.true)
    failures = [each for each in (found, nothing) if each is not None and each.failed is not None]
    if not failures:
        return Truth(true, None, "")
    none = np.zeros(found.true.size, bool)
    failed = gather(none if found.failed is None else found.failed, None if nothing is None else nothing.failed)
    return Truth(true, failed, failures[0].message)


def too_many(columns: list[Column], rows: np.ndarray) -> np.ndarray:
    """Which rows have more combinations of values than any true event."""
    total = np.ones(rows.size)
    for column in columns:
        if column.offsets is not None:
            total *= np.maximum(_lengths(column, rows), 1)
    return total > _MOST


def combinations(columns: list[Column], rows: np.ndarray) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Every combination of one value per column and row, in portions.

    Yields:
        For each combination the index of its row in `rows`; and for each column the places in its `flat`, -1 where the
        row has no value in it.
    """
    lengths = [np.ones(rows.size, np.int64) if c.offsets is None else _lengths(c, rows) for c in columns]
    products = np.ones(rows.size, np.int64)
    for each in lengths:
        products *= np.maximum(each, 1)
    end = np.cumsum(products)
    total = int(end[-1]) if end.size else 0
    for first in range(0, total, _TUPLES):
        numbers = np.arange(first, min(first + _TUPLES, total))
        at = np.searchsorted(end, numbers, side="right")
        left = numbers - (end[at] - products[at])
        tuples = []
        for column, counts in zip(columns, lengths, strict=True):
            width = np.maximum(counts[at], 1)
            begin = rows[at] if column.offsets is None else column.offsets[rows[at]]
            tuples.append(np.where(counts[at] == 0, -1, begin + left % width))
            left //= width
        yield at, tuples


def _lengths(column: Column, rows: np.ndarray) -> np.ndarray:
    assert column.offsets is not None
    return column.offsets[rows + 1] - column.offsets[rows]


def _of_tuples(expr: typed.Expr, columns: list[Column], tuples: list[np.ndarray], size: int) -> Truth:
    """Evaluate on the distinct tuples; gives one flag for each tuple."""
    if not columns:
        found = _truth(expr, Given(1, {}))
        return Truth(
            np.repeat(found.true, size), None if found.failed is None else np.repeat(found.failed, size), found.message
        )
    key = np.zeros(size, np.int64)
    coded = []
    for column, places in zip(columns, tuples, strict=True):
        codes, distinct = codes_at(column, places)
        coded.append((codes, distinct))
        key = np.unique(key, return_inverse=True)[1] * len(distinct) + codes
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    values = {
        column.name: distinct.take(pa.array(codes[first]))
        for column, (codes, distinct) in zip(columns, coded, strict=True)
    }
    found = _truth(expr, Given(first.size, values))
    return Truth(found.true[inverse], None if found.failed is None else found.failed[inverse], found.message)


def codes_at(column: Column, places: np.ndarray) -> tuple[np.ndarray, pa.Array]:
    """Codes of the values in some places (-1: null), and what they stand for; null comes last."""
    if column.varied and places.size * 2 < len(column):
        return encode(column.at(places))
    return np.where(places < 0, len(column.distinct) - 1, column.codes[places]), column.distinct
