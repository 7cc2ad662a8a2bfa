"""Where the text of a query comes from: an argument, a file, standard input."""

from __future__ import annotations

import difflib
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.errors import SourceError
from comtrap.rules.rewrite import BOM, decoded
from comtrap.sources.walk import STDIN

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = frozenset({".eql", ".toml"})
AT = "@"  # before the name of a file, where a query is expected


def below(given: str) -> Iterator[str | Path]:
    """The files of a folder that may hold queries; else the file, or the text as it is."""
    try:
        mode = Path(given).stat().st_mode
    except (OSError, ValueError):  # no file: a query may even be too long for the name of one
        yield given
        return
    if not stat.S_ISDIR(mode):
        yield Path(given)
        return
    yield from (p for p in sorted(Path(given).rglob("*")) if p.suffix.lower() in SUFFIXES and p.is_file())


def read_query(given: str) -> str:
    """A query from standard input for ``-``, else the text that was given, with a line feed at its end.

    Raises:
        SourceError: there is no text, or what was given looks like a path.
    """
    if given == STDIN:
        return decoded(os.fdopen(sys.stdin.fileno(), "rb", closefd=False), "standard input")
    if "where" not in given:
        raise SourceError(f"{given}: no such file; a query is written `category where condition`")
    return f"{given}\n"


def difference(before: str, after: str, name: str) -> Iterator[str]:
    """The lines of a unified diff."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in difflib.unified_diff(old, new, name, f"{name} (laid out)"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def query_text(given: str) -> tuple[str, str]:
    """A query and what it is called in messages: of ``@FILE`` what the file says, else the text that was given.

    Raises:
        SourceError: the file is too large, or not UTF-8.
        OSError: there is no such file.
    """
    if not given.startswith(AT):
        return given, "query"
    name = given.removeprefix(AT)
    return decoded(Path(name).open("rb"), name).removeprefix(BOM), name
