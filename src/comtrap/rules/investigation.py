"""A rule's guidance for people as one Markdown text, as Kibana shows it beside an alert, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from comtrap.com.actor import Actor
from comtrap.rules.paragraphs import fence_behind, flowing

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.rules.rule import Rule

TITLE = "## Triage and analysis"
_RISK, _SEEN, _RESPONSE = "### Why this risk", "### Seen with", "### Response and remediation"
_HEADING, _DEEP_HEADING = re.compile(r"#{1,6} "), re.compile(r"#{2,7} ")
_ACTOR = re.compile(r"\* ([^:\n]+): (.+) \((https://[^\s()]+)\)")


class Guidance(NamedTuple):
    """The parts of the text, as `Rule` has them."""

    note: str = ""
    response: str = ""
    risk_reason: str = ""
    actors: tuple[Actor, ...] = ()


def investigation(rule: Rule) -> str:
    """The steps of triage and investigation, why the risk is what it is, who has been seen with it, and the response.

    Headings stand one level deeper than in the rule, below the title that Elastic's guides have, and paragraphs are one line
    each. Without any of these the text is empty.
    """
    seen = "\n".join(f"* {actor.name}: {actor.use} ({actor.reference})" for actor in rule.actors)
    response = rule.response.strip().removeprefix("## Response").strip()
    parts = [
        _deeper(rule.note.strip()),
        f"{_RISK}\n\n{rule.risk_reason.strip()}" if rule.risk_reason else "",
        f"{_SEEN}\n\n{seen}" if seen else "",
        f"{_RESPONSE}\n\n{_deeper(response)}" if response else "",
    ]
    given = [part for part in parts if part]
    return flowing("\n\n".join([TITLE, *given])) if given else ""


def guidance(text: str) -> Guidance:
    """The parts of such a text; what stands under none of its headings is the note, and nothing is dropped."""
    text = text.strip().removeprefix(TITLE).strip()
    text, response = _cut(text, _RESPONSE)
    before, seen = _cut(text, _SEEN)
    actors = tuple(Actor(*found) for found in map(_actor, seen.splitlines()) if found) if seen else ()
    if seen and len(actors) == len(seen.splitlines()):
        text = before
    else:
        actors = ()
    note, risk = _cut(text, _RISK)
    response = f"## Response\n\n{_higher(response)}" if response else ""
    return Guidance(_higher(note), response, risk, actors)


def _cut(text: str, heading: str) -> tuple[str, str]:
    """What stands before a heading, and what below it."""
    before, found, after = f"\n{text}".partition(f"\n{heading}\n")
    return (before.strip(), after.strip()) if found else (text, "")


def _actor(line: str) -> tuple[str, str, str] | None:
    found = _ACTOR.fullmatch(line)
    return None if found is None else (found[1], found[2], found[3])


def _deeper(markdown: str) -> str:
    return _by_line(markdown, lambda line: f"#{line}" if _HEADING.match(line) else line)


def _higher(markdown: str) -> str:
    return _by_line(markdown, lambda line: line[1:] if _DEEP_HEADING.match(line) else line)


def _by_line(markdown: str, change: Callable[[str], str]) -> str:
    """A text with its lines changed, those of code left as they are: there, ``# `` begins a comment."""
    lines, fence = [], ""
    for line in markdown.split("\n"):
        code, fence = fence, fence_behind(fence, line)
        lines.append(line if code or fence else change(line))
    return "\n".join(lines)
