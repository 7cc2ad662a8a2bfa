"""Expressions over the raw columns of a batch: what the values of a table are.

They are small, frozen and comparable. Inside, everything is text (or a list of texts); the schema's types are put on
at the end. A Python function runs once per distinct value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from comtrap.normalise.columns import Distinct, filled, integers, lists
from comtrap.normalise.event import DATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.normalise.rows import Rows


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
        if len(values) == 1:
            return pa.repeat(values[0], len(rows))
        return lists([list(values)]).take(integers(np.zeros(len(rows), np.int64)))


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
        only: an RE2 pattern; without a match in the first column there is no value, and the function is not called.
    """

    function: Callable[..., Any]
    of: tuple[Ref, ...]
    many: bool = False
    optional: bool = False
    only: str = ""

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
        # Most rows have no value in most of the columns: only those that have one are looked at.
        out: list[list[str] | None] = [None] * len(rows)
        for distinct in found:
            filled_in = np.array([bool(v) for v in distinct.values])
            for row in np.flatnonzero(filled_in[distinct.codes]):
                out[row] = list(dict.fromkeys([*(out[row] or ()), *distinct.values[distinct.codes[row]]]))
        return lists(out)


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


Expr: TypeAlias = Text | Constant | Each | Part | First | Union | Objects | Leaf
Ref: TypeAlias = str | Expr


def text(name: str) -> Text:
    """An event data field as it is."""
    return Text(DATA + name)


def each(function: Callable[..., Any], *names: str) -> Each:
    """A function of event data fields."""
    return Each(function, tuple(DATA + n for n in names))


def _leaf(value: Any, path: list[str]) -> str | None:
    for part in path:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or isinstance(value, dict | list) else str(value)
