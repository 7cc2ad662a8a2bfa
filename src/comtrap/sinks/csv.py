"""Alerts as comma-separated values, a row an alert, for spreadsheets and whatever else reads tables.

Source: RFC 4180 for quotes; OWASP, "CSV Injection", for what a spreadsheet would take for a formula.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Self, TextIO

from comtrap.sinks.row import COLUMNS, row

if TYPE_CHECKING:
    from types import TracebackType

    from comtrap.alerts.alert import Alert
    from comtrap.sinks.row import Cell

_FORMULA = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")  # the last four are the full-width forms of the first


class Sink:
    """A line of column names, then one an alert; see `row.COLUMNS`. Line ends are line feeds.

    A cell of text that a spreadsheet would take for a formula has an apostrophe before it.
    """

    def __init__(self, out: TextIO) -> None:
        """Args: out: where to write; stays open."""
        self._out = out
        self._rows = csv.writer(out, lineterminator="\n")

    def __enter__(self) -> Self:
        self._rows.writerow(COLUMNS)
        return self

    def write(self, alert: Alert) -> None:
        """One row."""
        self._rows.writerow([_safe(value) for value in row(alert).values()])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()


def _safe(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.lstrip()[:1] in _FORMULA else value
