"""Documents as columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EMPTY: Mapping[str, Any] = {}
_TEXT, _NOTHING = {str}, type(None)
_TEXTS = pa.list_(pa.string())


CELLS = 4_000_000
"""At most so many values, nulls among them, in one table of more than one row."""


class TooWideError(Exception):
    """The documents have so many different names that fewer of them must be taken at once."""


def columns(documents: Sequence[Mapping[str, Any]], wanted: frozenset[str] | None) -> dict[str, pa.Array]:
    """Dotted name to a column of string or list<string>, one value a document; names without any value are left out.

    Keys may be nested, dotted, or both. Lists of values are lists; of lists of objects each leaf is a list. Numbers and
    booleans become their JSON text. Names that begin with an underscore are ours, and left out (``_index`` excepted).

    Args:
        documents: what to look into.
        wanted: the names to look for, None for all.

    Raises:
        TooWideError: more than `CELLS` values; never for a single document.
    """
    table = _Table(wanted, _prefixes(wanted))
    table.walk(documents, "")
    return {name: _array(values) for name, values in table.found.items() if any(v is not None for v in values)}


def text(value: object) -> str | None:
    """A scalar of JSON as its text."""
    match value:
        case str() | None:
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _prefixes(wanted: frozenset[str] | None) -> frozenset[str]:
    found: set[str] = set()
    for name in wanted or ():
        while (name := name.rpartition(".")[0]) and name not in found:
            found.add(name)
    return frozenset(found)


@dataclass(slots=True)
class _Table:
    """Values by name while documents are walked, level by level, all documents at once."""

    wanted: frozenset[str] | None
    prefixes: frozenset[str]
    found: dict[str, list[Any]] = field(default_factory=dict)

    def walk(self, documents: Sequence[Mapping[str, Any]], prefix: str) -> None:
        """Take in all that lies below one object of each document."""
        for key in dict.fromkeys(chain.from_iterable(documents)):
            name = prefix + key
            if self.wanted is not None and name not in self.wanted and name not in self.prefixes:
                continue
            if name[:1] == "_" and name != "_index":
                continue
            self.put(name, [d.get(key) for d in documents])

    def put(self, name: str, values: list[Any]) -> None:
        """Take in the values of one name: scalars, lists, objects."""
        kinds = set(map(type, values))
        kinds.discard(_NOTHING)
        if not kinds:
            return
        if dict in kinds:
            self.walk([v if type(v) is dict else _EMPTY for v in values], name + ".")
            if len(kinds) == 1:
                return
            values = [None if type(v) is dict else v for v in values]
        if self.wanted is not None and name not in self.wanted and list not in kinds:
            return
        if list in kinds:
            values = self._lists(name, values)
        if kinds != _TEXT:
            values = [v if type(v) in {str, list} else text(v) for v in values]
        if self.wanted is None or name in self.wanted:
            self._add(name, values)

    def _lists(self, name: str, values: list[Any]) -> list[Any]:
        """Lists as lists of texts; the objects in them go to names of their own."""
        inner: dict[str, list[Any]] = {}
        out = list(values)
        for row, value in enumerate(values):
            if type(value) is list:
                leaves: dict[str, list[str]] = {}
                _leaves(value, "", leaves)
                out[row] = leaves.pop("", None)
                for leaf, texts in leaves.items():
                    inner.setdefault(leaf, [None] * len(values))[row] = texts
        for leaf, rows in inner.items():
            whole = f"{name}{leaf}"
            if self.wanted is None or whole in self.wanted:
                self._add(whole, rows)
        return out

    def _add(self, name: str, values: list[Any]) -> None:
        if len(self.found) * len(values) > CELLS and len(values) > 1:
            raise TooWideError
        known = self.found.get(name)
        self.found[name] = values if known is None else [_both(a, b) for a, b in zip(known, values, strict=True)]


def _leaves(value: Any, name: str, out: dict[str, list[str]]) -> None:
    """The texts below a list or object by ``.dotted.name``; the list's own under the empty name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _leaves(inner, f"{name}.{key}", out)
    elif isinstance(value, list):
        for inner in value:
            _leaves(inner, name, out)
    elif value is not None:
        out.setdefault(name, []).append(text(value) or "")


def _both(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]


def _array(values: list[Any]) -> pa.Array:
    if list in set(map(type, values)):
        return pa.array([v if v is None or type(v) is list else [v] for v in values], _TEXTS)
    return pa.array(values, pa.string())
