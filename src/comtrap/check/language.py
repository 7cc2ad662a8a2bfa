"""Regular languages as small trees, and their text for RE2.

RE2 is what runs: it takes no pattern that needs more than linear time. Its limits are met here, so that a pattern that
was translated also compiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from comtrap.check.case import lower

if TYPE_CHECKING:
    from collections.abc import Iterator

_LAST = 0x10FFFF
_LAST_CASED = 0x1FFFF  # beyond the second plane no character has another lower case
_MOST_COPIES = 1000  # RE2 refuses larger counts, and nested ones that multiply to more
MOST_STATES = 10_000  # the limit that Elasticsearch sets itself, max_determinized_states
Ranges: TypeAlias = tuple[tuple[int, int], ...]


class TooLargeError(Exception):
    """The language needs more than `MOST_STATES`, or to tell whether a text is of it takes too long."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of these ranges: sorted, apart from each other, both ends included."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Concat:
    """The parts one after the other; without parts, the empty text."""

    parts: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """Any of the parts."""

    parts: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The part `low` to `high` times; `high` is None for any number."""

    part: Language
    low: int
    high: int | None


Language: TypeAlias = Chars | Concat | Union | Repeat

EMPTY = Concat(())
NOTHING = Chars(())
ANY_CHAR = Chars(((0, _LAST),))
ANY_TEXT = Repeat(ANY_CHAR, 0, None)


def chars(ranges: list[tuple[int, int]], *, ignore_case: bool = False) -> Chars:
    """A set of characters; with `ignore_case` of these and their lower case."""
    if ignore_case:
        ranges = ranges + _lower_of(ranges)
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], high)
        else:
            merged.append((low, high))
    return Chars(tuple(merged))


def complement(found: Chars) -> Chars:
    """The characters that are not in the set."""
    out, at = [], 0
    for low, high in found.ranges:
        if at < low:
            out.append((at, low - 1))
        at = high + 1
    if at <= _LAST:
        out.append((at, _LAST))
    return Chars(tuple(out))


def text(value: str, *, ignore_case: bool = False) -> Language:
    """The language of one text, for values in lower case if `ignore_case`."""
    points = (_lower(ord(c)) if ignore_case else ord(c) for c in value)
    return Concat(tuple(Chars(((point, point),)) for point in points))


def wildcards(pattern: str, *, ignore_case: bool = False) -> Language:
    """The texts that a wildcard pattern matches, in lower case if `ignore_case`."""
    signs: dict[str, Language] = {"*": ANY_TEXT, "?": ANY_CHAR}
    return Concat(tuple(signs.get(char) or text(char, ignore_case=ignore_case) for char in pattern))


def numbers(low: int, high: int, digits: int) -> Language:
    """The decimal numbers from `low` to `high`, of so many digits; of any number of leading zeros if `digits` is 0."""
    if digits:
        return _between(str(low).zfill(digits), str(high).zfill(digits))
    widths = range(len(str(low)), len(str(high)) + 1)
    parts = [_between(str(max(low, 10 ** (w - 1) if w > 1 else 0)), str(min(high, 10**w - 1))) for w in widths]
    return Concat((Repeat(text("0"), 0, None), Union(tuple(parts))))


def _between(low: str, high: str) -> Language:
    """The numbers between two of equal width."""
    if low == high:
        return text(low)
    if set(low) == {"0"} and set(high) == {"9"}:
        return Repeat(_digit("0", "9"), len(low), len(low))
    if low[0] == high[0]:
        return Concat((text(low[0]), _between(low[1:], high[1:])))
    rest = len(low) - 1
    parts: list[Language] = []
    first, last = ord(low[0]), ord(high[0])
    if rest and set(low[1:]) != {"0"}:
        parts.append(Concat((text(low[0]), _between(low[1:], "9" * rest))))
        first += 1
    if rest and set(high[1:]) != {"9"}:
        parts.append(Concat((text(high[0]), _between("0" * rest, high[1:]))))
        last -= 1
    if first <= last:
        parts.append(Concat((_digit(chr(first), chr(last)), Repeat(_digit("0", "9"), rest, rest))))
    return Union(tuple(parts))


def _digit(low: str, high: str) -> Chars:
    return Chars(((ord(low), ord(high)),))


def _lower(point: int) -> int:
    return ord(lower(chr(point)))


def _lower_of(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    points = (point for start, end in ranges for point in range(start, min(end, _LAST_CASED) + 1))
    return [(low, low) for point in points if (low := _lower(point)) != point]


@dataclass(slots=True)
class Budget:
    """Steps that may still be spent on the constants of one query; about a second's worth to begin with."""

    left: int = 100_000

    def spend(self, steps: int) -> None:
        """Take steps away.

        Raises:
            TooLargeError: there are not as many.
        """
        self.left -= steps
        if self.left < 0:
            raise TooLargeError


def has(language: Language, value: str, budget: Budget) -> bool:
    """Whether a text is of the language. For constants of a query; what runs on events is RE2.

    Raises:
        TooLargeError: telling takes more steps than the budget has.
    """
    states = {language}
    for char in value:
        budget.spend(sum(_size(state) for state in states))
        states = {rest for state in states for rest in _after(state, ord(char))}
    return any(map(_has_empty, states))


def _size(language: Language) -> int:
    return 2 + len(language.parts) // 8 if isinstance(language, Concat) else 2


