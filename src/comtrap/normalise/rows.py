"""A batch while it is normalised: raw columns in, fields out, each evaluated once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.arrays import CODED, decoded, first_of, integers, relisted, texts
from comtrap.normalise.columns import TEXTS, Distinct, filled, product, without
from comtrap.normalise.event import DATA
from comtrap.normalise.values import Each, Part, called

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.normalise.values import Expr, Ref

_SMALL = 4_096  # values: below this, finding the distinct ones costs less than thinking about it
_SAMPLE = 1_024
_VARIED = 0.5  # of a sample distinct: from here on, distinct values save nothing
_FALSE = pa.scalar(value=False, type=pa.bool_())


@dataclass(slots=True)
class Rows:
    """The raw columns of one batch, and the fields computed of them so far.

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
    _names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Remember the columns there are: asking a frame is slow."""
        self._names = frozenset(self.frame.schema.names)

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

    def extended(self, name: str) -> pa.Array | None:
        """The names of the ECS fields that an extension filled, a list a row; None where there is none.

        Args:
            name: the raw column that says so of records that were extended before.
        """
        given = self.lists(name)
        found = [] if given is None else [given]
        for filled_in in sorted(n for n in self.extensions if not n.startswith(("comtrap.", DATA))):
            now, before = self.field(filled_in), self._before.get(filled_in)
            if filled_in not in self._before or now is None:
                continue
            mask = np.asarray(now.is_valid())
            if before is not None:
                mask = mask & ~np.asarray(before.is_valid())
            found.append(Distinct([[], [filled_in]], mask.astype(np.int32)))
        if not found:
            return None
        joined = product(found)
        out = Distinct([[name for names in several for name in names] for several in joined.values], joined.codes)
        return out.array(many=True) if any(out.values) else None

    def of(self, ref: Ref) -> pa.Array | None:
        """The values of a name or an expression."""
        return self.column(ref) if isinstance(ref, str) else ref.array(self)

    def each(self, expr: Each) -> Distinct | None:
        """The values of a function, by distinct arguments."""
        if expr not in self._distinct:
            if expr.only:
                found = self._hinted(expr)
            elif len(expr.of) == 1 and not expr.optional:
                found = self.encoded(expr.of[0])
                found = found and Distinct(called(expr, found.values), found.codes)
            else:
                found = self._several(expr)
            self._distinct[expr] = found
        return self._distinct[expr]

    def lists(self, ref: Ref) -> Distinct | None:
        """The values of a name or an expression as lists of texts, each different one once; empty ones for null."""
        column = None if isinstance(ref, Each | Part) else self.of(ref)
        if column is not None and pa.types.is_list(column.type):
            found: Distinct | None = Distinct(decoded(column).to_pylist(), np.arange(len(self), dtype=np.int32))
        else:
            found = self._part(ref) if isinstance(ref, Part) else self.encoded(ref)
        if found is None:
            return None
        numbers: dict[tuple[str, ...], int] = {}
        places = [numbers.setdefault(_tuple(v), len(numbers)) for v in found.values]
        return Distinct([list(v) for v in numbers], np.array(places, np.int32)[found.codes])

    def encoded(self, ref: Ref) -> Distinct | None:
        """The values of a name or an expression, each different one once; of lists, the first."""
        if isinstance(ref, Each):
            return self.each(ref)
        if ref not in self._distinct:
            column = self._flat(ref)
            self._distinct[ref] = None if column is None else _distinct(column)
        return self._distinct[ref]

    def _hinted(self, expr: Each) -> Distinct | None:
        """A function that is called only where its pattern is found."""
        column = self._flat(expr.of[0])
        if column is None:
            return None
        values, codes = _coded(column)
        there = np.flatnonzero(pc.match_substring_regex(values, expr.only).fill_null(_FALSE))
        places = np.zeros(len(values) + 1, np.int32)
        places[there] = np.arange(1, len(there) + 1, dtype=np.int32)
        made = called(expr, values.take(integers(there)).to_pylist())
        return Distinct([None, *made], places[codes])

    def _several(self, expr: Each) -> Distinct | None:
        """A function of several columns, or of one that may be null."""
        if not expr.optional and self.encoded(expr.of[0]) is None:
            return None
        arguments = self._arguments(expr.of)
        if arguments is None:
            arguments = Distinct([(None,) * len(expr.of)], np.zeros(len(self), np.int32))
        return Distinct(called(expr, arguments.values), arguments.codes)

    def _arguments(self, refs: tuple[Ref, ...]) -> Distinct | None:
        if refs not in self._distinct:
            parts = [self.encoded(ref) for ref in refs]
            self._distinct[refs] = None if all(p is None for p in parts) else product(parts)
        return self._distinct[refs]

    def _part(self, part: Part) -> Distinct | None:
        found = part.whole.distinct(self)
        return None if found is None else Distinct([v and v.get(part.key) for v in found.values], found.codes)

    def _flat(self, ref: Ref) -> pa.Array | None:
        column = self.of(ref)
        return column if column is None or not pa.types.is_list(column.type) else first_of(column)

    def _chosen(self, name: str, given: pa.Array | None, computed: pa.Array | None) -> pa.Array | None:
        if name not in self.overwriting:
            return filled(given, computed)
        category = self.raw("event.category") if name == "event.action" else None
        if category is not None and given is not None and computed is not None:
            # With a category, the document has been through Elastic's pipeline already, in whatever release.
            computed = without(computed, np.asarray(category.is_valid()))
        return filled(computed, given)

    def _read(self, name: str) -> pa.Array | None:
        if name not in self._names:
            return None
        out = self.frame.column(name)
        out = out.chunk(0) if out.num_chunks == 1 else out.combine_chunks()
        if isinstance(out, pa.ChunkedArray):
            # combine_chunks leaves a column of no chunks chunked
            out = pa.nulls(0, out.type)
        if pa.types.is_dictionary(out.type) and (out.type != CODED or len(out.dictionary) > len(out)):
            out = out.dictionary_decode()
        if not (pa.types.is_string(out.type) or pa.types.is_dictionary(out.type)):
            out = out.cast(TEXTS if pa.types.is_list(out.type) else pa.string())
        if pa.types.is_list(out.type):
            out = relisted(out, out.flatten())
        elif self.blank and name.startswith(DATA):
            out = _unblanked(out, self.blank)
        return None if out.null_count == len(out) else out


def _unblanked(column: pa.Array, blank: frozenset[str]) -> pa.Array:
    """The column with null for blanks."""
    values, codes = (column, None)
    if pa.types.is_dictionary(column.type):
        values, codes = column.dictionary, np.asarray(column.indices.fill_null(0))
    found = np.zeros(len(values), bool)
    places = _of_length(values, frozenset(map(len, blank)))
    if places.size:
        found[places] = np.asarray(pc.is_in(values.take(integers(places)), _texts(blank)))
    if not found.any():
        return column
    return without(column, found if codes is None else found[codes])


def _of_length(values: pa.Array, sizes: frozenset[int]) -> np.ndarray:
    """The places of texts that take up so many bytes: a cheap look before a dear one."""
    length = np.asarray(pc.binary_length(values).fill_null(-1))
    found = np.zeros(len(values), bool)
    for size in sizes:
        found |= length == size
    return np.flatnonzero(found)


def _distinct(column: pa.Array) -> Distinct:
    values, codes = _coded(column)
    listed = values.to_pylist()
    return Distinct([*listed, None] if column.null_count else listed, codes)


def _coded(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The texts of a column, and for each row which it is; the number after the last for null."""
    if not pa.types.is_dictionary(column.type):
        if _is_varied(column):
            codes = np.arange(len(column), dtype=np.int32)
            if column.null_count:
                codes[np.asarray(column.is_null())] = len(column)
            return column, codes
        column = column.dictionary_encode()
    codes = column.indices
    return column.dictionary, np.asarray(codes.fill_null(len(column.dictionary)) if column.null_count else codes)


def _is_varied(column: pa.Array) -> bool:
    """Whether most values are distinct, so that there is nothing to gain from finding the distinct ones."""
    if len(column) <= _SMALL:
        return False
    sample = column.take(integers(np.linspace(0, len(column) - 1, _SAMPLE).astype(np.int64)))
    return len(sample.unique()) > _SAMPLE * _VARIED


def _tuple(value: str | list[str] | None) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(t for t in value or () if t is not None)


@cache
def _texts(values: frozenset[str]) -> pa.Array:
    return texts(sorted(values))
