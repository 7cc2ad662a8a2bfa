"""One rule's table to a Rule, with everything that is wrong with it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from comtrap.errors import Diagnostic, Label, ParseError, RuleError, Span
from comtrap.lang.parse import parse
from comtrap.rules.attack import technique
from comtrap.rules.guides import Guide, read_guide
from comtrap.rules.rule import SOURCES, Actor, Rule, Severity, Technique

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from comtrap.lang import ast

T = TypeVar("T")

_REQUIRED = ("id", "name", "description", "behaviour", "severity", "index", "sources", "techniques", "query")
_OPTIONAL = (
    "risk_score", "references", "false_positives", "tags", "note", "setup", "interval", "lookback", "max_signals", "version",
    "author", "highlighted", "risk_reason", "actors", "guide", "response",
)  # fmt: skip
_SLUG = re.compile(r"[a-z][a-z0-9_]*")
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
    reader = _Reader(table, text)
    reader.check_keys()
    severity = reader.value("severity", _severity, Severity.LOW)
    query, guide = reader.query(), reader.guide(path)
    rule = Rule(
        id=reader.value("id", _uuid, UUID(int=0)),
        name=reader.value("name", _line, ""),
        description=reader.value("description", _text, ""),
        severity=severity,
        risk_score=reader.value("risk_score", _between(0, 100), int(severity)),
        index=reader.value("index", _texts, ()),
        query=query,
        text=reader.value("query", _text, ""),
        behaviour=reader.value("behaviour", _slug, ""),
        sources=reader.value("sources", _sources, ()),
        path=path,
        techniques=reader.techniques(),
        references=reader.value("references", _texts, ()),
        false_positives=reader.value("false_positives", _texts, ()),
        tags=reader.value("tags", _texts, ()),
        risk_reason=reader.value("risk_reason", _text, ""),
        actors=reader.value("actors", _actors, ()),
        note=_joined(reader.value("note", _text, ""), guide.investigation),
        response=_joined(reader.value("response", _text, ""), guide.response),
        setup=reader.value("setup", _text, ""),
        interval=reader.value("interval", _interval, "5m"),
        lookback=reader.value("lookback", _lookback, "now-9m"),
        max_signals=reader.value("max_signals", _between(1, 10_000), 100),
        version=reader.value("version", _between(1, 1 << 31), 1),
        author=reader.value("author", _texts, ("comtrap",)),
        highlighted=reader.value("highlighted", _texts, ()),
    )
    reader.check_lookback(rule)
    if reader.wrong:
        raise RuleError(tuple(reader.wrong), str(path), text)
    return rule


@dataclass(slots=True)
class _Reader:
    table: Mapping[str, Any]
    text: str
    wrong: list[Diagnostic] = field(default_factory=list)

    def check_keys(self) -> None:
        known = (*_REQUIRED, *_OPTIONAL)
        for key in self.table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                self.say(
                    "E304",
                    f"unknown key `{key}`",
                    key,
                    f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}",
                )
        for key in _REQUIRED:
            if key not in self.table:
                self.wrong.append(
                    Diagnostic("E303", f"no `{key}`", (Label(Span(0, 0)),), f"a rule needs {', '.join(_REQUIRED)}")
                )

    def value(self, key: str, convert: Callable[[Any], T], default: T) -> T:
        if key not in self.table:
            return default
        try:
            return convert(self.table[key])
        except (TypeError, ValueError) as error:
            self.say("E304", f"`{key}` is wrong: {error}", key)
            return default

    def techniques(self) -> tuple[Technique, ...]:
        found = []
        nothing: tuple[str, ...] = ()
        for written in self.value("techniques", _texts, nothing):
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

    def query(self) -> ast.Query:
        written = self.value("query", _text, "")
        try:
            return parse(written)
        except ParseError as error:
            if written:
                self.wrong += placed(error.diagnostics, self.text, written)
            return parse("any where false")

    def guide(self, path: Path) -> Guide:
        name = self.value("guide", _slug, "")
        if name:
            try:
                return read_guide(path, name)
            except ValueError as error:
                self.say("E307", f"no guide `{name}`: {error}", "guide")
        return Guide("", "")

    def check_lookback(self, rule: Rule) -> None:
        interval, lookback = _duration(rule.interval), _duration(rule.lookback.removeprefix("now-"))
        if lookback < interval:
            self.say(
                "E304", "`lookback` is shorter than `interval`: events between two runs would not be seen", "lookback"
            )

    def say(self, code: str, title: str, key: str, remedy: str | None = None) -> None:
        found = re.search(rf"^[ \t]*\"?({re.escape(key)})\"?[ \t]*=.*$", self.text, re.MULTILINE)
        at = Span(found.start(1), found.end()) if found else Span(0, 0)
        self.wrong.append(Diagnostic(code, title, (Label(at),), remedy))


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


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("expected text")
    return value.strip("\n")


def _line(value: Any) -> str:
    if "\n" in _text(value):
        raise ValueError("expected one line")
    return _text(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise TypeError("expected a list of texts")
    return tuple(_text(item) for item in value)


def _joined(*texts: str) -> str:
    return "\n\n".join(text.strip() for text in texts if text)


def _actors(value: Any) -> tuple[Actor, ...]:
    if not isinstance(value, list):
        raise TypeError("expected a list of tables")
    found = []
    for item in value:
        if not isinstance(item, dict) or set(item) != {"name", "use", "reference"}:
            raise ValueError("expected tables of `name`, `use` and `reference`")
        actor = Actor(**{key: _line(text) for key, text in item.items()})
        if not actor.reference.startswith("https://"):
            raise ValueError(f"the reference of {actor.name} is no address that begins with https://")
        found.append(actor)
    return tuple(found)


def _slug(value: Any) -> str:
    if not _SLUG.fullmatch(_line(value)):
        raise ValueError("expected lower-case words joined by underscores")
    return str(value)


def _uuid(value: Any) -> UUID:
    return UUID(_line(value))


def _severity(value: Any) -> Severity:
    words = [s.word for s in Severity]
    if value not in words:
        raise ValueError(f"expected one of {', '.join(words)}")
    return Severity[str(value).upper()]


def _sources(value: Any) -> tuple[str, ...]:
    for item in _texts(value):
        if item not in SOURCES:
            raise ValueError(f"no event source {item!r}; there are {', '.join(SOURCES)}")
    return _texts(value)


def _between(low: int, high: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"expected a number from {low} to {high}")
        return value

    return convert


def _interval(value: Any) -> str:
    if not _INTERVAL.fullmatch(_line(value)):
        raise ValueError("expected a duration such as 5m")
    return str(value)


def _lookback(value: Any) -> str:
    if not _LOOKBACK.fullmatch(_line(value)):
        raise ValueError("expected a time such as now-9m")
    return str(value)


def _duration(written: str) -> timedelta:
    return timedelta(**{_UNITS[written[-1]]: min(int(written[:-1]), 10_000)})
