"""Alerts for people at a terminal: by host, then by what belongs together, with the evidence that matters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Self, TextIO, TypeAlias

from rich.console import Console
from rich.rule import Rule as Line
from rich.text import Text

from comtrap.alerts.excerpt import excerpt
from comtrap.execute.text import moment
from comtrap.normalise import document as documents
from comtrap.sinks.fields import FIELDS
from comtrap.sinks.plain import plain
from comtrap.sinks.story import by_host, stories

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from comtrap.alerts.alert import Alert, Clause, Evidence
    from comtrap.rules.rule import Rule

COLOURS = {"critical": "bold white on red", "high": "bold red", "medium": "bold yellow", "low": "bold cyan"}
SHOWN = 500  # alerts kept to be shown; the rest is counted
OBJECTS = 3  # known COM objects of an alert that are shown
LONGEST = 260  # characters of a value
_INDENT = 2
_LABEL = 10


@dataclass(frozen=True, slots=True)
class _Row:
    """A word and what it is about; further lines stand below the first, unless it is to be one line.

    Attributes:
        label: the word, or a margin that is ready to be shown.
    """

    label: str | Text
    text: Text
    one_line: bool = False


_Block: TypeAlias = Text | Line | _Row


class _Console(Console):
    """A console whose reader may go away, which its caller then hears of."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


class Sink:
    """Text for a terminal, a pager or a file; no colour where the output is none or ``NO_COLOR`` is set.

    What comes from logs is shown by `plain`.
    """

    def __init__(self, out: TextIO, *, width: int | None = None) -> None:
        """Args: out: where to write; stays open. width: columns; None for the terminal's, 80 where there is none."""
        self._console = _Console(file=out, width=width, highlight=False, markup=False, emoji=False)
        self._alerts: list[Alert] = []
        self._counts: Counter[str] = Counter()
        self._rules: dict[str, Rule] = {}
        self._hosts: set[str | None] = set()

    def __enter__(self) -> Self:
        return self

    def write(self, alert: Alert) -> None:
        """Kept until the end, as alerts are grouped."""
        rule = str(alert.rule.id)
        self._rules[rule] = alert.rule
        self._counts[rule] += 1
        self._hosts.add(alert.evidence[-1].host)
        if len(self._alerts) < SHOWN:
            self._alerts.append(alert)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        for number, (host, alerts) in enumerate(by_host(self._alerts).items()):
            if number:
                self._print(Text())
            self._print(Line(Text(plain(host or "unknown host"), "bold"), align="left", style="dim"))
            for story in stories(alerts):
                for block in _story(story):
                    self._print(block)
        for block in self._summary():
            self._print(block)

    def _print(self, block: _Block) -> None:
        if not isinstance(block, _Row):
            self._console.print(block)
            return
        label = block.label
        margin = label if isinstance(label, Text) else Text(" " * _INDENT + label.ljust(_LABEL), "blue")
        width = max(20, self._console.width - margin.cell_len)
        text = block.text
        if block.one_line:
            text.truncate(width, overflow="ellipsis")
        for number, line in enumerate(text.wrap(self._console, width, overflow="fold")):
            line.rstrip()
            self._console.print((margin if number == 0 else Text(" " * margin.cell_len)) + line)

    def _summary(self) -> Iterator[_Block]:
        total = self._counts.total()
        if not total:
            yield Text("No alerts.")
            return
        severities: Counter[Any] = Counter()
        for name, count in self._counts.items():
            severities[self._rules[name].severity] += count
        said = ", ".join(f"{count:,} {severity.word}" for severity, count in sorted(severities.items(), reverse=True))
        hosts = len(self._hosts)
        yield Text()
        yield Line(style="dim")
        if total > len(self._alerts):
            yield Text(f"{total - len(self._alerts):,} more alerts are not shown; --format ndjson has all of them.")
        yield Text(f"{total:,} alert{'s' * (total != 1)} on {hosts:,} host{'s' * (hosts != 1)}: {said}", "bold")
        order = sorted(self._rules.items(), key=lambda r: (-r[1].severity, -self._counts[r[0]], r[1].name))
        for name, rule in order:
            word = rule.severity.word
            margin = Text.assemble(f"{self._counts[name]:>7,}  ", (f"{word:<8}", COLOURS[word]), "  ")
            yield _Row(margin, Text(plain(rule.name)))


