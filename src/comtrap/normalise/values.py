"""Expressions over the raw columns of a batch: what the values of a table are.

They are small, frozen and comparable. Inside, everything is text (or a list of texts); the schema's types are put on
at the end. A Python function runs once per distinct value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.arrays import first_of, mapped
from comtrap.normalise.columns import Distinct, filled, product
from comtrap.normalise.event import DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from comtrap.normalise.rows import Rows


MOST = 4_096  # values of one function that are remembered
SHORT = 512  # characters of an argument whose value is remembered


@dataclass(frozen=True, slots=True)
class Text:
    """A column as it is."""

    name: str

    @property
    def names(self) -> frozenset[str]:
        """The columns it reads."""
        return frozenset((self.name,))

    def array(self, rows: Rows) -> pa.Array | None:
        """One value a row, or None for all null."""
        return rows.column(self.name)


@dataclass(frozen=True, slots=True)
class Constant:
    """The same in every row: a text, or a tuple of several."""

    value: str | tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """No columns."""
        return frozenset()

    def array(self, rows: Rows) -> pa.Array | None:
        """One value a row."""
        values = (self.value,) if isinstance(self.value, str) else self.value
        codes = np.zeros(len(rows), np.int32)
        return Distinct([list(values)], codes).array(many=True) if len(values) > 1 else Distinct(values, codes).array()


@dataclass(frozen=True, slots=True)
class Each:
    """A function of one or more columns.

    Attributes:
        function: gives a text, or None; with `many`, a list of texts; for `Part`, a mapping; for `Objects`, a list of
            mappings. It sees a text for the first column; None is possible for the others (of a list, the first text;
            of another `Each`, what that gives).
        of: columns, by name or as expressions.
        many: whether the function gives lists.
        optional: whether the first column may be None too; otherwise there is no value without it.
        only: an RE2 pattern, for functions of one column; without a match there is no value, and the function is not
            called.
        remembered: whether values are kept from one batch to the next, for functions that are slow and whose arguments
            come again.
    """

    function: Callable[..., Any]
    of: tuple[Ref, ...]
    many: bool = False
    optional: bool = False
    only: str = ""
    remembered: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The columns it reads."""
        return frozenset(n for ref in self.of for n in ((ref,) if isinstance(ref, str) else ref.names))

    def distinct(self, rows: Rows) -> Distinct | None:
        """The function's values, or None where no column has any."""
        return rows.each(self)

    def array(self, rows: Rows) -> pa.Array | None:
        """One value a row, or None for all null."""
        found = self.distinct(rows)
        return None if found is None else found.array(many=self.many)


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of the mappings that a function gives."""

    whole: Each
    key: str

    @property
    def names(self) -> frozenset[str]:
        """The columns it reads."""
        return self.whole.names

    def array(self, rows: Rows) -> pa.Array | None:
        """One value a row, or None for all null."""
        found = self.whole.distinct(rows)
        if found is None:
            return None
        values = [None if v is None else v.get(self.key) for v in found.values]
        many = any(isinstance(v, list) for v in values)
        return Distinct(values, found.codes).array(many=many)


@dataclass(frozen=True, slots=True)
class First:
    """The first of several that has a value."""

    of: tuple[Ref, ...]

    @property
    def names(self) -> frozenset[str]:
        """The columns it reads."""
        return frozenset(n for ref in self.of for n in ((ref,) if isinstance(ref, str) else ref.names))

    def array(self, rows: Rows) -> pa.Array | None:
        """One value a row, or None for all null."""
        out = None
        for ref in self.of:
            out = filled(out, rows.of(ref))
            if out is not None and out.null_count == 0:
                break
        return out


@dataclass(frozen=True, slots=True)
class Union:
    """The values of several, each different one once, in order."""

    of: tuple[Ref, ...]

    @property
    def names(self) -> frozenset[str]:
        """The columns it reads."""
        return frozenset(n for ref in self.of for n in ((ref,) if isinstance(ref, str) else ref.names))

    def array(self, rows: Rows) -> pa.Array | None:
        """A list of texts a row, or None for all null."""
        found = [d for d in (rows.lists(ref) for ref in self.of) if d is not None]
        if not found:
            return None
        if len(found) == 1:
            return Distinct([list(dict.fromkeys(v)) or None for v in found[0].values], found[0].codes).array(many=True)
        joined = product(found)
        values = [list(dict.fromkeys(t for each in several for t in each)) or None for several in joined.values]
        return Distinct(values, joined.codes).array(many=True)


@dataclass(frozen=True, slots=True)
class Kept:
    """The texts of a column that match an RE2 pattern; no value for the others. Of lists, the first."""

    name: str
    pattern: str

    @property
    def names(self) -> frozenset[str]:
        """The columns it reads."""
        return frozenset((self.name,))

    def array(self, rows: Rows) -> pa.Array | None:
        """One value a row, or None for all null."""
        column = rows.column(self.name)
        if column is None:
            return None
        return mapped(first_of(column) if pa.types.is_list(column.type) else column, self._matching)

    def _matching(self, values: pa.Array) -> pa.Array:
        found = pc.match_substring_regex(values, self.pattern)
        return values if pc.all(found).as_py() else pc.if_else(found, values, pa.scalar(None, values.type))


@dataclass(frozen=True, slots=True)
class Objects:
    """A list of objects a row, as documents hold them; a column has one leaf of each (`Leaf`)."""

    whole: Each
    leaves: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The columns it reads."""
        return self.whole.names

    def array(self, rows: Rows) -> pa.Array | None:
        """Nothing: objects are no column."""
        del rows
        return None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf (dotted) of all the objects of a row."""

    whole: Objects
    name: str

    @property
    def names(self) -> frozenset[str]:
        """The columns it reads."""
        return self.whole.names

    def array(self, rows: Rows) -> pa.Array | None:
        """A list of texts a row, or None for all null."""
        found = self.whole.whole.distinct(rows)
        if found is None:
            return None
        path = self.name.split(".")
        values = [None if v is None else [t for o in v if (t := _leaf(o, path)) is not None] for v in found.values]
        return Distinct(values, found.codes).array(many=True)


Expr: TypeAlias = Text | Constant | Each | Part | First | Union | Kept | Objects | Leaf
Ref: TypeAlias = str | Expr


def text(name: str) -> Text:
    """An event data field as it is."""
    return Text(DATA + name)


def each(function: Callable[..., Any], *names: str) -> Each:
    """A function of event data fields."""
    return Each(function, tuple(DATA + n for n in names))


def called(expr: Each, arguments: Sequence[Any]) -> list[Any]:
    """The function's value for each text, or for each tuple of several texts."""
    function, single = expr.function, len(expr.of) == 1
    if expr.remembered:
        known = _known(function, single=single)
        return [None if (v if single else v[0]) is None else known[v] for v in arguments]
    if single and not expr.optional:
        return [None if v is None else function(v) for v in arguments]
    if single:
        return [function(*v) for v in arguments]
    return [None if v[0] is None and not expr.optional else function(*v) for v in arguments]


class _Known(dict[Any, Any]):
    """What a function gave; bounded, as arguments come from logs."""

    def __init__(self, function: Callable[..., Any], *, single: bool) -> None:
        super().__init__()
        self._function = function
        self._single = single

    def __missing__(self, key: Any) -> Any:
        value = self._function(key) if self._single else self._function(*key)
        if len(key if self._single else key[0]) <= SHORT:
            if len(self) >= MOST:
                self.clear()
            self[key] = value
        return value


@cache
def _known(function: Callable[..., Any], *, single: bool) -> _Known:
    return _Known(function, single=single)


def _leaf(value: Any, path: list[str]) -> str | None:
    for part in path:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or isinstance(value, dict | list) else str(value)
