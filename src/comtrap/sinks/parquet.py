"""Alerts as Parquet, a row an alert, for lakes and whatever reads them.

The columns are those of `row.COLUMNS`, and ``document``: the alert as `ndjson` has it. Time is a timestamp, numbers are
numbers, all else is text.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Self, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from comtrap.alerts.document import lines
from comtrap.errors import PluginError
from comtrap.sinks.row import COLUMNS, row

if TYPE_CHECKING:
    from types import TracebackType

    from comtrap.alerts.alert import Alert

ROWS = 2_000
"""Alerts of a row group, at most."""

_NUMBERS = frozenset({"risk_score", "position", "events", "count"})
_TYPES = dict.fromkeys(_NUMBERS, pa.int64()) | {"time": pa.timestamp("ns", "UTC")}
SCHEMA = pa.schema([*((name, _TYPES.get(name, pa.string())) for name in COLUMNS), ("document", pa.string())])


class Sink:
    """A table of alerts, written some at a time."""

    def __init__(self, out: TextIO) -> None:
        """Args: out: where to write; stays open.

        Raises:
            PluginError: it takes text only, as a terminal does.
        """
        if not isinstance(out, io.TextIOWrapper) or out.isatty():
            raise PluginError("parquet is no text: write it to a file, with --output FILE")
        out.flush()
        self._out: BinaryIO = out.buffer
        self._rows: list[dict[str, object]] = []

    def __enter__(self) -> Self:
        self._writer = pq.ParquetWriter(self._out, SCHEMA, compression="zstd")
        return self

    def write(self, alert: Alert) -> None:
        """One row."""
        ((_, text),) = lines(alert)
        last = [e for e in alert.evidence if e.part is None][-1]
        self._rows.append({**row(alert), "time": last.time_ns, "document": text.decode().rstrip("\n")})
        if len(self._rows) >= ROWS:
            self._put()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._put()
        self._writer.close()
        self._out.flush()

    def _put(self) -> None:
        if self._rows:
            columns = [_column([each[f.name] for each in self._rows], f.type) for f in SCHEMA]
            self._writer.write_table(pa.Table.from_arrays(columns, schema=SCHEMA))
            self._rows = []


def _column(values: list[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in values], kind)
    return pa.array(values, pa.int64()).cast(kind)
