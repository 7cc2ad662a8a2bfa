"""Documents of plain Windows events, which bring no ECS fields of their own: decoded no further than wanted.

What such a document is told by is decoded first; that says its kind, and whether anything of its data is wanted.
Whatever is not just as documents before it were is left to the general path, and learned from there: another form, keys
written with dots, fields that a rule may read, values of an unexpected type, text that is no JSON.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
from msgspec import Meta, Raw

from comtrap.sources.batches import ALWAYS, OF_KIND
from comtrap.sources.lines import unfit
from comtrap.sources.record import BadRecordError, parsed
from comtrap.sources.shapes.beats import AGENT, WINLOGBEAT
from comtrap.sources.shapes.kind import kind
from comtrap.sources.typed import Typed, decoded, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from comtrap.events.raw import Kind
    from comtrap.events.wanted import Wanted
    from comtrap.sources.batches import Batches, Rows
    from comtrap.sources.typed import Path

BROUGHT = frozenset({
    "@metadata.beat", "@timestamp", "agent.type", "data_stream.dataset", "event.action", "event.dataset", "host.hostname",
    "host.id", "host.name", "message",
})  # fmt: skip
"""Fields that shippers write beside what Windows wrote; documents may bring them and still be plain."""

_SAME = {"event.kind": "event", "host.os.family": "windows", "host.os.type": "windows"}
"""Fields that are computed to be this, too; with another value a document is not plain."""

_TOLD = OF_KIND | {"agent.type", "@metadata.beat", "event.provider", "event.dataset", "data_stream.dataset"}
_OVERWRITTEN = frozenset({"event.code"})  # what is computed always takes its place
_OTHER_SHAPES = frozenset({"_source", "fields", "EventID", "EventId", "event_id"})
_WINLOG = ("winlog",)
_DATA = (("winlog", "event_data"), ("winlog", "user_data"))
_VALUE = str | Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]  # beyond that digits are lost, in the general path
_MOST_USES, _MOST_KEYS = 4096, 64  # forms of documents, and keys, that are remembered; others take the general path
_LESSONS = 1000  # after so many documents that taught nothing, nothing is learned


class _Data(NamedTuple):
    """Values within one of the objects that are decoded only where wanted."""

    names: tuple[str, ...]
    text: Callable[[Any], Any]
    decode: Callable[[bytes], Any]
    values: Callable[[Any], tuple[Any, ...]]


class _Use(NamedTuple):
    """What is done with documents of which values are wanted."""

    rows: Rows
    shape: str
    told: Mapping[str, str]
    names: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]] | None
    data: tuple[_Data, ...]


@dataclass(slots=True)
class Plain:
    """Takes what it can of one content's documents.

    Attributes:
        batches: what takes the records.
        wanted: what to decode.
    """

    batches: Batches
    wanted: Wanted
    _fields: frozenset[str] = field(init=False)
    _leaves: dict[Path, Any] = field(init=False)
    _seen: dict[Path, None] = field(default_factory=dict)
    _others: dict[Path, dict[str, None]] = field(default_factory=lambda: {(): {}, _WINLOG: {}})
    _head: Typed | None = None
    _nothing: Any = None
    _told_names: tuple[str, ...] = ()
    _told: Callable[[Any], tuple[Any, ...]] = field(init=False)
    _codes: dict[tuple[Any, ...], int] = field(init=False)
    _uses: list[_Use | None] = field(init=False)
    _numbers: np.ndarray = field(init=False)  # by code, what stands for the kind where records are only counted
    _lessons: int = _LESSONS

    def __post_init__(self) -> None:
        """See where what may be wanted is found."""
        self._fields = self.wanted.columns | ALWAYS
        self._leaves = {_path(name): str for name in (*_TOLD, *(_SAME.keys() & self._fields))}
        self._leaves[_path("winlog.event_id")] = str | int
        for name in self._fields:
            path = _path(name)
            if name.startswith("winlog.") or name in BROUGHT:
                leaf = path[:2] if path[:2] in _DATA else path
                self._leaves.setdefault(leaf, _VALUE if leaf == path else Raw)

    def take(self, position: int, text: bytes) -> tuple[int, list[tuple[int, bytes]]]:
        """Take what lines it can, the first of them at a position.

        Returns:
            How many lines there are, and those that are left, with their positions.
        """
        lines = list(io.BytesIO(text))
        if self._head is None:
            self._try(lines)
        if self._head is None:
            return len(lines), list(enumerate(lines, position))
        others = unfit(text, lines)
        documents, _ = decoded(self._head.decode, lines, self._nothing)
        codes = list(map(self._codes.get, map(self._told, documents)))
        if None in codes:
            told = map(self._told, documents)
            codes = [self._code(each) if code is None else code for code, each in zip(codes, told, strict=True)]
        found = np.array(codes, np.int16)
        found[others] = 0
        numbers = self._numbers[found]
        self.batches.counted.add(position, numbers)
        left = self._read_some(position, np.flatnonzero(numbers == 0), found, lines, documents)
        return len(lines), [(position + index, lines[index]) for index in left]

    def _read_some(
        self, position: int, at: np.ndarray, found: np.ndarray, lines: list[bytes], documents: list[Any]
    ) -> list[int]:
        """Take the documents at some indices by the codes that were found; gives the indices of those that are left."""
        at = at[np.argsort(found[at], kind="stable")]
        codes = found[at]
        edges = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(at)]
        left: list[int] = []
        for start, stop in pairwise(edges):
            use = self._uses[codes[start]] if start < stop else None
            some = at[start:stop]
            left += some.tolist() if use is None else _failed(use, position, some, lines, documents).tolist()
        return sorted(left)

    def learn(self, record: Mapping[str, Any]) -> None:
        """See what a record has that others have not had, so that the next one like it is taken."""
        if not self._lessons or not isinstance(record.get("winlog"), dict):
            return
        known = len(self._seen) + sum(map(len, self._others.values()))
        for path in self._leaves:
            if path not in self._seen and _has(record, path):
                self._seen[path] = None
        for path, keys in self._others.items():
            inner = record["winlog"] if path else record
            new = [key for key, value in inner.items() if self._may_stay(path, key, is_object=isinstance(value, dict))]
            if len(keys.keys() | set(new)) <= _MOST_KEYS:
                keys.update(dict.fromkeys(new))
        if len(self._seen) + sum(map(len, self._others.values())) > known:
            self._make()
            self._lessons = _LESSONS
        else:
            self._lessons -= 1

    def _try(self, lines: list[bytes]) -> None:
        """Learn from the first lines there are."""
        for line in lines[:8]:
            try:
                self.learn(parsed(line)[0])
            except BadRecordError:
                continue

    def _may_stay(self, path: Path, key: str, *, is_object: bool) -> bool:
        """Whether nothing depends on a key: neither a document's shape, nor its kind, nor a field that is wanted.

        In an object, what is wanted can be refused.
        """
        name = ".".join((*path, key))
        if name in _OTHER_SHAPES or name in self._fields or name in _TOLD:
            return False
        is_way = any(other.startswith(name + ".") for other in (*self._fields, *_TOLD))
        return not is_way or (is_object and "." not in key)

    def _make(self) -> None:
        """Make what decodes the part of a document that it is told by, with what was seen so far."""
        leaves = {path: self._leaves[path] for path in self._seen}
        refused = {*map(_path, self._fields - _OVERWRITTEN), *self._leaves} - leaves.keys()
        self._head = typed(leaves, refused, self._others)
        self._told_names = tuple(n for n in (*_TOLD, *_SAME) if _path(n) in leaves)
        if self._head is None or not self._told_names:
            self._head = None
            return
        self._told = self._head.values(map(_path, self._told_names))
        self._nothing = self._head.decode(b"{}")
        self._codes, self._uses = {self._told(self._nothing): 0}, [None]
        self._numbers = np.zeros(_MOST_USES, np.int16)

    def _code(self, told: tuple[Any, ...]) -> int:
        code = self._codes.get(told)
        if code is None and len(self._codes) < _MOST_USES:
            code = self._codes[told] = len(self._uses)
            use = self._use(dict(zip(self._told_names, told, strict=True)))
            self._uses.append(None if isinstance(use, int) else use)
            self._numbers[code] = use if isinstance(use, int) else 0
        return code or 0

    def _use(self, told: Mapping[str, Any]) -> int | _Use | None:
        """What is done with documents that are told by certain values.

        Returns:
            A number where they are only counted, None where they are left.
        """
        provider, event_id, agent = (told.get(n) for n in ("winlog.provider_name", "winlog.event_id", "agent.type"))
        found = kind(provider, None, event_id)
        if not provider or found != (provider, found[1]) or str(event_id) != str(found[1]) or agent == "endpoint":
            return None
        if any((told.get(name) or "").startswith("endpoint.") for name in ("event.dataset", "data_stream.dataset")):
            return None
        if told.get("event.provider", provider) not in {None, provider} and "event.provider" in self._fields:
            return None
        if any(told.get(name) not in {None, value} for name, value in _SAME.items()):
            return None
        names = self.wanted.of(found, BROUGHT & self._fields)
        return self._read(found, names - OF_KIND, told) if names else self.batches.counted.number(found)

    def _read(self, found: Kind, names: frozenset[str], told: Mapping[str, Any]) -> _Use | None:
        assert self._head is not None
        same = {name: value for name, value in told.items() if name in names and value is not None}
        plain = [p for p in map(_path, sorted(names - told.keys())) if p in self._seen and p not in _DATA]
        data = []
        for way in _DATA:
            inner = sorted(path[2:] for path in map(_path, names) if path[:2] == way)
            if inner and way in self._seen:
                made = typed(dict.fromkeys(inner, _VALUE)) if () not in inner else None
                if made is None:
                    return None
                columns = tuple(".".join((*way, *path)) for path in inner)
                data.append(_Data(columns, attrgetter(self._head.names[way]), made.decode, made.values(inner)))
        shape = WINLOGBEAT if WINLOGBEAT in {told.get("agent.type"), told.get("@metadata.beat")} else AGENT
        values = self._head.values(plain) if plain else None
        return _Use(self.batches.rows(found), shape, same, tuple(map(".".join, plain)), values, tuple(data))


def _failed(use: _Use, position: int, at: np.ndarray, lines: list[bytes], documents: list[Any]) -> np.ndarray:
    """Take the documents at some indices; gives those where a value is of an unexpected type."""
    rows = at.tolist()
    some = [documents[row] for row in rows]
    columns: dict[str, Iterable[Any]] = {name: [value] * len(rows) for name, value in use.told.items()}
    if use.values is not None:
        columns |= _columns(use.names, map(use.values, some))
    for data in use.data:
        inner, failures = decoded(data.decode, map(data.text, some), None)
        if failures:
            rest = np.delete(at, failures)
            return np.concatenate((at[failures], _failed(use, position, rest, lines, documents) if len(rest) else rest))
        columns |= _columns(data.names, map(data.values, inner))
    use.rows.add(at + position, use.shape, [lines[row] for row in rows], columns)
    return at[:0]


def _columns(names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Rows of values as a list by name: to put all in one and take every so many is quicker than to zip."""
    values = list(chain.from_iterable(rows))
    return {name: values[number :: len(names)] for number, name in enumerate(names)}


def _path(name: str) -> Path:
    return tuple(name.split("."))


def _has(record: Mapping[str, Any], path: Path) -> bool:
    value: Any = record
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True
