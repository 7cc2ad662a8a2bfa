"""Alerts as a timeline for Timesketch: JSON lines, one for each event of an alert.

Source: Timesketch, "Create timeline from JSON/JSONL/CSV file": ``message``, ``datetime``, ``timestamp_desc`` are required;
files end in ``.jsonl``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

import orjson

from comtrap.sinks.row import TELLING, rows

if TYPE_CHECKING:
    from types import TracebackType

    from comtrap.alerts.alert import Alert


class Sink:
    """A line an event, with the columns of `row` that have a value; ``tag`` has severity and techniques."""

    def __init__(self, out: TextIO) -> None:
        """Args: out: where to write; stays open."""
        self._out = out

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """A line for each event, in stage order."""
        found = list(rows(alert))
        events = [e for e in alert.evidence if e.part is None]
        for number, (told, event) in enumerate(zip(found, events, strict=True), 1):
            place = f" ({number} of {len(found)})" if len(found) > 1 else ""
            what = next((v for name in TELLING if (v := told[name])), None)
            message = f"[{told['severity']}] {told['rule']}{place}" + (f": {what}" if what else "")
            line = {
                "message": message,
                "datetime": f"{str(told['time'])[:-1]}+00:00",
                "timestamp": event.time_ns // 1_000,
                "timestamp_desc": "Event logged",
                "data_type": "comtrap:alert",
                "tag": [str(told["severity"]), *str(told["techniques"]).split()],
                **{name: value for name, value in told.items() if value is not None and name != "time"},
            }
            self._out.write(orjson.dumps(line).decode() + "\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()
