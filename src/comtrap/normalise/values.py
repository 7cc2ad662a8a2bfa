"""Expressions over the raw columns of a batch, and the batch they are evaluated on.

A table's values are these: small, frozen, comparable. Inside, everything is text (or a list of texts); the schema's
types are put on at the end. A Python function runs once per distinct value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.normalise.event import DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TEXTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Distinct:
    """Values by row, each different one once.

    Attributes:
        values: Python values, usually texts; None for null.
        codes: for each row, the index of its value.
    """

    values: list[Any]
    codes: np.ndarray

    def array(self, kind: pa.DataType) -> pa.Array:
        """One value a row."""
        return pa.array(self.values, kind).take(pa.array(self.codes))


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
        offsets = pa.array(np.arange(len(rows) + 1, dtype=np.int32) * len(values))
        tiled = pa.array(np.tile(np.arange(len(values)), len(rows)))
        return pa.ListArray.from_arrays(offsets, pa.array(values, pa.string()).take(tiled))


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
        return None if found is None else found.array(TEXTS if self.many else pa.string())


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
        return Distinct(values, found.codes).array(TEXTS if many else pa.string())


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
            return Distinct([list(dict.fromkeys(v)) or None for v in found[0].values], found[0].codes).array(TEXTS)
        # Most rows have no value in most of the columns: only those that have one are looked at.
        out: list[list[str] | None] = [None] * len(rows)
        for distinct in found:
            filled_in = np.array([bool(v) for v in distinct.values])
            for row in np.flatnonzero(filled_in[distinct.codes]):
                out[row] = list(dict.fromkeys([*(out[row] or ()), *distinct.values[distinct.codes[row]]]))
        return pa.array(out, TEXTS)


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
        return Distinct(values, found.codes).array(TEXTS)


Expr: TypeAlias = Text | Constant | Each | Part | First | Union | Objects | Leaf
Ref: TypeAlias = str | Expr


def text(name: str) -> Text:
    """An event data field as it is."""
    return Text(DATA + name)


def each(function: Callable[..., Any], *names: str) -> Each:
    """A function of event data fields."""
    return Each(function, tuple(DATA + n for n in names))


@dataclass(slots=True)
class Rows:
    """One batch while it is normalised: raw columns in, fields out, each evaluated once.

    Names resolve like this: a name that the tables write is that field, any other the raw column; a field's own
    expression sees the raw column of its name (and may name it only in `Text` and `First`, as functions are cached).

    Attributes:
        frame: the raw columns.
        fields: what Elastic writes, and what we add under ``comtrap.``.
        extensions: what we write into fields that are still empty then.
        blank: texts below ``winlog.event_data.`` that are no values.
        overwriting: fields where what is computed wins over what the record brought along.
    """

    frame: pa.Table
    fields: Mapping[str, Expr]
    extensions: Mapping[str, Expr] = field(default_factory=dict)
    blank: frozenset[str] = frozenset()
    overwriting: frozenset[str] = frozenset()
    _fields: dict[str, pa.Array | None] = field(default_factory=dict)
    _before: dict[str, pa.Array | None] = field(default_factory=dict)
    _raw: dict[str, pa.Array | None] = field(default_factory=dict)
    _distinct: dict[Any, Distinct | None] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return int(self.frame.num_rows)

    def raw(self, name: str) -> pa.Array | None:
        """A raw column with blanks as null, or None where the batch has none."""
        if name not in self._raw:
            self._raw[name] = self._read(name)
        return self._raw[name]

    def column(self, name: str) -> pa.Array | None:
        """What an expression means by a name."""
        ours = name in self.fields or name in self.extensions
        return self.field(name) if ours and name not in self._open else self.raw(name)

    def field(self, name: str) -> pa.Array | None:
        """A field: what the record brought along, else what the table computes; None for all null."""
        if name not in self._fields:
            self._open.add(name)
            given = self.raw(name)
            if given is not None and given.null_count == 0 and name not in self.overwriting:
                out = given
            else:
                computed = self.fields[name].array(self) if name in self.fields else None
                out = self._chosen(name, given, computed)
            if name in self.extensions and (out is None or out.null_count):
                self._before[name] = out
                out = filled(out, self.extensions[name].array(self))
            self._open.discard(name)
            self._fields[name] = out
        return self._fields[name]

    def extended(self) -> pa.Array | None:
        """The names of the ECS fields that an extension filled, a list a row; None where there is none."""
        out: list[list[str]] = [[] for _ in range(len(self))]
        for name in sorted(n for n in self.extensions if not n.startswith("comtrap.")):
            now, before = self.field(name), self._before.get(name)
            if name not in self._before or now is None:
                continue
            mask = np.asarray(pc.is_valid(now))
            if before is not None:
                mask = mask & ~np.asarray(pc.is_valid(before))
            for row in np.flatnonzero(mask):
                out[row].append(name)
        return pa.array(out, TEXTS) if any(out) else None

    def of(self, ref: Ref) -> pa.Array | None:
        """The values of a name or an expression."""
        return self.column(ref) if isinstance(ref, str) else ref.array(self)

    def each(self, expr: Each) -> Distinct | None:
        """The values of a function, by distinct arguments."""
        if expr not in self._distinct:
            arguments = self._arguments(expr.of) if expr.optional or self.encoded(expr.of[0]) is not None else None
            if arguments is not None:
                arguments = Distinct(_applied(expr, arguments.values), arguments.codes)
            self._distinct[expr] = arguments
        return self._distinct[expr]

    def lists(self, ref: Ref) -> Distinct | None:
        """The values of a name or an expression as lists of texts, empty ones for null."""
        column = None if isinstance(ref, Each | Part) else self.of(ref)
        if column is not None and pa.types.is_list(column.type):
            return Distinct([[t for t in v or () if t is not None] for v in column.to_pylist()], np.arange(len(self)))
        found = self._part(ref) if isinstance(ref, Part) else self.encoded(ref)
        if found is None:
            return None
        values = [v if isinstance(v, list) else [] if v is None else [v] for v in found.values]
        return Distinct(values, found.codes)

    def _part(self, part: Part) -> Distinct | None:
        found = part.whole.distinct(self)
        return None if found is None else Distinct([v and v.get(part.key) for v in found.values], found.codes)

    def _chosen(self, name: str, given: pa.Array | None, computed: pa.Array | None) -> pa.Array | None:
        if name not in self.overwriting:
            return filled(given, computed)
        category = self.raw("event.category") if name == "event.action" else None
        if category is not None and given is not None and computed is not None:
            # With a category, the document has been through Elastic's pipeline already, in whatever release.
            computed = pc.if_else(pc.is_valid(category), pa.scalar(None, computed.type), computed)
        return filled(computed, given)

    def _read(self, name: str) -> pa.Array | None:
        if name not in self.frame.schema.names:
            return None
        out = self.frame.column(name)
        out = out.chunk(0) if out.num_chunks == 1 else out.combine_chunks()
        if isinstance(out, pa.ChunkedArray):
            # combine_chunks leaves a column of no chunks chunked
            out = pa.nulls(0, out.type)
        if pa.types.is_dictionary(out.type):
            out = out.dictionary_decode()
        if self.blank and name.startswith(DATA) and pa.types.is_string(out.type):
            out = pc.if_else(pc.is_in(out, pa.array(sorted(self.blank))), pa.scalar(None, pa.string()), out)
        return None if out.null_count == len(out) else out

    def _arguments(self, refs: tuple[Ref, ...]) -> Distinct | None:
        if refs in self._distinct:
            return self._distinct[refs]
        parts = [self.encoded(ref) for ref in refs]
        out = None if all(p is None for p in parts) else _product(parts)
        self._distinct[refs] = out
        return out

    def encoded(self, ref: Ref) -> Distinct | None:
        """The values of a name or an expression, each different one once; of lists, the first."""
        if isinstance(ref, Each):
            return self.each(ref)
        if ref in self._distinct:
            return self._distinct[ref]
        column = self.of(ref)
        out = None
        if column is not None:
            if pa.types.is_list(column.type):
                column = first_of(column)
            encoded = column.dictionary_encode()
            values = encoded.dictionary.to_pylist()
            codes = np.asarray(encoded.indices.fill_null(len(values)))
            out = Distinct([*values, None], codes)
        self._distinct[ref] = out
        return out


def filled(column: pa.Array | None, other: pa.Array | None) -> pa.Array | None:
    """The column, and where it is null the other."""
    if column is None or other is None:
        return other if column is None else column
    if column.null_count == 0:
        return column
    if pa.types.is_list(column.type) != pa.types.is_list(other.type):
        column, other = as_lists(column), as_lists(other)
    return pc.coalesce(column, other)


def as_lists(column: pa.Array) -> pa.Array:
    """Each value as a list of one; null stays null."""
    if pa.types.is_list(column.type):
        return column
    valid = np.asarray(pc.is_valid(column))
    offsets = np.concatenate([[0], np.cumsum(valid)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), column.drop_null(), mask=pa.array(~valid))


def first_of(column: pa.Array) -> pa.Array:
    """The first value of each list."""
    counts = np.asarray(pc.list_value_length(column).fill_null(0))
    starts = np.cumsum(counts) - counts
    return column.flatten().take(pa.array(starts, mask=counts == 0))


def _applied(expr: Each, arguments: list[Any]) -> list[Any]:
    """The function's value for each tuple of arguments."""
    function, optional = expr.function, expr.optional
    if expr.only:
        found = pc.match_substring_regex(pa.array([v[0] for v in arguments], pa.string()), expr.only).to_pylist()
        return [function(*v) if hit else None for v, hit in zip(arguments, found, strict=True)]
    return [None if v[0] is None and not optional else function(*v) for v in arguments]


def _product(parts: list[Distinct | None]) -> Distinct:
    """The different tuples of several columns."""
    if len(parts) == 1:
        assert parts[0] is not None
        return Distinct([(v,) for v in parts[0].values], parts[0].codes)
    present = [p for p in parts if p is not None]
    codes = present[0].codes.astype(np.int64)
    for p in present[1:]:
        codes = codes * len(p.values) + p.codes
        # Renumbered at each step, so that the product cannot overflow.
        _, codes = np.unique(codes, return_inverse=True)
    _, rows, codes = np.unique(codes, return_index=True, return_inverse=True)
    columns = [[None] * len(rows) if p is None else [p.values[c] for c in p.codes[rows]] for p in parts]
    return Distinct(list(zip(*columns, strict=True)), codes)


def _leaf(value: Any, path: list[str]) -> str | None:
    for part in path:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or isinstance(value, dict | list) else str(value)
