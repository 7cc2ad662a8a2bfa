"""Alerts as one JSON object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

import orjson

from comtrap.alerts.document import building_blocks, document

if TYPE_CHECKING:
    from types import TracebackType

    from comtrap.alerts.alert import Alert


class Sink:
    """NDJSON, in the shape of `alerts.document`."""

    def __init__(self, out: TextIO, *, blocks: bool = False) -> None:
        """Args: out: where to write; stays open. blocks: whether the events of a sequence get lines too, before it."""
        self._out = out
        self._blocks = blocks

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """One line, or with `blocks` one more for each event of a sequence."""
        for line in (*(building_blocks(alert) if self._blocks else ()), document(alert)):
            self._out.write(orjson.dumps(line, default=str).decode() + "\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()