def _after(language: Language, point: int) -> Iterator[Language]:
    """What may follow a character; all of it together.

    Source: V. Antimirov, Partial derivatives of regular expressions and finite automaton constructions (1996).
    """
    match language:
        case Chars():
            if any(low <= point <= high for low, high in language.ranges):
                yield EMPTY
        case Union():
            for part in language.parts:
                yield from _after(part, point)
        case Concat():
            for place, part in enumerate(language.parts):
                yield from (_then(rest, language.parts[place + 1 :]) for rest in _after(part, point))
                if not _has_empty(part):
                    break
        case Repeat(high=None):
            again = Repeat(language.part, max(language.low - 1, 0), None)
            yield from (_then(rest, (again,)) for rest in _after(language.part, point))
        case Repeat():
            assert language.high is not None
            if language.high >= max(language.low, 1):
                again = Repeat(language.part, max(language.low - 1, 0), language.high - 1)
                yield from (_then(rest, (again,)) for rest in _after(language.part, point))


def _then(first: Language, rest: tuple[Language, ...]) -> Language:
    parts = (*(first.parts if isinstance(first, Concat) else (first,)), *rest)
    return parts[0] if len(parts) == 1 else Concat(parts)


def _has_empty(language: Language) -> bool:
    match language:
        case Chars():
            return False
        case Concat():
            return all(map(_has_empty, language.parts))
        case Union():
            return any(map(_has_empty, language.parts))
        case Repeat():
            return (language.high is None or language.high >= language.low) and (
                language.low == 0 or _has_empty(language.part)
            )


def render(language: Language) -> str:
    """The language as RE2 reads it, without anchors and without flags: it means the same under ``(?s)`` and without.

    Raises:
        TooLargeError: it is larger than RE2 should be given.
    """
    if _states(language) > MOST_STATES:
        raise TooLargeError
    return _render(language)


def _states(language: Language) -> int:
    match language:
        case Chars():
            return max(1, min(len(language.ranges), 50))
        case Concat() | Union():
            return sum(map(_states, language.parts)) + 1
        case Repeat():
            return _states(language.part) * max(language.low + 1, language.high or 0)


def _copies(language: Language) -> int:
    """How often counted repetitions multiply its innermost part."""
    match language:
        case Chars():
            return 1
        case Concat() | Union():
            return max(map(_copies, language.parts), default=1)
        case Repeat():
            if _is_simple(language):
                return _copies(language.part)
            most = max(language.low, language.high or 0)
            return most * inner if (inner := _copies(language.part)) * most <= _MOST_COPIES else _MOST_COPIES


def _is_simple(repeat: Repeat) -> bool:
    return (repeat.low, repeat.high) in {(0, None), (1, None), (0, 1), (1, 1)}


def _render(language: Language) -> str:
    match language:
        case Chars():
            return _render_chars(language)
        case Concat():
            return "".join(_grouped(p) if isinstance(p, Union) else _render(p) for p in language.parts)
        case Union():
            return "|".join(map(_render, language.parts))
        case Repeat():
            return _render_repeat(language)


def _render_repeat(repeat: Repeat) -> str:
    part, low, high = _grouped(repeat.part), repeat.low, repeat.high
    if high is not None and high < low:
        return _render_chars(NOTHING)
    if _is_simple(repeat):
        return part + {(0, None): "*", (1, None): "+", (0, 1): "?", (1, 1): ""}[low, high]
    if high == 0:
        return ""
    most = max(1, _MOST_COPIES // _copies(repeat.part))
    out = [_counted(part, count, count) for count in _chunks(low, most)]
    if high is None:
        out.append(f"{part}*")
    else:
        out += [_counted(part, 0, count) for count in _chunks(high - low, most)]
    return "".join(out)


def _counted(part: str, low: int, high: int) -> str:
    if low == high:
        return part if low == 1 else f"{part}{{{low}}}"
    return f"{part}?" if high == 1 else f"{part}{{{low},{high}}}"


def _chunks(count: int, most: int) -> list[int]:
    return [most] * (count // most) + [count % most] * (count % most > 0)


def _grouped(language: Language) -> str:
    written = _render(language)
    single = isinstance(language, Chars) or (isinstance(language, Concat) and len(language.parts) == 1)
    if single and not isinstance(getattr(language, "parts", (None,))[0], Repeat | Union | Concat):
        return written
    return f"(?:{written})"


def _render_chars(found: Chars) -> str:
    if found == ANY_CHAR:
        return "(?s:.)"
    if not found.ranges:
        return r"[^\x{0}-\x{10ffff}]"
    if len(found.ranges) == 1 and found.ranges[0][0] == found.ranges[0][1]:
        return _char(found.ranges[0][0])
    other = complement(found)
    negated = len(other.ranges) < len(found.ranges) and found.ranges[-1][1] == _LAST
    body = "".join(_range(low, high) for low, high in (other if negated else found).ranges)
    return f"[{'^' if negated else ''}{body}]"


def _range(low: int, high: int) -> str:
    if low == high:
        return _char(low)
    return f"{_char(low)}{'-' if high > low + 1 else ''}{_char(high)}"


def _char(point: int) -> str:
    """One character as RE2 reads it, in a class or outside."""
    char = chr(point)
    if char.isascii():
        if char.isalnum() or char in " _":
            return char
        return f"\\{char}" if 0x20 < point < 0x7F else f"\\x{{{point:x}}}"
    return char if char.isprintable() and char.isalnum() else f"\\x{{{point:x}}}"
