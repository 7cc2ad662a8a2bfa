"""A batch while it is normalised: raw columns in, fields out, each evaluated once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.normalise.columns import TEXTS, Distinct, filled, first_of, lists, product, relisted, texts
from comtrap.normalise.event import DATA
from comtrap.normalise.values import Each, Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.normalise.values import Expr, Ref


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
        out: list[list[str]] = [list(given.values[c]) for c in given.codes] if given else [[] for _ in range(len(self))]
        for filled_in in sorted(n for n in self.extensions if not n.startswith(("comtrap.", DATA))):
            now, before = self.field(filled_in), self._before.get(filled_in)
            if filled_in not in self._before or now is None:
                continue
            mask = np.asarray(pc.is_valid(now))
            if before is not None:
                mask = mask & ~np.asarray(pc.is_valid(before))
            for row in np.flatnonzero(mask):
                out[row].append(filled_in)
        return lists(out) if any(out) else None

    def of(self, ref: Ref) -> pa.Array | None:
        """The values of a name or an expression."""
        return self.column(ref) if isinstance(ref, str) else ref.array(self)

    def each(self, expr: Each) -> Distinct | None:
        """The values of a function, by distinct arguments."""
        if expr not in self._distinct:
            arguments = self._arguments(expr.of) if expr.optional or self.encoded(expr.of[0]) is not None else None
            if arguments is None and expr.optional:
                arguments = Distinct([(None,) * len(expr.of)], np.zeros(len(self), np.int64))
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
        if name not in self._names:
            return None
        out = self.frame.column(name)
        out = out.chunk(0) if out.num_chunks == 1 else out.combine_chunks()
        if isinstance(out, pa.ChunkedArray):
            # combine_chunks leaves a column of no chunks chunked
            out = pa.nulls(0, out.type)
        if pa.types.is_dictionary(out.type):
            out = out.dictionary_decode()
        if not pa.types.is_string(out.type):
            out = out.cast(TEXTS if pa.types.is_list(out.type) else pa.string())
        if pa.types.is_list(out.type):
            out = relisted(out, out.flatten())
        if self.blank and name.startswith(DATA) and pa.types.is_string(out.type):
            blanks = pc.is_in(out, _texts(self.blank))
            if blanks.true_count:
                out = pc.if_else(blanks, pa.scalar(None, pa.string()), out)
        return None if out.null_count == len(out) else out

    def _arguments(self, refs: tuple[Ref, ...]) -> Distinct | None:
        if refs in self._distinct:
            return self._distinct[refs]
        parts = [self.encoded(ref) for ref in refs]
        out = None if all(p is None for p in parts) else product(parts)
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
            out = _distinct(column)
        self._distinct[ref] = out
        return out


def _distinct(column: pa.Array) -> Distinct:
    encoded = column.dictionary_encode()
    values, codes = encoded.dictionary.to_pylist(), encoded.indices
    if codes.null_count:
        codes = codes.fill_null(len(values))
        values.append(None)
    return Distinct(values, np.asarray(codes))


@cache
def _texts(values: frozenset[str]) -> pa.Array:
    return texts(sorted(values))


def _applied(expr: Each, arguments: list[Any]) -> list[Any]:
    """The function's value for each tuple of arguments."""
    function, optional = expr.function, expr.optional
    if expr.only:
        found = pc.match_substring_regex(texts([v[0] for v in arguments]), expr.only).to_pylist()
        return [function(*v) if hit else None for v, hit in zip(arguments, found, strict=True)]
    return [None if v[0] is None and not optional else function(*v) for v in arguments]
