"""Every error comtrap raises, and the diagnostics they carry.

* ComtrapError
  - QueryError        the query text is wrong; carries Diagnostics and the text
    + ParseError      E1xx  not EQL
    + CheckError      E2xx  EQL, but not true of the schema
    + RunError        E29x  a condition failed on an event, such as ``number("x")``
  - RuleError         E3xx  a rule file is wrong; carries Diagnostics with path and line
  - SourceError       an input cannot be opened, or is not what it says
  - PluginError       a named source, sink or normaliser does not exist
  - DeployError       the remote refused; carries status and body
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDEST = 200  # characters of a source line in a message


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of characters, ``text[start:end]``."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The range from the start of this span to the end of `other`."""
        return Span(self.start, other.end)


@dataclass(frozen=True, slots=True)
class Label:
    """A remark pinned to a place in the text."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong with one text: a stable code, places to point at, and what to do about it."""

    code: str
    title: str
    labels: tuple[Label, ...] = ()
    help: str | None = None
    severity: str = "error"  # or "warning"


def render(diagnostic: Diagnostic, text: str, name: str = "query") -> str:
    """Draw a diagnostic as plain text: one source line and one underline per label.

    Columns count characters from 1; a tab counts as one and is drawn as one blank, so that underlines stay in place, as
    is anything else that does not print. Of a long line only the part around the label is drawn, ``…`` for the rest.
    """
    out = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.title}"]
    for label in diagnostic.labels:
        out += _underlined(label, text, name)
    if diagnostic.help is not None:
        out.append(f"help: {diagnostic.help}")
    return "\n".join(out)


def _underlined(label: Label, text: str, name: str) -> list[str]:
    line = text.count("\n", 0, label.span.start) + 1
    begin = text.rfind("\n", 0, label.span.start) + 1
    end = text.find("\n", begin)
    source = (text[begin:] if end < 0 else text[begin:end]).rstrip("\r")
    column = label.span.start - begin
    width = max(1, min(label.span.end, begin + len(source)) - label.span.start)
    source, shift = _window(source, column)
    drawn, width = column - shift, min(width, max(1, len(source) - column + shift))
    source = "".join(c if c.isprintable() else " " for c in source)
    gutter = " " * len(str(line))
    return [
        f"{gutter}--> {name}:{line}:{column + 1}",
        f"{gutter} |",
        f"{line} | {source}",
        f"{gutter} | {' ' * drawn}{'^' * width} {label.text}".rstrip(),
    ]


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a line to draw so that `column` is seen, and by how much that moves it to the left."""
    if len(line) <= _WIDEST:
        return line, 0
    start = max(0, min(column - _WIDEST // 3, len(line) - _WIDEST))
    part = line[start : start + _WIDEST]
    before, after = start > 0, start + _WIDEST < len(line)
    return ("…" + part[1:] if before else part)[: _WIDEST - 1 if after else _WIDEST] + ("…" if after else ""), start


class ComtrapError(Exception):
    """Base of every error raised on purpose by comtrap."""


class QueryError(ComtrapError):
    """The query is wrong.

    Attributes:
        diagnostics: all that was found, in text order; at least one.
        text: the query as given.
        name: what the text is called in messages, such as a rule's path.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], text: str, name: str = "query") -> None:
        super().__init__(diagnostics, text, name)
        self.diagnostics = diagnostics
        self.text = text
        self.name = name

    def __str__(self) -> str:
        return "\n\n".join(render(d, self.text, self.name) for d in self.diagnostics)


class ParseError(QueryError):
    """The text is not EQL."""


class CheckError(QueryError):
    """The text is EQL, but not true of the schema."""


class RunError(QueryError):
    """The query is right, but a condition failed on the value of an event."""


class RuleError(ComtrapError):
    """A rule file is wrong.

    Attributes:
        diagnostics: all that was found.
        path: the file, as text.
        text: its content, for the places the diagnostics point at.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], path: str, text: str = "") -> None:
        super().__init__(diagnostics, path, text)
        self.diagnostics = diagnostics
        self.path = path
        self.text = text

    def __str__(self) -> str:
        return "\n\n".join(render(d, self.text, self.path) for d in self.diagnostics)


def together(errors: Sequence[RuleError]) -> RuleError:
    """The first of several errors, with the others in its notes."""
    first, *others = errors
    for other in others:
        first.add_note(str(other))
    return first


class SourceError(ComtrapError):
    """An input cannot be opened, or is not what it says."""


class PluginError(ComtrapError):
    """No such source, sink or normaliser; the message lists those there are."""


class DeployError(ComtrapError):
    """The remote refused.

    Attributes:
        status: the HTTP status.
        body: the answer's text.
    """

    def __init__(self, message: str, status: int, body: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = body
