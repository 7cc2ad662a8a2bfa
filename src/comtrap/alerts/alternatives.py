"""A clause with a list of patterns or values, cut down to those that held: what a reader wants of a list of fifty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterable


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
        values = list(values)
        found = [written for written, option in self.options if any(self._is(option, value) for value in values)]
        if not found or len(found) == len(self.options):
            return None
        return f"{self.lead} {found[0] if len(found) == 1 else '(' + ', '.join(found) + ')'}"

    def _is(self, option: str, value: str) -> bool:
        if self.ignore_case:
            option, value = option.lower(), value.lower()
        return matches(option, value) if self.wild else option == value


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
