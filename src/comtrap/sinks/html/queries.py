"""What to ask next: queries about the processes, classes, files and addresses of a story, with its values filled in."""

from __future__ import annotations

import ipaddress
import re
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
_READ = 8_192  # characters of a value; in a longer one nothing is looked for
_OF_EACH = 3  # things of one kind that are asked about


@dataclass(frozen=True, slots=True)
class Question:
    """What a query finds out, in words, and the query.

    Attributes:
        form: title and query with ``$0``, ``$1`` … where values stand.
        values: those values, ready for where they stand.
    """

    form: tuple[str, str]
    values: tuple[str, ...]

    @property
    def title(self) -> str:
        """In words."""
        return self._filled(self.form[0])

    @property
    def query(self) -> str:
        """In EQL."""
        return self._filled(self.form[1])

    def _filled(self, form: str) -> str:
        return _VALUE.sub(lambda found: self.values[int(found[1])], form)


_VALUE = re.compile(r"\$(\d)")
_BARE = re.compile(r"[A-Za-z0-9 {}*._:-]*")
_ENTITY = (
    "All that $0 did, and what it started",
    "any where process.entity_id == $1 or process.parent.entity_id == $1",
)
_NUMBER = (
    "All that $0 did, and what it started",
    "any where host.name == $1 and (process.pid == $2 or process.parent.pid == $2)",
)
_CLASS = (
    "$0 on any host: asked for, registered or served",
    "any where registry.path : $1 or process.command_line : $1 or process.parent.command_line : $1",
)
_FILE = ("$0 on any host", "any where file.path : $1 or dll.path : $1 or process.executable : $1")
_ADDRESS = ("Connections with $0 on any host", "any where source.ip == $1 or destination.ip == $1")
_ACCOUNT = ("Log-ons of $0 at $1", "authentication where host.name == $2 and user.name : $3")


def questions(story: Sequence[Alert]) -> list[Question]:
    """Questions about a story, the nearest first; each runs as it stands with `comtrap query` and in Elastic."""
    events = [e.event for alert in story for e in alert.evidence if e.part is None]
    asked: dict[object, Question] = {}
    for kind in (_processes, _classes, _files, _addresses, _accounts):
        fresh: dict[object, Question] = {}
        for event in events:
            for question in kind(event):
                # What it says it looks for is only told; the rest of its values make the query.
                fresh.setdefault(
                    (question.form, *map(str.lower, question.values[question.form[0].count("$") :])), question
                )
            if len(fresh) >= _OF_EACH:
                break
        asked |= dict(list(fresh.items())[:_OF_EACH])
    return list(asked.values())[:MOST]


def classes(event: Mapping[str, Any]) -> list[str]:
    """The ids of classes and applications that an event names, each once."""
    texts = [text for name in _NAMING for text in _texts(event, name)]
    return list(dict.fromkeys(i for text in texts for i in (*clsid.find(text), *clsid.applications(text))))


def _processes(event: Mapping[str, Any]) -> Iterator[Question]:
    name = _text(event, "process.name") or "the process"
    pid, host = documents.get(event, "process.pid"), _text(event, "host.name")
    said = f"{shown(name, 60)} ({pid})" if isinstance(pid, int) else shown(name, 60)
    if entity := _text(event, "process.entity_id"):
        yield Question(_ENTITY, (said, _quoted(entity)))
    elif isinstance(pid, int) and pid and host:
        yield Question(_NUMBER, (said, _quoted(host), str(pid)))


def _classes(event: Mapping[str, Any]) -> Iterator[Question]:
    for number in classes(event):
        yield Question(_CLASS, (number, _quoted(f"*{number}*")))


def _files(event: Mapping[str, Any]) -> Iterator[Question]:
    for name in ("dll.path", "file.path"):
        path = _text(event, name)
        # Windows' own libraries are everywhere; a library elsewhere is a lead.
        if path and "\\windows\\" not in path.lower() and not {"*", "?"} & set(path):
            yield Question(_FILE, (shown(path, 80), _quoted(path)))


def _addresses(event: Mapping[str, Any]) -> Iterator[Question]:
    for name in ("source.ip", "destination.ip"):
        address = _text(event, name)
        if _is_address(address):
            yield Question(_ADDRESS, (shown(address, 60), _quoted(address)))


def _accounts(event: Mapping[str, Any]) -> Iterator[Question]:
    name, host = _text(event, "user.name"), _text(event, "host.name")
    if name and host and name.upper() not in _SYSTEM:
        like = _quoted(name.replace("*", "?"))
        yield Question(_ACCOUNT, (shown(name, 60), shown(host, 60), _quoted(host), like))


def _is_address(text: str) -> bool:
    """Whether it is the address of another host."""
    if not text:
        return False
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_loopback and not address.is_unspecified


_SYSTEM = {"SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "-"}
_NAMING = (
    "comtrap.com.clsid",
    "comtrap.com.appid",
    "registry.path",
    "process.command_line",
    "process.parent.command_line",
)


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text) and len(text) <= _LONGEST:
        return f'"{text}"'  # as `unparse_expression` would
    return unparse_expression(ast.Literal(text[:_LONGEST]))


def _text(event: Mapping[str, Any], name: str) -> str:
    value = documents.get(event, name)
    if type(value) is str and len(value) <= _READ:
        return value
    return next(iter(_texts(event, name)), "") if value is not None else ""


def _texts(event: Mapping[str, Any], name: str) -> list[str]:
    value = documents.get(event, name)
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    return [v for v in values if isinstance(v, str) and v and len(v) <= _READ]
