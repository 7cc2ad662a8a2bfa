"""Alerts as one JSON object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

import orjson

from comtrap.alerts.document import document

if TYPE_CHECKING:
    from types import TracebackType

    from comtrap.alerts.alert import Alert


class Sink:
    """NDJSON, in the shape of `alerts.document`."""

    def __init__(self, out: TextIO) -> None:
        """Args: out: where to write; stays open."""
        self._out = out

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """One line."""
        self._out.write(orjson.dumps(document(alert), default=str).decode() + "\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()
