"""A clause with a list of patterns or values, cut down to those that held: what a reader wants of a list of fifty."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterable

_WILD = re.compile(r"[*?]")
_SHORT = 4096  # characters of texts whose answer is kept


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The options of a clause.

    Attributes:
        lead: the clause up to its options, as written.
        options: each as written, and what it stands for.
        wild: whether ``*`` and ``?`` have their meaning.
    """

    lead: str
    options: tuple[tuple[str, str], ...]
    wild: bool
    ignore_case: bool

    def held(self, values: Iterable[str]) -> str | None:
        """The clause with the options that some value is, or None where they cannot be told."""
        texts = tuple(value.lower() if self.ignore_case else value for value in values)
        found = _held(self, texts) if sum(map(len, texts)) <= _SHORT else _found_in(self, texts)
        if not found or len(found) == len(self.options):
            return None
        return f"{self.lead} {found[0] if len(found) == 1 else '(' + ', '.join(found) + ')'}"


@lru_cache(4096)
def _held(of: Alternatives, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Kept, as alerts that come in numbers have much in common."""
    return _found_in(of, texts)


def _found_in(of: Alternatives, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The options, as written, that some text is."""
    if not of.wild:
        return tuple(
            written for written, option in of.options if (option.lower() if of.ignore_case else option) in texts
        )
    return tuple(
        written
        for written, pattern, plain in _patterns(of)
        if any(plain in text and matches(pattern, text) for text in texts)
    )


@lru_cache(4096)
def _patterns(of: Alternatives) -> tuple[tuple[str, str, str], ...]:
    """Each option as written, the pattern to compare with, and the longest plain piece of that."""
    folded = ((written, option.lower() if of.ignore_case else option) for written, option in of.options)
    return tuple((written, pattern, max(_WILD.split(pattern), key=len)) for written, pattern in folded)


def alternatives(node: ast.Expr, text: str) -> Alternatives | None:
    """The options of a clause of one field and several texts; None for any other. `text` is what its spans point into."""
    match node:
        case ast.Like(ast.Field(), options, ignore_case, regex=False):
            wild = True
        case ast.In(ast.Field(), options, ignore_case, negated=False):
            wild = False
        case _:
            return None
    texts = [(option, option.value) for option in options if isinstance(option, ast.Literal)]
    named = tuple((_folded(text, o.span.start, o.span.end), value) for o, value in texts if isinstance(value, str))
    if len(named) < 2 or len(named) != len(options):
        return None
    lead = _folded(text, node.span.start, options[0].span.start)
    return Alternatives(lead.rstrip("( "), named, wild, ignore_case)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is what a pattern with ``*`` and ``?`` describes, in time that grows with their lengths."""
    first, *rest = pattern.split("*")
    if not rest:
        return len(first) == len(text) and _found(first, text, 0, 0) == 0
    *middle, last = rest
    if _found(first, text, 0, 0) != 0:
        return False
    at = len(first)
    for piece in middle:
        place = _found(piece, text, at, len(text) - len(piece))
        if place is None:
            return False
        at = place + len(piece)
    end = len(text) - len(last)
    return end >= at and _found(last, text, end, end) == end


def _found(piece: str, text: str, start: int, stop: int) -> int | None:
    """Where a piece without ``*`` first begins, from `start` to `stop`."""
    plain = max(piece.split("?"), key=len)
    shift = piece.find(plain)
    at = start
    while at <= stop:
        at = text.find(plain, at + shift, stop + shift + len(plain)) - shift
        if at < start or at + len(piece) > len(text):
            return None
        if all(c in ("?", text[at + n]) for n, c in enumerate(piece)):
            return at
        at += 1
    return None


def _folded(text: str, start: int, end: int) -> str:
    return " ".join(text[start:end].split())
