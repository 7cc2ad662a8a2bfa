"""Text from logs as pieces to show: nothing invisible, nothing endless, what matched set apart."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from comtrap.alerts.excerpt import excerpt
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

MARKS = 12  # pieces of one value that are set apart
ITEMS = 50  # of a list of values, how many are looked at
COMMON = 200  # characters of texts that come again and again
_READ = 2  # times the characters shown that are read of a long value
_TEXT = re.compile(r'"""(.*?)"""|"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{2,8}\}|.)", re.DOTALL)
_WILD = re.compile(r"[*?]+")


Value: TypeAlias = "list[Piece]"
"""A value in pieces, in order."""


class Piece(NamedTuple):
    """Some characters of a value, and whether the rule asked for them."""

    text: str
    hit: bool = False


def shown(value: Any, longest: int, around: Iterable[str] = ()) -> str:
    """A value as one line of visible text of bounded length; what is left out is said.

    Args:
        value: whatever a log has there: text, a number, a list, an object.
        longest: characters.
        around: texts of which one should be in what is left.
    """
    if isinstance(value, str) and len(value) <= COMMON and len(line := _line(value)) <= longest:
        return line
    text = _flat(value, longest)
    cut = plain(text[: longest * _READ] if not any(around) else excerpt(text, around, longest))
    if len(cut) > longest:
        cut = excerpt(cut, around, longest)
    if len(text) > longest:
        cut = f"{cut.removesuffix('…')}… ({len(text):,} characters)"
    return cut


@lru_cache(16_384)
def _line(text: str) -> str:
    return plain(text)


@lru_cache(4_096)
def sought(clause: str) -> tuple[str, ...]:
    """The plain pieces of the texts that a clause names, those of more than one letter; longest first."""
    texts = [raw or _ESCAPE.sub(_unescaped, quoted) for raw, quoted in _TEXT.findall(clause)]
    pieces = {plain(piece) for text in texts for piece in _WILD.split(text)}
    return tuple(sorted((piece for piece in pieces if len(piece) > 1), key=lambda piece: (-len(piece), piece)))


def pieces(text: str, wanted: Iterable[str]) -> list[Piece]:
    """The text in pieces, those in it that were sought marked, without regard to case; longer ones first."""
    if not (options := [re.escape(one) for one in wanted]):
        return [Piece(text)]
    out: list[Piece] = []
    at = 0
    for number, found in enumerate(re.finditer("|".join(options), text, re.IGNORECASE)):
        if number >= MARKS:
            break
        out += [Piece(text[at : found.start()]), Piece(found.group(), hit=True)]
        at = found.end()
    out.append(Piece(text[at:]))
    return [piece for piece in out if piece.text]


def _flat(value: Any, longest: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        more = f", … ({len(value):,} values)" if len(value) > ITEMS else ""
        return ", ".join(_flat(one, longest)[: longest * _READ] for one in value[:ITEMS]) + more
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _unescaped(found: re.Match[str]) -> str:
    what = found[1]
    if what[0] == "u" and len(what) > 1:
        code = int(what[2:-1], 16)
        return chr(code) if code < 0x110000 else ""
    return {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(what, what)
