"""Lines of text, how wide they are, and how what comes from outside is written in them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from comtrap.alerts.excerpt import excerpt
from comtrap.execute.text import moment
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from comtrap.explain.judge import Given, Value


class Ink(Enum):
    """What a piece of text is, for whoever has colours."""

    TEXT = "text"
    STRONG = "strong"
    FAINT = "faint"
    GOOD = "good"
    BAD = "bad"
    NULL = "null"
    LABEL = "label"


Piece: TypeAlias = tuple[str, Ink]
Line: TypeAlias = tuple[Piece, ...]

_LEAST = 12  # columns of a value that are worth showing
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"))
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Symbols:
    """The signs that are drawn with, all one column wide but the branches."""

    true: str
    false: str
    null: str
    failed: str
    branch: str
    last: str
    trunk: str
    gap: str
    reached: str
    ended: str
    unequal: str
    dot: str
    more: str
    times: str


NO_VALUE = "no value"
WHOLE = 1 << 20
"""Room for anything."""

UNICODE = Symbols("✓", "✗", "∅", "!", "├─ ", "└─ ", "│  ", "   ", "●", "○", "≠", "·", "…", "×")
ASCII = Symbols("+", "x", "-", "!", "|- ", "`- ", "|  ", "   ", "*", "o", "~", "|", "...", "x")


def symbols(encoding: str | None) -> Symbols:
    """The signs that an output can show."""
    try:
        "".join(getattr(UNICODE, name) for name in Symbols.__slots__).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws in lines of so many columns."""

    width: int
    signs: Symbols

    def cut(self, text: str, room: int) -> str:
        """As much of a text as fits, the rest shown as left out."""
        if columns(text) <= room:
            return text
        room = max(0, room - columns(self.signs.more))
        kept, used = 0, 0
        for character in text:
            used += columns(character)
            if used > room:
                break
            kept += 1
        return text[:kept] + self.signs.more

    def fitted(self, line: Line) -> Line:
        """A line that fits, whatever was put into it, and that ends in no blanks."""
        while line and not line[-1][0].rstrip():
            line = line[:-1]
        if line:
            line = (*line[:-1], (line[-1][0].rstrip(), line[-1][1]))
        if sum(columns(text) for text, _ in line) <= self.width:
            return line
        kept: list[Piece] = []
        room = self.width
        for text, ink in line:
            if columns(text) > room:
                return (*kept, (self.cut(text, room), ink))
            kept.append((text, ink))
            room -= columns(text)
        return tuple(kept)

    def ending(self, text: str, room: int) -> str:
        """As much of the end of a text as fits: of a path, what tells it apart."""
        if columns(text) <= room:
            return text
        room = max(0, room - columns(self.signs.more))
        kept = len(text)
        used = 0
        while kept and used + columns(text[kept - 1]) <= room:
            kept -= 1
            used += columns(text[kept])
        return self.signs.more + text[kept:]

    def value(self, value: Value, said: tuple[str, ...], room: int, *, quoted: bool = False) -> str:
        """One value; of a long text the part that what was `said` found. What is no plain text stands without quotes."""
        if not isinstance(value, str):
            return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        text = plain(value)
        marks = 2 if quoted or text in {"", "null", NO_VALUE} else 0
        if columns(text) + marks > room:
            text = self.cut(excerpt(text, said, max(8, room - marks - 2)).replace("…", self.signs.more), room - marks)
        return f'"{text}"' if marks else text

    def given(self, given: Given, said: tuple[str, ...] = (), room: int = WHOLE) -> str:
        """All values of a field, as many as fit."""
        if not given.values:
            return NO_VALUE
        if given.count == 1:
            return self.value(given.values[0], said, room)
        shown = ""
        for place, value in enumerate(given.values):
            left = given.count - place - 1
            rest = f", {self.signs.more} {left} more" if left else ""
            written = self.value(value, said, max(8, room - columns(rest)), quoted=True)
            if place and columns(shown) + 2 + columns(written) + columns(rest) > room:
                return f"{shown}, {self.signs.more} {left + 1} more"
            shown += (", " if place else "") + written
        left = given.count - len(given.values)
        return shown + (f", {self.signs.more} {left} more" if left else "")

    def all_given(self, every: Sequence[Given], said: tuple[str, ...], room: int) -> str:
        """Several fields with their values, the longest values cut to what the others leave."""
        between = f" {self.signs.dot} "
        names = [plain(given.name) for given in every]
        left = room - sum(columns(name) + 1 for name in names) - len(between) * (len(every) - 1)
        widths = sorted(columns(self.given(given, said)) for given in every)
        share = left
        for place, width in enumerate(widths):
            share = left // (len(widths) - place)
            left -= width
            if width > share:
                break
        share = max(8, share)
        return between.join(f"{n} {self.given(given, said, share)}" for n, given in zip(names, every, strict=True))

    def listed(self, lead: str, options: tuple[str, ...], room: int, total: int | None = None) -> str:
        """A clause with as much of its list as fits, at least one of it.

        Args:
            lead: what comes before the list.
            options: some of the list; `total` is how many there are.
            room: columns.
            total: as many as there are options, if None.
        """
        total = len(options) if total is None else total
        if total == len(options) == 1:
            return self.cut(f"{plain(lead)} {plain(options[0])}", room)
        text = f"{plain(lead)} ({plain(options[0])}"
        shown = 1
        for option in options[1:]:
            longer = f"{text}, {plain(option)}"
            if columns(longer) + columns(self._rest(total - shown - 1)) > room:
                break
            text, shown = longer, shown + 1
        left = room - columns(self._rest(total - shown))
        if columns(text) > left and left < columns(plain(lead)) + _LEAST:
            return self.cut(f"{plain(lead)} ({total:,} values)", room)
        return self.cut(text, left) + self._rest(total - shown)

    def _rest(self, left: int) -> str:
        return f", {self.signs.more} {left:,} more)" if left else ")"

    def wrapped(self, label: Line, words: Iterable[str], between: str = ", ") -> list[Line]:
        """Words after a label, below each other where they do not fit."""
        margin = sum(columns(text) for text, _ in label)
        rows = [""]
        for word in map(plain, words):
            longer = f"{rows[-1]}{between}{word}" if rows[-1] else word
            if rows[-1] and columns(longer) + len(between.rstrip()) > self.width - margin:
                rows[-1] += between.rstrip()
                rows.append(word)
            else:
                rows[-1] = longer
        heads = [label, *[((" " * margin, Ink.TEXT),)] * (len(rows) - 1)]
        return [(*head, (self.cut(row, self.width - margin), Ink.TEXT)) for head, row in zip(heads, rows, strict=True)]


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def when(time_ns: int) -> str:
    """A moment: ``2026-03-10 09:01:55.673``."""
    return moment(time_ns).replace("T", " ").removesuffix("Z")


def lasting(span_ns: int) -> str:
    """A span of time in its two largest units: ``51 ms``, ``3.2 s``, ``1m 5s``, ``2h 27m``."""
    if abs(span_ns) < _NS:
        return f"{span_ns / 1_000_000:.3g} ms"
    seconds = span_ns // _NS
    if seconds < 60:
        return f"{span_ns / _NS:.3g} s"
    parts: list[str] = []
    for size, unit in (*_UNITS, (1, "s")):
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count}{unit}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part)


def many(count: int, thing: str, things: str | None = None) -> str:
    """``1 event``, ``2,000 events``."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"