def _story(alerts: Sequence[Alert]) -> Iterator[_Block]:
    """The alerts of a story in order. Those of the same events stand together; one like another is only counted."""
    together: dict[tuple[str, ...], list[Alert]] = {}
    for alert in alerts:
        together.setdefault(tuple(e.id for e in alert.evidence), []).append(alert)
    alike: dict[tuple[object, ...], list[list[Alert]]] = {}
    for group in together.values():
        # Two sources that write down one thing tell its parent and its user each in their way.
        shown = tuple(v for e in group[0].evidence for word, v in _shown(e, ()) if word not in {"user", "parent", "by"})
        alike.setdefault((tuple(str(a.rule.id) for a in group), shown), []).append(group)
    if len(alike) > 1:
        times = [e.time_ns for a in alerts for e in a.evidence]
        began, ended = (_seconds(time_ns).partition(".")[0] for time_ns in (min(times), max(times)))
        ended = ended.removeprefix(began[:11])
        yield Text(f"\n{len(alerts):,} alerts that belong together, {began} to {ended}", "dim italic")
    told: set[str] = set()
    for groups in alike.values():
        yield from _entry(groups, told)


def _entry(groups: Sequence[Sequence[Alert]], told: set[str]) -> Iterator[_Block]:
    first = groups[0]
    yield Text()
    for alert in sorted(first, key=lambda a: (-a.rule.severity, a.rule.name)):
        word = alert.rule.severity.word
        yield Text.assemble((f" {word.upper()} ", COLOURS[word]), " ", (plain(alert.rule.name), "bold"))
    alert = first[0]
    techniques = dict.fromkeys(t.id for a in first for t in a.rule.techniques)
    if techniques:
        yield _Row("attack", Text(" ".join(techniques), "dim"))
    for evidence in alert.evidence:
        if evidence.part is None:
            yield from _event(evidence, first, staged=len({e.stage for e in alert.evidence}) > 1)
    abused = [o for o in alert.why.objects if o.get("use") not in {"ordinary", "context"}]
    for known in (abused or alert.why.objects)[:OBJECTS]:
        # What is known of it is said once a story.
        about = "" if known["name"] in told else f"  {plain(known['about'])}"
        told.add(known["name"])
        yield _Row("object", Text.assemble((plain(known["name"]), "bold"), about))
    if alert.count > 1:
        yield _Row("copies", Text(f"the input has this {alert.count:,} times", "dim"))
    if len(groups) > 1:
        last = groups[-1][0].time_ns
        yield _Row("again", Text(f"{len(groups) - 1:,} more like this, the last at {_seconds(last)} UTC", "bold"))


def _event(evidence: Evidence, alerts: Sequence[Alert], *, staged: bool) -> Iterator[_Block]:
    clauses = [c for a in alerts for c in a.why.clauses if c.stage == evidence.stage]
    label = f"stage {evidence.stage + 1}" if staged else "time"
    yield _Row(label, Text(f"{_seconds(evidence.time_ns)} UTC", "bold"))
    telling = list(dict.fromkeys(c.held or c.text for c in clauses if _telling(c))) or [c.text for c in clauses]
    if telling:
        yield _Row("why", Text(plain(" and ".join(telling)), "green"), one_line=True)
    for word, value in _shown(evidence, clauses):
        yield _Row(word, Text(value))
    where = evidence.path if evidence.member is None else f"{evidence.path}!{evidence.member}"
    record = "" if evidence.record_id is None else f", record {evidence.record_id}"
    yield _Row("in", Text(plain(f"{where} {evidence.spot}{record}"), "dim"))


def _telling(clause: Clause) -> bool:
    """Whether a clause says more than which kind of event the rule is about, or what it was not."""
    return not clause.text.startswith("not ") and any(not name.startswith("event.") for name in clause.values)


def _shown(evidence: Evidence, clauses: Sequence[Clause]) -> Iterator[tuple[str, str]]:
    """A word and a value for each field that has one; of long values, the part a clause is about."""
    found = {name: value for clause in clauses for name, value in clause.values.items()}
    seen: set[str] = set()
    for label, names in FIELDS:
        if label == "user":
            parts = [_value(evidence, name, found) for name in names]
            value = "\\".join(part for part in parts if part)
        else:
            value = next((v for name in names if (v := _value(evidence, name, found))), "")
        if value and value not in seen:
            seen.add(value)
            yield label, value


def _value(evidence: Evidence, name: str, found: dict[str, Any]) -> str:
    value = documents.get(evidence.event, name)
    if value is None or isinstance(value, dict):
        return ""
    text = plain(value)
    return text if len(text) <= LONGEST else excerpt(plain(found.get(name, value)), longest=LONGEST)


def _seconds(time_ns: int) -> str:
    return moment(time_ns).replace("T", " ").removesuffix("Z")
