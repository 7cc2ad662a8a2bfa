"""Alerts as documents of an Elasticsearch index: each once, however often it is written.

A document's id is the alert's, and a document that is there is left as it is: what people made of it in the meantime (its
status, their notes) stays, and a second run of the same logs, or one after a run that was broken off, adds what is missing.

Source: the bulk API.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import msgspec
import orjson

from comtrap.alerts.document import lines
from comtrap.errors import DeployError, PluginError
from comtrap.remote.address import address
from comtrap.remote.answers import member
from comtrap.remote.cluster import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from comtrap.alerts.alert import Alert
    from comtrap.remote.access import Access
    from comtrap.remote.elasticsearch import Cluster

DOCUMENTS = 500
"""Documents that are sent at once, at most."""

BYTES = 4 << 20
"""What they may have, about."""

TRIES = 5
"""How often a document is sent that the index is too busy to take."""

_WAIT = 0.5  # seconds; doubled with each try
_KNOWN, _FORBIDDEN, _TOO_LARGE = 409, 403, 413
_BUSY = frozenset({429, 502, 503, 504})
_SHOWN = 300  # characters of a reason


class _Error(msgspec.Struct):
    type: str = ""
    reason: str | None = None


class _Item(msgspec.Struct):
    """What became of one document."""

    status: int
    error: _Error | None = None


class Index:
    """One index, alias or data stream, as an output.

    Attributes:
        added: how many documents are new.
        known: how many were there.
        refused: documents that the index does not take, by reason.
    """

    def __init__(self, to: Cluster, name: str, *, blocks: bool = False) -> None:
        """Nothing is sent yet.

        Args:
            to: the cluster.
            name: of the index.
            blocks: whether the events of a sequence get documents too.
        """
        self._to = to
        self._name = name
        self._blocks = blocks
        self._waiting: list[tuple[str, bytes]] = []
        self._waiting_bytes = 0
        self.added = self.known = 0
        self.refused: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """Send it, together with others.

        Raises:
            DeployError: the cluster refuses, or cannot be reached.
        """
        for name, written in lines(alert, blocks=self._blocks):
            text = written.rstrip(b"\n")
            if len(self._waiting) >= DOCUMENTS or self._waiting_bytes + len(text) > BYTES:
                self._flush()
            self._waiting.append((name, text))
            self._waiting_bytes += len(text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()

    def _flush(self) -> None:
        some, self._waiting, self._waiting_bytes = self._waiting, [], 0
        for attempt in range(TRIES):
            if not some:
                return
            if attempt:
                self._to.pause(_WAIT * 2**attempt)
            some = self._send(some)
        self.refused["the index is too busy"] += len(some)

    def _send(self, some: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Send documents; gives those that may be taken the next time."""
        try:
            items = self._items(some)
        except DeployError as error:
            if error.status != _TOO_LARGE:
                raise
            if len(some) > 1:
                half = len(some) // 2
                return [*self._send(some[:half]), *self._send(some[half:])]
            self.refused["too large"] += 1
            return []
        busy = []
        for one, item in zip(some, items, strict=True):
            if item.status in _BUSY:
                busy.append(one)
            elif item.status == _KNOWN:
                self.known += 1
            elif item.error is None and 200 <= item.status < 300:
                self.added += 1
            else:
                why = item.error or _Error()
                self.refused[f"{item.status} {why.type}: {why.reason or ''}"[:_SHOWN]] += 1
        return busy

    def _items(self, some: Sequence[tuple[str, bytes]]) -> list[_Item]:
        lines = [part for name, text in some for part in (orjson.dumps({"create": {"_id": name}}), text)]
        answer = self._to.ask(f"write to {self._name}", partial(_bulk, self._name, lines))
        items = [item for each in member(answer, "items", list[dict[str, _Item]]) for item in each.values()]
        if len(items) != len(some):
            raise DeployError(f"write to {self._name}: {len(some)} documents were sent, {len(items)} answered", 200, "")
        return items


@contextmanager
def opened(given: str, access: Access, *, blocks: bool = False) -> Iterator[Index]:
    """The index of an address, once the cluster has said that it knows who asks.

    Args:
        given: the address of one index.
        access: who asks.
        blocks: whether the events of a sequence get documents too.

    Raises:
        PluginError: it is no address of one index, or the client is not installed.
        DeployError: the cluster refuses, or cannot be reached.
    """
    place = address(given, plain=access.plain)
    if not place.is_one:
        raise PluginError(f"{place.index!r} is not one index of the cluster, so that nothing can be written to it")
    with cluster(place, access) as to:
        try:
            # A key that is wrong is better known before the logs are read than after.
            to.ask("ask who is there", lambda client: client.info())
        except DeployError as error:
            if error.status != _FORBIDDEN:  # a key for writing alone may not ask; but it is known
                raise
        yield Index(to, place.index, blocks=blocks)


def _bulk(name: str, lines: list[bytes], client: Any) -> Any:
    return client.bulk(index=name, operations=lines)
