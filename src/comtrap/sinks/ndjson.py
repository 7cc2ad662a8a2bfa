"""Alerts as one JSON object a line."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Self, TextIO

from comtrap.alerts.document import lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from comtrap.alerts.alert import Alert


class Sink:
    """NDJSON, in the shape of `alerts.document`."""

    def __init__(self, out: TextIO, *, blocks: bool = False) -> None:
        """Args: out: where to write; stays open. blocks: whether the events of a sequence get lines too, before it."""
        self._out = out
        self._put = _writer(out)
        self._blocks = blocks

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """One line, or with `blocks` one more for each event of a sequence."""
        for _, text in lines(alert, blocks=self._blocks):
            self._put(text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()


def _writer(out: TextIO) -> Callable[[bytes], object]:
    """Writes UTF-8 to a text file; as it is, where the file is UTF-8 and nobody waits for each line of it."""
    if isinstance(out, io.TextIOWrapper) and out.encoding.lower() == "utf-8" and not out.line_buffering:
        out.flush()
        put: Callable[[bytes], object] = out.buffer.write
        return put
    return lambda text: out.write(text.decode())
