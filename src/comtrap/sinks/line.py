"""An alert a line, for people who watch alerts come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

from comtrap.sinks.row import TELLING, row

if TYPE_CHECKING:
    from types import TracebackType

    from comtrap.alerts.alert import Alert

LONGEST = 200  # characters of what happened


class Sink:
    """Time, severity, host, rule, and what says most of the event; text from logs made harmless by `row`."""

    def __init__(self, out: TextIO) -> None:
        """Args: out: where to write; stays open."""
        self._out = out

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """One line."""
        told = row(alert)
        what = str(next((value for name in TELLING if (value := told[name])), ""))
        what = what if len(what) <= LONGEST else what[: LONGEST - 1] + "…"
        line = f"{told['time']}  {str(told['severity']).upper():<8}  {told['host'] or '-'}  {told['rule']}"
        self._out.write(f"{line}: {what}\n" if what else f"{line}\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()
