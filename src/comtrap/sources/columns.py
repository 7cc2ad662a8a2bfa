"""Documents as columns.

A document is taken apart as soon as it is decoded and then forgotten: to hold thousands of them, and to look into all of
them again for each column, takes twice as long.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CELLS = 4_000_000
"""At most so many values, nulls among them, are made into columns at once, if they are of more than one document."""

_TEXTS = pa.list_(pa.string())
_HIT = frozenset({"_index", "_id"})


class Table:
    """The values of documents, by dotted name.

    Keys may be nested, dotted, or both. Lists of values are lists; of lists of objects each leaf is a list. Numbers and
    booleans become their JSON text. Names that begin with an underscore are ours, and left out, but for a search hit's
    ``_index`` and ``_id``.

    Args:
        wanted: the names to keep, None for all.
    """

    def __init__(self, wanted: frozenset[str] | None) -> None:
        self.rows = 0
        self._wanted = wanted
        self._prefixes = _prefixes(wanted)
        self._slots: dict[str, _Slot] = {}
        self._root = _Node(self, "")

    def add(self, document: Mapping[str, Any]) -> None:
        """One more row."""
        _walk(self._root, document, self.rows)
        self.rows += 1

    def ranges(self, most: int) -> Iterator[tuple[int, int]]:
        """Half-open ranges of rows that can be made into columns at once, of at most so many rows each."""
        todo = [(start, min(start + most, self.rows)) for start in range(0, self.rows, most)]
        todo.reverse()
        while todo:
            start, stop = todo.pop()
            if stop - start == 1 or self._width(start, stop) * (stop - start) <= CELLS:
                yield start, stop
            else:
                middle = (start + stop) // 2
                todo += [(middle, stop), (start, middle)]

    def columns(self, start: int, stop: int) -> dict[str, pa.Array]:
        """Name to string or list<string> for a range of rows; names without any value are left out."""
        found = {}
        for name, slot in self._slots.items():
            column = slot.column(start, stop)
            if column is not None:
                found[name] = column
        return found

    def slot(self, name: str) -> _Slot | None:
        """Where the values of a name go; None if neither it nor what is below it is wanted."""
        known = self._slots.get(name)
        if known is not None:
            known.is_shared = True
            return known
        everything = self._wanted is None
        if name[:1] == "_" and name not in _HIT:
            return None
        is_leaf, is_way = everything or name in (self._wanted or ()), everything or name in self._prefixes
        if not is_leaf and not is_way:
            return None
        made = self._slots[name] = _Slot(_Node(self, name + ".") if is_way else None, [] if is_leaf else None)
        return made

    def _width(self, start: int, stop: int) -> int:
        if len(self._slots) * (stop - start) <= CELLS:
            return len(self._slots)
        return sum(bisect_left(s.rows, start) < bisect_left(s.rows, stop) for s in self._slots.values() if s.rows)


class _Slot:
    """The values of one name: the rows that have one, ascending, and what they have.

    A row is there twice where a document writes the name in two ways.
    """

    __slots__ = ("is_shared", "node", "rows", "values")

    def __init__(self, node: _Node | None, rows: list[int] | None) -> None:
        self.node = node  # what is below the name, None if nothing of it is wanted
        self.rows = rows  # None if the name itself is not wanted
        self.values: list[Any] = []
        self.is_shared = False  # whether the name came up in several spellings

    def column(self, start: int, stop: int) -> pa.Array | None:
        """The values of a range of rows, or None where none has any."""
        rows, values = self.rows, self.values
        if not rows:
            return None
        if start or rows[-1] >= stop:
            part = slice(bisect_left(rows, start), bisect_left(rows, stop))
            rows, values = rows[part], values[part]
        if self.is_shared:
            rows, values = _united(rows, values)
        if len(rows) == stop - start:
            return array(values)
        if not rows:
            return None
        indices = np.full(stop - start, -1)
        indices[np.array(rows) - start] = np.arange(len(rows))
        return array(values).take(pa.array(indices, mask=indices < 0))


class _Node(dict[str, "_Slot | None"]):
    """The names below a prefix, as they come up."""

    __slots__ = ("_prefix", "_table")

    def __init__(self, table: Table, prefix: str) -> None:
        super().__init__()
        self._table = table
        self._prefix = prefix

    def __missing__(self, key: str) -> _Slot | None:
        made = self[key] = self._table.slot(self._prefix + key)
        return made


def columns(documents: Iterable[Mapping[str, Any]], wanted: frozenset[str] | None) -> dict[str, pa.Array]:
    """All columns of a few documents."""
    table = Table(wanted)
    for document in documents:
        table.add(document)
    return table.columns(0, table.rows)


def text(value: object) -> str | None:
    """A scalar of JSON as its text."""
    match value:
        case str() | None:
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def merged(one: pa.Array, other: pa.Array) -> pa.Array:
    """Two columns of one name: what either has, both where both have something."""
    return array([_both(a, b) for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True)])


def _prefixes(wanted: frozenset[str] | None) -> frozenset[str]:
    found: set[str] = set()
    for name in wanted or ():
        while (name := name.rpartition(".")[0]) and name not in found:
            found.add(name)
    return frozenset(found)


def _walk(node: _Node, document: Mapping[str, Any], row: int) -> None:
    for key, value in document.items():
        slot = node[key]
        if slot is None:
            continue
        kind = type(value)
        if kind is dict:
            if slot.node is not None:
                _walk(slot.node, value, row)
        elif kind is list:
            _walk_list(slot, value, row)
        elif value is not None and slot.rows is not None:
            slot.rows.append(row)
            slot.values.append(value)


def _walk_list(slot: _Slot, items: list[Any], row: int) -> None:
    """A list as a list of texts; the objects in it go to names of their own."""
    leaves: dict[str, list[str]] = {}
    _leaves(items, "", leaves)
    for name, texts in leaves.items():
        into: _Slot | None = slot
        for key in name.split(".") if name else ():
            into = into.node[key] if into is not None and into.node is not None else None
        if into is not None and into.rows is not None:
            into.rows.append(row)
            into.values.append(texts)


def _leaves(value: Any, name: str, out: dict[str, list[str]]) -> None:
    """The texts below a list or object by dotted name; the list's own under the empty name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _leaves(inner, f"{name}.{key}" if name else key, out)
    elif isinstance(value, list):
        for inner in value:
            _leaves(inner, name, out)
    elif value is not None:
        out.setdefault(name, []).append(text(value) or "")


def _united(rows: list[int], values: list[Any]) -> tuple[list[int], list[Any]]:
    """Each row once, with all it has."""
    found: dict[int, Any] = {}
    for row, value in zip(rows, values, strict=True):
        found[row] = _both(found.get(row), value)
    return list(found), list(found.values())


def _both(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]


def with_lists(frame: pa.Table, names: set[str]) -> pa.Table:
    """The frame with lists of one where these columns have plain texts."""
    for number, found in enumerate(frame.schema):
        if found.name in names and not pa.types.is_list(found.type):
            values = [None if value is None else [value] for value in frame.column(number).to_pylist()]
            frame = frame.set_column(number, found.name, pa.array(values, _TEXTS))
    return frame


def array(values: Sequence[Any]) -> pa.Array:
    """Scalars of JSON, lists of texts among them, as a column of texts, or of lists of texts."""
    try:
        return pa.array(values, pa.string())
    except pa.ArrowTypeError:  # to look at the type of each beforehand takes as long as the column
        pass
    if list in set(map(type, values)):
        listed = [v if v is None else [text(w) for w in v] if type(v) is list else [text(v)] for v in values]
        return pa.array(listed, _TEXTS)
    return pa.array([text(v) for v in values], pa.string())
