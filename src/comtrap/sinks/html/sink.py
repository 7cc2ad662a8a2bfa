"""The output: keeps the alerts, then writes the page."""

from __future__ import annotations

import gc
import operator
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TextIO

import orjson

from comtrap.sinks.html.report import Report
from comtrap.sinks.html.room import ALERTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from comtrap.alerts.alert import Alert, Evidence
    from comtrap.rules.rule import Severity
    from comtrap.sinks.summary import Summary

LONGEST = 8_192  # characters of one value that are kept in memory
SEVERAL = 64  # of a list
DEEPEST = 12  # objects within objects


class Sink:
    """One self-contained HTML file: the same bytes for the same alerts and summary.

    Of more alerts than a report shows, the worst are kept, of those the first.
    """

    def __init__(self, out: TextIO, *, most: int = ALERTS) -> None:
        """Args: out: where to write; stays open. most: alerts that are shown."""
        self._out = out
        self._most = most
        self._kept: dict[Severity, list[tuple[int, Alert]]] = defaultdict(list)
        self._total: dict[Severity, int] = defaultdict(int)
        self._summary: Summary | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """Kept until the end, as alerts are grouped."""
        severity = alert.rule.severity
        place = sum(self._total.values())
        self._total[severity] += 1
        if sum(map(len, self._kept.values())) >= self._most:
            least = min(s for s, kept in self._kept.items() if kept)
            if least >= severity:
                return
            self._kept[least].pop()
        self._kept[severity].append((place, _trimmed(alert)))

    def finish(self, summary: Summary) -> None:
        """What the run read, for the report's own parts."""
        self._summary = summary

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            alerts = [
                alert for _, alert in sorted((p for kept in self._kept.values() for p in kept), key=lambda p: p[0])
            ]
            with _without_circles():
                for text in Report(alerts, dict(self._total), self._summary).text():
                    self._out.write(text)


@contextmanager
def _without_circles() -> Iterator[None]:
    """Nothing that a report is made of refers to itself; to look for what does would take a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _trimmed(alert: Alert) -> Alert:
    """The alert with no more of its events than a report can show, as many are held at once."""
    evidence = tuple([_cut(e) for e in alert.evidence])
    is_same = all(map(operator.is_, evidence, alert.evidence))
    return alert if is_same else replace(alert, evidence=evidence)


def _cut(evidence: Evidence) -> Evidence:
    if "_source" not in evidence.event and _is_small(evidence.event):
        return evidence
    event: Mapping[str, Any] = {name: _short(v, 1) for name, v in evidence.event.items() if name != "_source"}
    return replace(evidence, event=event)


def _is_small(event: Mapping[str, Any]) -> bool:
    """Whether nothing in it can be too long, as all of it is short; told at the speed of writing it as JSON."""
    try:
        written = orjson.dumps(event)
    except (TypeError, ValueError):  # halves of surrogate pairs, what is nested very deep
        return False
    return len(written) <= LONGEST and written.count(b"[") + written.count(b"{") <= SEVERAL


def _short(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value):,} characters)"
    if isinstance(value, dict):
        return {name[:LONGEST]: _short(v, depth + 1) for name, v in value.items()} if depth < DEEPEST else {}
    if isinstance(value, list):
        return [_short(v, depth + 1) for v in value[:SEVERAL]] if depth < DEEPEST else []
    return value
