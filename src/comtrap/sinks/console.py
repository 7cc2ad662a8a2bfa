"""Alerts for people at a terminal: grouped by host and rule, with the evidence that matters."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self, TextIO

from rich.console import Console
from rich.text import Text

from comtrap.alerts.build import at
from comtrap.alerts.document import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from comtrap.alerts.alert import Alert, Evidence

COLOURS = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "cyan"}
LONGEST = 300  # characters of a field that are shown
SHOWN = 5  # alerts of one rule on one host that are shown in full; the rest is counted
# What is shown of an event, in this order: a word for it, and where it stands.
FIELDS = (
    ("user", ("user", "name")),
    ("process", ("process", "executable")),
    ("command", ("process", "command_line")),
    ("decoded", ("comtrap", "process", "decoded_command")),
    ("parent", ("process", "parent", "executable")),
    ("by", ("process", "parent", "command_line")),
    ("registry", ("registry", "path")),
    ("data", ("registry", "data", "strings")),
    ("library", ("dll", "path")),
    ("file", ("file", "path")),
    ("task", ("winlog", "event_data", "TaskName")),
    ("to", ("destination", "ip")),
    ("script", ("powershell", "file", "script_block_text")),
    ("class", ("comtrap", "com", "clsid")),
)


class Sink:
    """Text for a terminal or a pager; no colour where the output is none or ``NO_COLOR`` is set.

    Everything from logs is shown without control characters, so that a log cannot move the cursor, set a title or turn
    text round.
    """

    def __init__(self, out: TextIO, width: int | None = None) -> None:
        """Args: out: where to write; stays open. width: columns, None for the terminal's."""
        self._console = Console(file=out, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)
        self._alerts: list[Alert] = []

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """Kept until the end: alerts are grouped."""
        self._alerts.append(alert)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in _report(self._alerts):
            self._console.print(line)


def plain(value: Any) -> str:
    """A value from a log as harmless text: control and format characters become visible escapes, long text is cut."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{{{ord(c):x}}}" for c in " ".join(cut.split()))


def _report(alerts: list[Alert]) -> Iterator[Text]:
    groups: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in alerts:
        groups[alert.evidence[-1].host or "unknown host", str(alert.rule.id)].append(alert)
    host = None
    for (name, _), found in sorted(groups.items(), key=lambda g: (g[0][0], -g[1][0].rule.severity, g[1][0].time_ns)):
        if name != host:
            yield Text(f"{'' if host is None else chr(10)}{plain(name)}", "bold underline")
            host = name
        yield from _group(found)


def _group(alerts: list[Alert]) -> Iterator[Text]:
    rule = alerts[0].rule
    word = rule.severity.word
    head = Text.assemble("\n", (f" {word.upper()} ", COLOURS[word]), " ", (rule.name, "bold"))
    techniques = " ".join(dict.fromkeys(t.id for t in rule.techniques))
    head.append(f"  {techniques}", "dim")
    if len(alerts) > 1:
        head.append(f"  ×{len(alerts)}", "bold")
    yield head
    for alert in alerts[:SHOWN]:
        yield from _alert(alert)
    if len(alerts) > SHOWN:
        yield Text(f"  … and {len(alerts) - SHOWN} more of this rule on this host", "dim")


def _alert(alert: Alert) -> Iterator[Text]:
    for clause in alert.why.clauses[:1]:
        values = "; ".join(f"{name} = {plain(value)}" for name, value in clause.values.items())
        yield Text.assemble(("  why      ", "green"), values or clause.text)
    for evidence in alert.evidence:
        if evidence.part is None:
            yield from _event(evidence)
    for known in alert.why.objects:
        yield Text.assemble(
            ("  object   ", "green"), plain(known.get("name", "")), ("  " + plain(known.get("why", "")), "dim")
        )


def _event(evidence: Evidence) -> Iterator[Text]:
    where = evidence.path if evidence.member is None else f"{evidence.path}!{evidence.member}"
    record = f" record {plain(evidence.record_id)}" if evidence.record_id is not None else ""
    yield Text(f"  {moment(evidence.time_ns)}  {plain(where)} #{evidence.position}{record}", "dim")
    seen: set[str] = set()
    for word, path in FIELDS:
        value = at(evidence.event, *path)
        if value in (None, "", []) or (shown := plain(value)) in seen:
            continue
        seen.add(shown)
        line = Text.assemble((f"    {word:<9}", "blue"), shown)
        yield line
