"""Names that may have been meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIKE_ENOUGH = 0.5
_AS_GOOD = 0.9  # of the best: also worth naming
_MOST = 3


def suggest(name: str, known: Iterable[str]) -> str | None:
    """A question that names the known names closest to `name`, or None if none is close.

    Case is ignored. A name without its path counts as well: ``command_line`` is close to ``process.command_line``.
    """
    wanted = name.lower()
    best = _LIKE_ENOUGH
    scored: list[tuple[float, str]] = []
    for other in known:
        score = _likeness(wanted, other.lower(), max(_LIKE_ENOUGH, best * _AS_GOOD))
        if score > _LIKE_ENOUGH:
            scored.append((score, other))
            best = max(best, score)
    if not scored:
        tail = f".{wanted}"
        scored = [(1 / (1 + other.count(".")), other) for other in known if other.lower().endswith(tail)]
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    names = [f"`{other}`" for score, other in scored[:_MOST] if score >= scored[0][0] * _AS_GOOD]
    if not names:
        return None
    return f"did you mean {names[0]}?" if len(names) == 1 else f"did you mean any of {', '.join(names)}?"


def _likeness(a: str, b: str, least: float) -> float:
    """1 less the edit distance over the longer length; 0 where that is below `least`."""
    longer = max(len(a), len(b))
    most = int(longer * (1 - least))
    if abs(len(a) - len(b)) > most:
        return 0.0
    distance = _distance(a, b, most)
    return 0.0 if distance > most else 1 - distance / longer


def _distance(a: str, b: str, most: int) -> int:
    """How many characters to insert, delete or replace to turn one into the other; `most` + 1 if more than that."""
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (char != other))
        if min(row) > most:
            return most + 1
    return row[-1]
