"""One rule's table to a Rule, with everything that is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from comtrap.com.actor import Actor
from comtrap.errors import Diagnostic, Label, ParseError, RuleError, Span
from comtrap.rules.attack import technique
from comtrap.rules.guides import Guide, read_guide
from comtrap.rules.kibana import as_kibana
from comtrap.rules.rule import SOURCES, Rule, Severity, Technique, parsed
from comtrap.rules.suppression import as_suppression
from comtrap.rules.table import Reader, as_line, as_slug, as_text, as_texts, as_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_REQUIRED = ("id", "name", "description", "behaviour", "severity", "index", "sources", "techniques", "query")
_OPTIONAL = (
    "risk_score", "references", "false_positives", "tags", "note", "setup", "interval", "lookback", "max_signals", "version",
    "author", "highlighted", "risk_reason", "actors", "guide", "response",
    "suppression", "kibana",
)  # fmt: skip
_INTERVAL = re.compile(r"[1-9]\d*[smhd]")
_LOOKBACK = re.compile(r"now-([1-9]\d*)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read(table: Mapping[str, Any], text: str, path: Path) -> Rule:
    """The rule that a file's table describes.

    Args:
        table: the file as TOML.
        text: the file as text, for the places of mistakes.
        path: the file.

    Raises:
        RuleError: with all that is wrong.
    """
    reader = _Reader(table, text, _REQUIRED, _OPTIONAL)
    reader.check_keys()
    severity = reader.value("severity", _severity, Severity.LOW)
    guide = reader.guide(path)
    rule = Rule(
        id=reader.value("id", as_uuid, UUID(int=0)),
        name=reader.value("name", as_line, ""),
        description=reader.value("description", as_text, ""),
        severity=severity,
        risk_score=reader.value("risk_score", _between(0, 100), int(severity)),
        index=reader.value("index", as_texts, ()),
        text=reader.query(),
        behaviour=reader.value("behaviour", as_slug, ""),
        sources=reader.value("sources", _sources, ()),
        path=path,
        techniques=reader.techniques(),
        references=reader.value("references", as_texts, ()),
        false_positives=reader.value("false_positives", as_texts, ()),
        tags=reader.value("tags", as_texts, ()),
        risk_reason=reader.value("risk_reason", as_text, ""),
        actors=reader.value("actors", _actors, ()),
        note=_joined(reader.value("note", as_text, ""), guide.investigation),
        response=_joined(reader.value("response", as_text, ""), guide.response),
        setup=reader.value("setup", as_text, ""),
        interval=reader.value("interval", _interval, "5m"),
        lookback=reader.value("lookback", _lookback, "now-9m"),
        max_signals=reader.value("max_signals", _between(1, 10_000), 100),
        version=reader.value("version", _between(1, 1 << 31), 1),
        author=reader.value("author", as_texts, ("comtrap",)),
        highlighted=reader.value("highlighted", as_texts, ()),
        suppression=reader.value("suppression", as_suppression, None),
        kibana=reader.value("kibana", as_kibana, {}),
    )
    reader.check_lookback(rule)
    if reader.wrong:
        raise RuleError(tuple(reader.wrong), str(path), text)
    return rule


@dataclass(slots=True)
class _Reader(Reader):
    def techniques(self) -> tuple[Technique, ...]:
        found = []
        nothing: tuple[str, ...] = ()
        for written in self.value("techniques", as_texts, nothing):
            known = technique(written)
            if known is None:
                self.say(
                    "E306",
                    f"no ATT&CK technique `{written}`",
                    "techniques",
                    'written as "T1559.001" or "T1546.015/TA0004"',
                )
            else:
                found.append(known)
        return tuple(found)

    def query(self) -> str:
        written = self.value("query", as_text, "")
        try:
            parsed(written)
        except ParseError as error:
            if written:
                self.wrong += placed(error.diagnostics, self.text, written)
        return written

    def guide(self, path: Path) -> Guide:
        name = self.value("guide", as_slug, "")
        if name:
            try:
                return read_guide(path, name)
            except ValueError as error:
                self.say("E307", f"no guide `{name}`: {error}", "guide")
        return Guide("", "")

    def check_lookback(self, rule: Rule) -> None:
        interval, lookback = duration(rule.interval), duration(rule.lookback.removeprefix("now-"))
        if lookback < interval:
            self.say(
                "E304", "`lookback` is shorter than `interval`: events between two runs would not be seen", "lookback"
            )


def placed(diagnostics: tuple[Diagnostic, ...], text: str, query: str) -> list[Diagnostic]:
    """Diagnostics of a query, their spans moved to where the query stands in the rule's file."""
    start = text.find(query)
    if start < 0:  # written with escapes: only the key can be pointed at
        at = max(0, text.find("query"))
        whole = Span(at, at + len("query"))
        return [
            Diagnostic(d.code, d.title, tuple(Label(whole, x.text) for x in d.labels), d.help, d.severity)
            for d in diagnostics
        ]
    return [
        Diagnostic(
            d.code, d.title, tuple(Label(Span(x.span.start + start, x.span.end + start), x.text) for x in d.labels), d.help,
            d.severity,
        )
        for d in diagnostics
    ]  # fmt: skip


def _joined(*texts: str) -> str:
    return "\n\n".join(text.strip() for text in texts if text)


def _actors(value: Any) -> tuple[Actor, ...]:
    if not isinstance(value, list):
        raise TypeError("expected a list of tables")
    found = []
    for item in value:
        if not isinstance(item, dict) or set(item) != {"name", "use", "reference"}:
            raise ValueError("expected tables of `name`, `use` and `reference`")
        actor = Actor(**{key: as_line(text) for key, text in item.items()})
        if not actor.reference.startswith("https://"):
            raise ValueError(f"the reference of {actor.name} is no address that begins with https://")
        found.append(actor)
    return tuple(found)


def _severity(value: Any) -> Severity:
    words = [s.word for s in Severity]
    if value not in words:
        raise ValueError(f"expected one of {', '.join(words)}")
    return Severity[str(value).upper()]


def _sources(value: Any) -> tuple[str, ...]:
    for item in as_texts(value):
        if item not in SOURCES:
            raise ValueError(f"no event source {item!r}; there are {', '.join(SOURCES)}")
    return as_texts(value)


def _between(low: int, high: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"expected a number from {low} to {high}")
        return value

    return convert


def _interval(value: Any) -> str:
    if not _INTERVAL.fullmatch(as_line(value)):
        raise ValueError("expected a duration such as 5m")
    return str(value)


def _lookback(value: Any) -> str:
    if not _LOOKBACK.fullmatch(as_line(value)):
        raise ValueError("expected a time such as now-9m")
    return str(value)


def duration(written: str) -> timedelta:
    """What ``5m`` stands for."""
    return timedelta(**{_UNITS[written[-1]]: min(int(written[:-1]), 10_000)})
