"""Files that hold a query, with the query laid out and everything else as it was, byte for byte.

A rule's file has its query under ``query``, at its top as ours do or in its table ``rule`` as Elastic's do. Where the
query stands is found by going over the statements of the file; both texts are then read as TOML, so that a file never
says anything else than before.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from comtrap.errors import ParseError, RuleError, SourceError
from comtrap.lang.layout import layout
from comtrap.rules.read import placed
from comtrap.rules.table import LIMIT, open_table

if TYPE_CHECKING:
    from collections.abc import Iterator

BOM = "\ufeff"
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r"""  '''.*?'''(?:'{0,2})
      | \"{3}(?:[^\\]|\\.)*?\"{3}(?:\"{0,2})
      | '[^'\n]*'
      | "(?:[^"\\\n]|\\.)*"
    """,
    re.VERBOSE | re.DOTALL,
)
_KEYS = re.compile(r"""(?:[A-Za-z0-9_.\- \t]|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')+""")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class _Statement(NamedTuple):
    """``key = value``: the key after that of its table, and where the value stands."""

    key: str
    start: int
    end: int


def laid_out(path: Path) -> tuple[str, str] | None:
    """A file's text, and the same with its query laid out; None for a rule in another language, or no rule.

    Args:
        path: a rule's file if its name ends in ``.toml``, else a query and nothing else.

    Raises:
        ParseError: the query of a file that is a query is wrong.
        RuleError: a rule's file is no TOML, or its query is wrong.
        SourceError: the file cannot be read.
    """
    if path.suffix.lower() == ".toml":
        table, _ = open_table(path)
        text = path.read_bytes().decode("utf-8")
        found = _rule(text, table, str(path))
        return None if found is None else (text, found)
    text = decoded(path.open("rb"), str(path))
    return text, of_query(text, str(path))


def decoded(file: BinaryIO, name: str) -> str:
    """What a file says, which is then closed.

    Raises:
        SourceError: it is too large, or not UTF-8.
    """
    with file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise SourceError(f"{name}: larger than {LIMIT} bytes; a query is text of some kilobytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: is not UTF-8: {error}") from None


def of_query(text: str, name: str = "query") -> str:
    """A query laid out as a file of its own: it ends in a line feed; its line ends, and a byte order mark, are kept.

    Raises:
        ParseError: the query is wrong; with the text's name.
    """
    mark = BOM if text.startswith(BOM) else ""
    try:
        found = layout(text.removeprefix(BOM))
    except ParseError as error:
        raise ParseError(error.diagnostics, error.text, name) from None
    return mark + _with_line_ends(found + "\n", text)


def replace(path: Path, text: str) -> None:
    """Put a text in the place of a file's, at once or not at all; its mode stays, and a link stays a link.

    Raises:
        OSError: it cannot be written.
    """
    path = path.resolve()
    made, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(made, "wb") as file:
            file.write(text.encode())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _rule(text: str, table: dict[str, Any], name: str) -> str | None:
    """A rule's file with its query laid out, or None if it has no EQL."""
    key = "query" if "query" in table else "rule.query"
    rule = table if key == "query" else table.get("rule")
    if not isinstance(rule, dict) or not isinstance(query := rule.get("query"), str):
        return None
    if any(rule.get(says, "eql") != "eql" for says in ("language", "type")):
        return None
    try:
        found = layout(query.strip("\n"))
    except ParseError as error:
        plain = text.replace("\r\n", "\n")
        raise RuleError(tuple(placed(error.diagnostics, plain, error.text)), name, plain) from None
    at = next((statement for statement in _statements(text) if statement.key == key), None)
    if at is not None:
        literal = _literal(found, text[at.start : at.end])
        rewritten = text[: at.start] + _with_line_ends(literal, text) + text[at.end :]
        rule["query"] = tomllib.loads(f"query = {literal}")["query"]
        if rule["query"] == query:
            return text
        if tomllib.loads(rewritten) == table:
            return rewritten
    raise SourceError(f"{name}: its query cannot be changed where it stands; write it as `query = '''…'''`")


def _literal(query: str, old: str) -> str:
    """A query as a text of TOML, in the quotes of the old one if it can stand in them."""
    quote = old[0]
    long = old.startswith(quote * 3) or "\n" in query
    value = f"\n{query}\n" if long else query
    if _CONTROL.search(query) or (quote * 3 if long else quote) in query:
        quote = '"'
    if quote == '"':
        value = "".join(_escape(character) for character in value)
        value = value.replace('"""', '""\\"') if long else value.replace('"', '\\"')
    marks = quote * (3 if long else 1)
    return f"{marks}{value}{marks}"


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    return f"\\u{ord(character):04x}" if _CONTROL.match(character) else character


def _statements(text: str) -> Iterator[_Statement]:
    """The statements of a file that is TOML; what stands in an array of tables has a key of no rule."""
    at, table = _past(_SPACE, text, 0), ""
    while at < len(text):
        if text[at] == "[":
            keys = _KEYS.search(text, at)
            assert keys is not None
            table = _path(keys.group()) if text[at + 1] != "[" else "[]"
            at = text.index("]", keys.end()) + 1 + (table == "[]")
        else:
            end = _past(_KEYS, text, at)
            key = _path(f"{table}.{text[at:end]}" if table else text[at:end])
            start = _past(_SPACE, text, text.index("=", end) + 1)
            at = _value_end(text, start)
            yield _Statement(key, start, at)
        at = _past(_SPACE, text, at)


def _path(written: str) -> str:
    return re.sub(r"[\s\"']", "", written)


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _value_end(text: str, at: int) -> int:
    """Where the value that begins at a place ends: a text, brackets with what is in them, or a word."""
    depth = 0
    while at < len(text):
        here = text[at]
        if here in "\"'":
            at = _past(_STRING, text, at)
        elif here == "#":
            at = _past(_SPACE, text, at)
            continue
        elif here in "\r\n" and not depth:
            return at
        else:
            depth += (here in "[{") - (here in "]}")
            at += 1
        if not depth and here in "\"']}":
            return at
    return at


def _with_line_ends(text: str, like: str) -> str:
    return text.replace("\n", "\r\n") if "\r\n" in like else text
