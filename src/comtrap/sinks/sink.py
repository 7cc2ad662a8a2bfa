"""What an output is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from collections import Counter
    from types import TracebackType

    from comtrap.alerts.alert import Alert


class Sink(Protocol):
    """Somewhere alerts go; opened once a run, closed whatever happens.

    A module in `comtrap.sinks` is an output if it has a class named ``Sink`` that is one, made from an open text file.
    """

    def __enter__(self) -> Self: ...

    def write(self, alert: Alert) -> None:
        """Take one alert; they come sorted by time of the last event, rule id, alert id."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class Answered(Protocol):
    """An output that says of each document whether it takes it.

    Attributes:
        added: how many documents are new.
        known: how many were there.
        refused: documents that it does not take, by reason.
    """

    added: int
    known: int
    refused: Counter[str]
