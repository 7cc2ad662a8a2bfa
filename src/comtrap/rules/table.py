"""TOML files of people: read within bounds, every key checked, every mistake with its place."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from comtrap.errors import Diagnostic, Label, RuleError, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

T = TypeVar("T")

LIMIT = 1 << 20  # bytes of one file
_SLUG = re.compile(r"[a-z][a-z0-9_]*")


def open_table(path: Path) -> tuple[dict[str, Any], str]:
    """A file as TOML and as text, with line feeds.

    Raises:
        RuleError: it is too large, no text or no TOML.
    """
    return table_of(content(path), path)


def content(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        RuleError: it is too large, or cannot be read.
    """
    try:
        if path.stat().st_size > LIMIT:
            raise _unreadable(path, f"larger than {LIMIT} bytes", "such a file is text of some kilobytes")
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error}") from None


def table_of(data: bytes, path: Path) -> tuple[dict[str, Any], str]:
    """A file's bytes as TOML and as text, with line feeds; `path` is for messages.

    Raises:
        RuleError: they are no text or no TOML.
    """
    try:
        text = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"cannot be read: {error}") from None
    try:
        return tomllib.loads(text), text
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RuleError(
            (Diagnostic("E302", f"not TOML: {error}", (_line_of(error, text),)),), str(path), text
        ) from None


@dataclass(slots=True)
class Reader:
    """One table of such a file, and what is wrong with it.

    Attributes:
        table: the table.
        text: the whole file, for the places of mistakes.
        required: keys it must have.
        optional: keys it may have; others are mistakes.
        what: what the table is, with its article.
        start: where in the text the table begins.
        wrong: what was found.
    """

    table: Mapping[str, Any]
    text: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    what: str = "a rule"
    start: int = 0
    wrong: list[Diagnostic] = field(default_factory=list)

    def check_keys(self) -> None:
        """Report keys that are missing, and keys that mean nothing."""
        known = (*self.required, *self.optional)
        for key in self.table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                self.say(
                    "E304",
                    f"unknown key `{key}`",
                    key,
                    f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}",
                )
        for key in self.required:
            if key not in self.table:
                at = Label(Span(self.start, self.start))
                self.wrong.append(
                    Diagnostic("E303", f"no `{key}`", (at,), f"{self.what} needs {', '.join(self.required)}")
                )

    def value(self, key: str, convert: Callable[[Any], T], default: T) -> T:
        """The value of a key, converted; the default where there is none, or a wrong one, which is reported."""
        if key not in self.table:
            return default
        try:
            return convert(self.table[key])
        except (TypeError, ValueError) as error:
            self.say("E304", f"`{key}` is wrong: {error}", key)
            return default

    def say(self, code: str, title: str, key: str, remedy: str | None = None) -> None:
        """Report a mistake at a key of the table."""
        self.wrong.append(Diagnostic(code, title, (Label(self.place(key)),), remedy))

    def place(self, key: str) -> Span:
        """The line of a key, from the key on; the table's begin where it stands nowhere on a line of its own."""
        pattern = re.compile(rf"^[ \t]*\"?({re.escape(key)})\"?[ \t]*=.*$", re.MULTILINE)
        found = pattern.search(self.text, self.start)
        return Span(found.start(1), found.end()) if found else Span(self.start, self.start)


def as_text(value: Any) -> str:
    """Text that is not blank, without line breaks at its ends."""
    if not isinstance(value, str) or not value.strip():
        raise TypeError("expected text")
    return value.strip("\n")


def as_line(value: Any) -> str:
    """One line of text."""
    if "\n" in as_text(value):
        raise ValueError("expected one line")
    return as_text(value)


def as_texts(value: Any) -> tuple[str, ...]:
    """A list of texts, at least one."""
    if not isinstance(value, list) or not value:
        raise TypeError("expected a list of texts")
    return tuple(as_text(item) for item in value)


def as_slug(value: Any) -> str:
    """Lower-case words joined by underscores."""
    if not _SLUG.fullmatch(as_line(value)):
        raise ValueError("expected lower-case words joined by underscores")
    return str(value)


def as_uuid(value: Any) -> UUID:
    """A UUID."""
    return UUID(as_line(value))


def _line_of(error: Exception, text: str) -> Label:
    _, _, place = str(error).rpartition("(at line ")
    number = int(digits) if (digits := place.partition(",")[0]).isdigit() else 1
    begin = sum(len(line) + 1 for line in text.split("\n")[: number - 1])
    end = text.find("\n", begin)
    return Label(Span(begin, len(text) if end < 0 else end))


def _unreadable(path: Path, title: str, remedy: str | None = None) -> RuleError:
    return RuleError((Diagnostic("E301", title, (), remedy),), str(path))
