"""The part of a long text that a reader needs to see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 300  # characters
_BEFORE = 60  # of them before what was found
_WILD = re.compile(r"[*?]+|\\.|[\[\](){}|.+^$\"@#&<>~]+")


def excerpt(text: str, literals: Iterable[str] = (), longest: int = LONGEST) -> str:
    """The text, or if it is long the part around what a pattern found, cut ends marked by ``…``.

    Args:
        text: a value.
        literals: patterns (wildcards, regular expressions, plain words) of which some are in it; the one that has the
            longest plain piece in the text says where.
        longest: characters.
    """
    if len(text) <= longest:
        return text
    at = _place(text, literals)
    start = 0 if at is None else max(0, min(at - _BEFORE, len(text) - longest))
    cut = text[start : start + longest]
    return ("…" if start else "") + cut + ("…" if start + longest < len(text) else "")


def _place(text: str, literals: Iterable[str]) -> int | None:
    lowered = text.lower()
    pieces = {piece for literal in literals for piece in _WILD.split(literal.lower()) if piece.strip()}
    for piece in sorted(pieces, key=lambda p: (-len(p), p)):
        at = lowered.find(piece)
        if at >= 0:
            return at
    return None
