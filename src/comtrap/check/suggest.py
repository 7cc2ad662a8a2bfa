"""Names that may have been meant."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIKE_ENOUGH = 0.5
_MOST_EDITS = 6  # in a long name as well
_AS_GOOD = 0.9  # of the best: also worth naming
_MOST = 3


def suggest(name: str, known: Iterable[str]) -> str | None:
    """A question that names the known names closest to `name`, or None if none is close.

    Case is ignored. A name without its path counts as well: ``command_line`` is close to ``process.command_line``.
    """
    wanted = _Word(name.lower())
    best = _LIKE_ENOUGH
    scored: list[tuple[float, str]] = []
    tails: list[tuple[float, str]] = []
    for other in known:
        score = wanted.likeness(other.lower(), max(_LIKE_ENOUGH, best * _AS_GOOD))
        if score > _LIKE_ENOUGH:
            scored.append((score, other))
            best = max(best, score)
        elif other.lower().endswith(f".{wanted.text}"):
            tails.append((1 / other.count("."), other))
    close = sorted(scored or tails, key=lambda pair: (-pair[0], pair[1]))
    names = [f"`{other}`" for score, other in close[:_MOST] if score >= close[0][0] * _AS_GOOD]
    if not names:
        return None
    return f"did you mean {names[0]}?" if len(names) == 1 else f"did you mean any of {', '.join(names)}?"


@lru_cache(maxsize=8192)
def _letters(word: str) -> frozenset[str]:
    """The characters of a word: each that another lacks costs that one an edit."""
    return frozenset(word)


class _Word:
    """A word that many others are compared with."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.letters = _letters(text)
        self.places: dict[str, int] = {}  # of each character, a bit for each place where it stands
        for i, char in enumerate(text):
            self.places[char] = self.places.get(char, 0) | 1 << i

    def likeness(self, other: str, least: float) -> float:
        """1 less the edit distance over the longer length; 0 where it is below `least` or takes many edits."""
        longer = max(len(self.text), len(other))
        most = min(longer * (1 - least), _MOST_EDITS)
        if not self.text or abs(len(self.text) - len(other)) > most:
            return 0.0
        letters = _letters(other)
        if max(len(letters - self.letters), len(self.letters - letters)) > most:
            return 0.0
        distance = self.distance(other)
        return 0.0 if distance > most else 1 - distance / longer

    def distance(self, other: str) -> int:
        """How many characters to insert, delete or replace to turn one into the other.

        Source: G. Myers, A fast bit-vector algorithm for approximate string matching (1999); a column of the table of
        distances is two numbers, whose bits say where it steps up and where down.
        """
        every, last = (1 << len(self.text)) - 1, 1 << (len(self.text) - 1)
        up, down, distance = every, 0, len(self.text)
        for char in other:
            same = self.places.get(char, 0)
            level = same | down
            across = (((same & up) + up) ^ up) | same
            right_up = down | (~(across | up) & every)
            right_down = up & across
            distance += bool(right_up & last) - bool(right_down & last)
            right_up = (right_up << 1 | 1) & every
            right_down = right_down << 1 & every
            up = right_down | (~(level | right_up) & every)
            down = right_up & level
        return distance
