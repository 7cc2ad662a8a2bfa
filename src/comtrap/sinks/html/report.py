"""The report as text: its head, the alerts one at a time, its tail."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from comtrap.execute.text import moment
from comtrap.sinks.html import attack, coverage
from comtrap.sinks.html.data import Data
from comtrap.sinks.html.hunts import hunts_of
from comtrap.sinks.html.room import RESERVED, Room
from comtrap.sinks.html.rules import NAMES, known_objects, rule_views
from comtrap.sinks.html.stories import Around, Story, story_of, told
from comtrap.sinks.html.text import shown
from comtrap.sinks.html.view import clock, day, entry, groups, severities
from comtrap.sinks.plain import plain
from comtrap.sinks.story import by_host, stories

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.alerts.alert import Alert
    from comtrap.rules.rule import Severity
    from comtrap.sinks.html.view import Entry
    from comtrap.sinks.summary import Summary

FIRST = 6  # stories named at the top
HERE = 8  # stories that a guide points back to
FRAME = 400_000  # bytes reserved for all but the stories


class Report:
    """All that a report says."""

    def __init__(self, alerts: Sequence[Alert], total: Mapping[Severity, int], summary: Summary | None) -> None:
        """Args: alerts: those shown, in order. total: all of the run by severity. summary: what was read, if known."""
        self._alerts = alerts
        self._total = total
        self._summary = summary
        self._rules = rule_views(alerts)
        self._known = known_objects(alerts)
        self._hunts = hunts_of(alerts)
        self._around = Around(self._rules, self._hunts, {o.name: o.anchor for o in self._known})
        hosts = by_host(alerts)
        self._hosts = list(hosts)
        self._stories = _numbered([(n, s) for n, own in enumerate(hosts.values()) for s in stories(own)])
        self._ranked = sorted(self._stories, key=_rank)

    def text(self) -> Iterator[str]:
        """The page in pieces, in order."""
        entries = sum(len(told.alike) for told in self._stories)
        room = Room(used=FRAME + entries * RESERVED)
        data = Data([_host(host) for host in self._hosts], self._around, entries, room)
        written = self._written(room, data)
        template = _templates().get_template("report.html")
        page = self._page(data) | {"short": room.short, "data": Markup(data.json())}  # noqa: S704 - escaped for where it stands
        module: Any = template.make_module(page)
        yield str(module.head())
        yield from self._list(written)
        yield str(module.foot())

    def _written(self, room: Room, data: Data) -> list[_Written]:
        """The text of each story. Room is given to the worst first."""
        parts: Any = _templates().get_template("story.html").module
        out = [_Written("")] * len(self._stories)
        for own in self._ranked:
            story = told(own.story(self._around), own.alerts, room, self._around)
            whole = room.write
            entries = [entry(own.number + n, alike, room, whole=whole) for n, alike in enumerate(own.alike)]
            data.tell(own.place, own.host, own.number, len(entries))
            if whole:
                items = [str(parts.entry(made, self._around.objects)) for made in entries]
                text = "".join([str(parts.opened(story)), *items, str(parts.closed(story))])
                room.written += len(text.encode())
            else:
                text = _lean(story, entries)
                data.draw(own.place, story)
            room.used += len(text.encode()) - RESERVED * len(entries)
            for made in entries:
                data.add(made, made.alerts[0])
            out[own.place] = _Written(text, whole=whole)
        return out

    def _list(self, written: Sequence[_Written]) -> Iterator[str]:
        """By host its stories. Those that the script makes stand there for readers without scripts only."""
        parts: Any = _templates().get_template("story.html").module
        for number, own in groupby(self._stories, key=lambda one: one.host):
            mine = list(own)
            every = [alert for one in mine for alert in one.alerts]
            yield str(parts.host(_host(self._hosts[number]), number, len(every), severities(every)))
            for whole, run in groupby((written[one.place] for one in mine), key=lambda one: one.whole):
                text = "".join([one.text for one in run])
                yield text if whole else f"<noscript>{text}</noscript>\n"
            yield "</section>\n"

    def _page(self, data: Data) -> dict[str, Any]:
        total, summary = sum(self._total.values()), self._summary
        script = Markup(_asset("report.js"))  # noqa: S704 - ours
        css = Markup(_asset("report.css"))  # noqa: S704 - ours
        counts = sorted(self._total.items(), reverse=True)
        return {
            "policy": _policy(script, css),
            "script": script,
            "css": css,
            "version": version("comtrap"),
            "title": self._title(total),
            "lede": self._lede(),
            "parts": self._parts(),
            "total": total,
            "left_out": total - len(self._alerts),
            "counts": counts,
            "bars": _bars(counts),
            "summary": summary,
            "source_names": ", ".join(map(plain, summary.sources)) if summary is not None else "",
            "hosts": data.hosts,
            "rules": self._rules,
            "techniques": data.techniques,
            "first": self._first(),
            "here": self._here(),
            "tactics": attack.tactics(self._alerts, summary, data.techniques),
            "known": self._known,
            "hunts": self._hunts,
            "sources": coverage.sources(summary),
            "blind": coverage.blind(summary),
            "troubles": coverage.troubles(summary),
            "inputs": ", ".join(plain(p)[:200] for p in summary.paths[:20]) if summary is not None else "",
            "data": "",
            "short": False,
        }

    def _first(self) -> list[tuple[Story, str]]:
        """The stories to start with, each with its host."""
        return [
            (told(own.story(self._around), own.alerts, Room(), self._around), _host(self._hosts[own.host]))
            for own in self._ranked[:FIRST]
        ]

    def _here(self) -> dict[str, list[tuple[str, str, int]]]:
        """By rule, where its first stories stand, on which host, when they began."""
        out: dict[str, list[tuple[str, str, int]]] = {rule.id: [] for rule in self._rules}
        for own in self._stories:
            began = min(e.time_ns for a in own.alerts for e in a.evidence)
            for name in {str(a.rule.id) for a in own.alerts}:
                if len(out[name]) < HERE:
                    out[name].append((f"s{own.place + 1}", _host(self._hosts[own.host]), began))
        return out

    def _title(self, total: int) -> str:
        hosts = len(self._hosts)
        return f"{_counted_word(total, 'alert')} on {_counted_word(hosts, 'host')}" if total else "No alerts"

    def _lede(self) -> str:
        if not self._alerts:
            return "What was read, and what could not be seen, is below."
        times = [e.time_ns for a in self._alerts for e in a.evidence]
        began, ended = min(times), max(times)
        until = f"{clock(ended)[:8]}" if day(began) == day(ended) else f"{day(ended)} {clock(ended)[:8]}"
        number = _counted_word(len(self._stories), "story", "stories")
        return f"{day(began)} {clock(began)[:8]} to {until} UTC, in {number}."

    def _parts(self) -> list[tuple[str, str]]:
        wanted = [
            ("alerts", "Alerts", True),
            ("attack", "ATT&CK", bool(self._alerts) or bool(self._summary and self._summary.rules)),
            ("objects", "COM objects", bool(self._known)),
            ("guides", "Guides", bool(self._rules)),
            ("hunts", "Hunts", bool(self._hunts)),
            ("coverage", "Coverage", self._summary is not None),
        ]
        return [(anchor, name) for anchor, name, there in wanted if there]


@dataclass(frozen=True, slots=True)
class _Told:
    """A story and where it stands.

    Attributes:
        place: among all stories.
        number: of its first entry.
        host: the number of its host.
        alike: its alerts as entries.
    """

    place: int
    number: int
    host: int
    alerts: list[Alert]
    alike: list[list[list[Alert]]]

    def story(self, around: Around) -> Story:
        """What is said of it in a line."""
        return story_of(self.alerts, f"s{self.place + 1}", around)


@dataclass(frozen=True, slots=True)
class _Written:
    """The text of a story, and whether it is the whole of it."""

    text: str
    whole: bool = True


def _rank(own: _Told) -> tuple[object, ...]:
    """The worst stories first, those of more rules first, then the earlier."""
    rules = {a.rule.id: a.rule for a in own.alerts}
    worst = max(rule.severity for rule in rules.values())
    return -worst, -len(rules), min(a.time_ns for a in own.alerts), own.place


@cache
def _rule_line(name: str, severity: str) -> str:
    return f"{escape(shown(name, NAMES))} ({severity})"


def _lean(story: Story, entries: Sequence[Entry]) -> str:
    """A story in lines: when, which rules, where."""
    lines = [
        f"<p>{moment(e.time_ns)} {' · '.join([_rule_line(r.name, r.severity.word) for r in e.rules])}"
        f' <span class="line">{escape(e.where)}</span></p>'
        for e in entries
    ]
    return f'<div id="{story.anchor}">{"".join(lines)}</div>\n'


def _numbered(found: Sequence[tuple[int, list[Alert]]]) -> list[_Told]:
    out: list[_Told] = []
    number = 0
    for place, (host, alerts) in enumerate(found):
        alike = groups(alerts)
        out.append(_Told(place, number, host, alerts, alike))
        number += len(alike)
    return out


def _host(name: str | None) -> str:
    return shown(name, 120) if name else "unknown host"


def _counted_word(count: int, word: str, words: str = "") -> str:
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def _bars(counts: Sequence[tuple[Severity, int]]) -> list[dict[str, Any]]:
    """The share of each severity of a bar of 1,000."""
    total = sum(share for _, share in counts) or 1
    out: list[dict[str, Any]] = []
    at = 0.0
    for severity, share in counts:
        width = 1000 * share / total
        out.append({"word": severity.word, "x": f"{at:.1f}", "width": f"{max(2.0, width - 3):.1f}"})
        at += width
    return out


def _policy(script: str, css: str) -> str:
    """What the page may do: run our script, use our style, and nothing else."""
    return (
        f"default-src 'none'; script-src 'sha256-{_hash(script)}'; style-src 'sha256-{_hash(css)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _brief(link: str) -> str:
    """An address as its host and the last part of its path."""
    address = urlsplit(link)
    last = address.path.rstrip("/").rpartition("/")[2]
    return f"{address.netloc}: {last}" if last else address.netloc


@cache
def _asset(name: str) -> str:
    text = files("comtrap.sinks.html").joinpath("templates", name).read_text("utf-8").replace("\r\n", "\n")
    assert "</s" not in text
    return text


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("comtrap.sinks.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "grouped": lambda number: f"{number:,}",
        "counted": _counted_word,
        "moment": moment,
        "clock": clock,
        "day": day,
        "plain": plain,
        "anchor": anchor,
        "named": lambda name: shown(name, NAMES),
        "brief": _brief,
    }
    return made


def anchor(alert: Alert) -> str:
    """Where an alert stands; the same in every report of the same logs."""
    return f"a-{alert.id[:16]}"
