"""What to ask next: queries about the processes, classes, files and addresses of a story, with its values filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comtrap.com import clsid
from comtrap.lang import ast
from comtrap.lang.unparse import unparse_expression
from comtrap.normalise import document as documents
from comtrap.sinks.html.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.alerts.alert import Alert

MOST = 10  # queries of one story
_LONGEST = 260  # characters of a value that is asked for; a longer one is no path
_OF_EACH = 3  # things of one kind that are asked about


@dataclass(frozen=True, slots=True)
class Question:
    """What a query finds out, in words, and the query."""

    title: str
    query: str


def questions(story: Sequence[Alert]) -> list[Question]:
    """Questions about a story, the nearest first; each runs as it stands with `comtrap query` and in Elastic."""
    events = [e.event for alert in story for e in alert.evidence if e.part is None]
    asked: dict[str, Question] = {}
    for kind in (_processes, _classes, _files, _addresses, _accounts):
        fresh: dict[str, Question] = {}
        for event in events:
            for question in kind(event):
                fresh.setdefault(question.query.lower(), question)
            if len(fresh) >= _OF_EACH:
                break
        asked |= dict(list(fresh.items())[:_OF_EACH])
    return list(asked.values())[:MOST]


def _processes(event: Mapping[str, Any]) -> Iterator[Question]:
    name = _text(event, "process.name") or "the process"
    pid, host = documents.get(event, "process.pid"), _text(event, "host.name")
    if entity := _text(event, "process.entity_id"):
        own = f"process.entity_id == {_quoted(entity)}"
        below = f"process.parent.entity_id == {_quoted(entity)}"
    elif isinstance(pid, int) and pid and host:
        own = f"host.name == {_quoted(host)} and process.pid == {pid}"
        below = f"host.name == {_quoted(host)} and process.parent.pid == {pid}"
    else:
        return
    said = f"{shown(name, 60)} ({pid})" if isinstance(pid, int) else shown(name, 60)
    yield Question(f"All that {said} did, and what it started", f"any where ({own}) or ({below})")


def _classes(event: Mapping[str, Any]) -> Iterator[Question]:
    texts = [text for name in _NAMING for text in _texts(event, name)]
    for number in dict.fromkeys(i for text in texts for i in (*clsid.find(text), *clsid.applications(text))):
        like = _quoted(f"*{number}*")
        yield Question(
            f"{number} on any host: asked for, registered or served",
            f"any where registry.path : {like} or process.command_line : {like} or process.parent.command_line : {like}",
        )


def _files(event: Mapping[str, Any]) -> Iterator[Question]:
    for name in ("dll.path", "file.path"):
        path = _text(event, name)
        # Windows' own libraries are everywhere; a library elsewhere is a lead.
        if path and "\\windows\\" not in path.lower() and not {"*", "?"} & set(path):
            one = _quoted(path)
            yield Question(
                f"{shown(path, 80)} on any host",
                f"any where file.path : {one} or dll.path : {one} or process.executable : {one}",
            )


def _addresses(event: Mapping[str, Any]) -> Iterator[Question]:
    for name in ("source.ip", "destination.ip"):
        address = _text(event, name)
        if address and not address.startswith(("127.", "::1")):
            one = _quoted(address)
            said = f"Connections with {shown(address, 60)} on any host"
            yield Question(said, f"any where source.ip == {one} or destination.ip == {one}")


def _accounts(event: Mapping[str, Any]) -> Iterator[Question]:
    name, host = _text(event, "user.name"), _text(event, "host.name")
    if name and host and name.upper() not in _SYSTEM:
        yield Question(
            f"Log-ons of {shown(name, 60)} at {shown(host, 60)}",
            f"authentication where host.name == {_quoted(host)} and user.name : {_quoted(name.replace('*', '?'))}",
        )


_SYSTEM = {"SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "-"}
_NAMING = (
    "comtrap.com.clsid",
    "comtrap.com.appid",
    "registry.path",
    "process.command_line",
    "process.parent.command_line",
)


def _quoted(text: str) -> str:
    return unparse_expression(ast.Literal(text[:_LONGEST]))


def _text(event: Mapping[str, Any], name: str) -> str:
    return next(iter(_texts(event, name)), "")


def _texts(event: Mapping[str, Any], name: str) -> list[str]:
    value = documents.get(event, name)
    values = value if isinstance(value, list) else [value]
    return [v for v in values if isinstance(v, str) and v and len(v) <= 8_192]
