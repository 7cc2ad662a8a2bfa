"""Documents of plain Windows events, which bring no ECS fields of their own: decoded no further than wanted.

What such a document is told by is decoded first; that says its kind, and whether anything else of it is wanted.
Whatever is not just as expected here is left to the general path: another form, keys written with dots, fields that a
rule may read, values of an unexpected type, text that is no JSON.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from msgspec import Meta

from comtrap.sources.batches import ALWAYS
from comtrap.sources.lines import unfit
from comtrap.sources.shapes.beats import AGENT, WINLOGBEAT
from comtrap.sources.shapes.kind import kind
from comtrap.sources.typed import Typed, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

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

_TOLD = ("agent.type", "@metadata.beat", "event.provider", "event.dataset", "data_stream.dataset")
_OVERWRITTEN = frozenset({"event.code"})  # what is computed always takes its place
_OTHER_SHAPES = frozenset({"_source", "fields", "EventID", "EventId", "event_id"})
_OF_KIND = frozenset({"winlog.event_id", "winlog.provider_name"})
_VALUE = str | Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]  # beyond that digits are lost, in the general path
_MOST_USES, _MOST_KEYS = 4096, 64  # forms of documents, and keys, that are remembered; others take the general path

_FAILED = (ValueError, RecursionError)


class _Read(NamedTuple):
    """What is done with documents of which values are wanted."""

    typed: Typed
    shape: str
    rows: Rows


@dataclass(slots=True)
class Plain:
    """Takes what it can of one content's documents.

    Attributes:
        batches: what takes the records.
        wanted: what to decode.
    """

    batches: Batches
    wanted: Wanted
    _told: Typed | None = field(init=False)
    _fields: frozenset[str] = field(init=False)
    _same: dict[str, str] = field(init=False)
    _others: dict[str, None] = field(default_factory=dict)  # harmless keys, in the documents' order
    _uses: dict[tuple[Any, ...], list[int] | _Read | None] = field(default_factory=dict)
    _decoders: dict[Kind, tuple[Typed, tuple[str, ...]] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make what decodes the part of each document that it is told by."""
        self._fields = self.wanted.columns | ALWAYS
        self._same = {name: value for name, value in _SAME.items() if name in self._fields}
        self._make()

    def take(self, position: int, text: bytes) -> list[bytes | None]:
        """Take what lines it can, the first of them at a position; gives all, None for those."""
        uses, skipped = self._uses, unfit(text)
        left: list[bytes | None] = []
        for at, (told, line) in enumerate(zip(self._all_told(text), io.BytesIO(text), strict=True), position):
            if told is None or (skipped and at - position in skipped):
                left.append(line)
                continue
            use = uses[told] if told in uses else self._use(told)
            if isinstance(use, list):
                use.append(at)
                left.append(None)
            else:
                left.append(None if use is not None and _read(use, at, line) else line)
        return left

    def learn(self, record: Mapping[str, Any]) -> None:
        """See which keys a record has that say nothing, so that the next one like it is taken."""
        new = [key for key in record if key not in self._others and self._is_harmless(key)]
        if new and len(self._others) + len(new) <= _MOST_KEYS:
            self._others |= dict.fromkeys(new)
            self._make()

    def _is_harmless(self, key: str) -> bool:
        """Whether neither a document's shape nor a field that is wanted, or known to be told, depends on a key."""
        names = (*self._fields, *_TOLD)
        return key not in _OTHER_SHAPES and not any(name == key or name.startswith(key + ".") for name in names)

    def _make(self) -> None:
        windows = {name for name in self._fields if name.startswith("winlog.")}
        refused = self._fields - windows - BROUGHT - _OVERWRITTEN - {*_TOLD, *self._same}
        leaves: dict[Path, Any] = {_path("winlog.provider_name"): str, _path("winlog.event_id"): str | int}
        leaves |= {_path(name): str for name in (*_TOLD, *self._same)}
        ways = {name.partition(".")[0] for name in BROUGHT | _OVERWRITTEN} - _OTHER_SHAPES
        self._told = typed(leaves, map(_path, refused), (*ways, *self._others))

    def _all_told(self, text: bytes) -> list[tuple[Any, ...] | None]:
        """What each line is told by, None where that does not say all."""
        out: list[tuple[Any, ...] | None] = []
        assert self._told is not None
        found = map(self._told.values, map(self._told.decode, io.BytesIO(text)))
        while True:
            try:
                out.extend(found)
            except _FAILED:
                out.append(None)  # what came before stays, what follows comes
            else:
                return out

    def _use(self, told: tuple[Any, ...]) -> list[int] | _Read | None:
        if len(self._uses) >= _MOST_USES:
            return None
        found = self._uses[told] = self._made(told)
        return found

    def _made(self, told: tuple[Any, ...]) -> list[int] | _Read | None:
        provider, code, agent, beat, shipped, *datasets = told[: 2 + len(_TOLD)]
        found = kind(provider, None, code)
        if not provider or found != (provider, found[1]) or str(code) != str(found[1]) or agent == "endpoint":
            return None
        if any(name is not None and name.startswith("endpoint.") for name in datasets):
            return None
        if shipped not in {None, provider} and "event.provider" in self._fields:
            return None
        if any(
            value not in {None, same} for value, same in zip(told[2 + len(_TOLD) :], self._same.values(), strict=True)
        ):
            return None
        names = self.wanted.of(found, BROUGHT & self._fields)
        if not names:
            return self.batches.counted(found)
        if found not in self._decoders:
            self._decoders[found] = _decoder(names)
        decoder = self._decoders[found]
        if decoder is None:
            return None
        shape = WINLOGBEAT if WINLOGBEAT in {agent, beat} else AGENT
        return _Read(decoder[0], shape, self.batches.rows(found, decoder[1]))


def _read(use: _Read, position: int, text: bytes) -> bool:
    decode, values = use.typed
    try:
        found = values(decode(text))
    except _FAILED:
        return False
    use.rows.add(position, use.shape, found, text)
    return True


def _decoder(names: frozenset[str]) -> tuple[Typed, tuple[str, ...]] | None:
    """What decodes the wanted values of one kind, and their names."""
    there = tuple(sorted(n for n in names - _OF_KIND if n.startswith("winlog.") or n in BROUGHT))
    made = typed({_path(name): _VALUE for name in there})
    return None if made is None else (made, there)


def _path(name: str) -> Path:
    return tuple(name.split("."))
