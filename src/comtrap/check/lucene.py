"""Lucene's regular expressions, and what Elasticsearch takes for them on computed texts, as patterns for RE2.

Source: Elasticsearch's reference, regular expression syntax (all operators enabled, as EQL does), and the grammar in the
documentation of Lucene's RegExp class; for computed texts the documentation of Java's Pattern class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.check import language
from comtrap.check.language import ANY_CHAR, ANY_TEXT, EMPTY, NOTHING, Concat, Language, Repeat, TooLargeError, Union

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DEEP = 100
_DIGITS = [(0x30, 0x39)]
_WORD = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
_BLANK = [(0x09, 0x0A), (0x0D, 0x0D), (0x20, 0x20)]
_JAVA_BLANK = [(0x09, 0x0D), (0x20, 0x20)]
_JAVA_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


@dataclass
class PatternError(Exception):
    """The text is no such regular expression, or is one that RE2 cannot run.

    Attributes:
        message: what is the matter.
        position: where in the pattern, counted from 0.
        is_wrong: true for a text that is no expression, false for one that is and has no RE2 form.
    """

    message: str
    position: int
    is_wrong: bool = True


def read(pattern: str, *, ignore_case: bool = False, computed: bool = False) -> Language:
    """The language of a pattern.

    Args:
        pattern: the expression, escapes of the EQL string already resolved.
        ignore_case: the pattern is for values in lower case. It must not be put in lower case itself.
        computed: the value is computed, so that Elasticsearch runs the pattern as a Java one. Only what both read alike
            or Java alone is taken; a dot takes line breaks too, as everywhere else.

    Raises:
        PatternError: the pattern is wrong, or RE2 has no form of it.
    """
    return (_Java if computed else _Lucene)(pattern, ignore_case=ignore_case).parse()


def translate(pattern: str, *, ignore_case: bool = False, computed: bool = False) -> str:
    """The same language as an RE2 pattern without anchors or flags; it has to match the whole value.

    Takes what `read` takes.

    Raises:
        PatternError: the pattern is wrong, or RE2 has no form of it.
    """
    found = read(pattern, ignore_case=ignore_case, computed=computed)
    try:
        return language.render(found)
    except TooLargeError:
        raise PatternError(f"it has more than {language.MOST_STATES:,} states", 0, is_wrong=False) from None


class _Lucene:
    """Recursive descent over one pattern; a method for each line of the grammar."""

    ends = ")|&"

    def __init__(self, pattern: str, *, ignore_case: bool) -> None:
        self.pattern = pattern
        self.ignore_case = ignore_case
        self.at = 0
        self.depth = 0

    def parse(self) -> Language:
        if not self.pattern:
            return EMPTY
        found = self.union()
        if self.at < len(self.pattern):
            raise self.wrong(f"`{self.pattern[self.at]}` closes nothing")
        return found

    # --- reading ---

    def peek(self, any_of: str) -> bool:
        return self.at < len(self.pattern) and self.pattern[self.at] in any_of

    def match(self, char: str) -> bool:
        found = self.pattern.startswith(char, self.at)
        self.at += len(char) * found
        return found

    def next(self) -> str:
        if self.at >= len(self.pattern):
            raise self.wrong("it ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def upto(self, char: str) -> str:
        """What stands before the next `char`, which is read too."""
        end = self.pattern.find(char, self.at)
        if end < 0:
            raise self.wrong(f"`{char}` is missing")
        found, self.at = self.pattern[self.at : end], end + 1
        return found

    def wrong(self, message: str) -> PatternError:
        return PatternError(message, self.at)

    def no_form(self, message: str) -> PatternError:
        return PatternError(message, self.at, is_wrong=False)

    # --- the grammar ---

    # union := intersection ("|" intersection)*
    def union(self) -> Language:
        self.depth += 1
        if self.depth > _MOST_DEEP:
            raise self.no_form(f"it is nested deeper than {_MOST_DEEP}")
        parts = [self.intersection()]
        while self.match("|"):
            parts.append(self.intersection())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Union(tuple(parts))

    # intersection := concat ("&" concat)*
    def intersection(self) -> Language:
        found = self.concat()
        if self.peek("&"):
            raise self.no_form("`&` asks for two patterns at once, which RE2 cannot; use `and` between two conditions")
        return found

    # concat := repeat repeat*      whatever stands first is taken, even what elsewhere is an operator
    def concat(self) -> Language:
        parts = [self.repeat()]
        while self.at < len(self.pattern) and not self.peek(self.ends):
            parts.append(self.repeat())
        return parts[0] if len(parts) == 1 else Concat(tuple(parts))

    # repeat := complement ("?" | "*" | "+" | "{" n ("," m?)? "}")*
    def repeat(self) -> Language:
        found = self.complement()
        start = self.depth
        while self.peek("?*+{"):
            self.depth += 1  # the tree deepens by one each
            if self.depth > _MOST_DEEP:
                raise self.no_form(f"it is nested deeper than {_MOST_DEEP}")
            found = self.repeated(found)
        self.depth = start
        return found

    def repeated(self, part: Language) -> Language:
        sign = self.next()
        if sign != "{":
            low, high = {"?": (0, 1), "*": (0, None), "+": (1, None)}[sign]
            return Repeat(part, low, high)
        count = self.integer()
        if count is None:
            raise self.wrong("a number is missing after `{`")
        most: int | None = count
        if self.match(","):
            most = self.integer()
        if not self.match("}"):
            raise self.wrong("`}` is missing")
        return Repeat(part, count, most)

    def integer(self) -> int | None:
        start = self.at
        while self.peek("0123456789"):
            self.at += 1
        digits = self.pattern[start : self.at]
        if len(digits) > 9:
            raise self.wrong("the count is too large")
        return int(digits) if digits else None

    # complement := "~" complement | class
    def complement(self) -> Language:
        if self.peek("~"):
            raise self.no_form("`~` asks for all other texts, which RE2 cannot; use `not` before a condition")
        return self.char_class()

    # class := "[" "^"? item+ "]" | simple      item := predefined | char ("-" char)?
    def char_class(self) -> Language:
        if not self.match("["):
            return self.simple()
        negated = self.match("^")
        ranges = self.item()
        while self.at < len(self.pattern) and not self.peek("]"):
            ranges += self.item()
        if not self.match("]"):
            raise self.wrong("`]` is missing")
        found = language.chars(ranges, ignore_case=self.ignore_case)
        return language.complement(found) if negated else found

    def item(self) -> list[tuple[int, int]]:
        predefined = self.predefined()
        if predefined is not None:
            return predefined
        low = ord(self.char())
        if not self.match("-"):
            return [(low, low)]
        high = ord(self.char())
        if high < low:
            raise self.wrong(f"`{chr(low)}-{chr(high)}` runs backwards")
        return [(low, high)]

    # predefined := "\d" | "\D" | "\s" | "\S" | "\w" | "\W"
    def predefined(self) -> list[tuple[int, int]] | None:
        name = self.pattern[self.at : self.at + 2]
        ranges = self.sets().get(name.lower())
        if ranges is None:
            return None
        self.at += 2
        return [*language.complement(language.chars(ranges)).ranges] if name[1].isupper() else [*ranges]

    def sets(self) -> dict[str, list[tuple[int, int]]]:
        return {"\\d": _DIGITS, "\\s": _BLANK, "\\w": _WORD}

    # simple := "." | "#" | "@" | '"' text '"' | "(" union? ")" | "<" n "-" m ">" | predefined | char
    def simple(self) -> Language:
        readers: dict[str, Callable[[], Language]] = {
            ".": lambda: ANY_CHAR,
            "#": lambda: NOTHING,
            "@": lambda: ANY_TEXT,
            '"': lambda: self.text(self.upto('"')),
            "(": self.group,
            "<": self.interval,
        }
        for sign, reader in readers.items():
            if self.match(sign):
                return reader()
        return self.single()

    def single(self) -> Language:
        predefined = self.predefined()
        if predefined is not None:
            return language.chars(predefined)
        return self.text(self.char())

    def text(self, value: str) -> Language:
        return language.text(value, ignore_case=self.ignore_case)

    def group(self) -> Language:
        if self.match(")"):
            return EMPTY
        found = self.union()
        if not self.match(")"):
            raise self.wrong("`)` is missing")
        return found

    def interval(self) -> Language:
        low, dash, high = self.upto(">").partition("-")
        if not (dash and low.isascii() and low.isdigit() and high.isascii() and high.isdigit()):
            raise self.wrong("between `<` and `>` stand two numbers, such as `<1-100>`")
        if max(len(low), len(high)) > 10:
            raise self.wrong("the number is too large")
        first, last = sorted((int(low), int(high)))
        return language.numbers(first, last, len(low) if len(low) == len(high) else 0)

    # char := any character | "\" any character
    def char(self) -> str:
        self.match("\\")
        return self.next()


class _Java(_Lucene):
    """What a Java pattern means; whatever it has beyond Lucene's common part is refused."""

    ends = ")|"

    def parse(self) -> Language:
        found = self.union()
        if self.at < len(self.pattern):
            raise self.wrong(f"`{self.pattern[self.at]}` closes nothing")
        return found

    def intersection(self) -> Language:
        return self.concat()

    def concat(self) -> Language:
        parts: list[Language] = []
        while self.at < len(self.pattern) and not self.peek(self.ends):
            parts.append(self.repeat())
        return parts[0] if len(parts) == 1 else Concat(tuple(parts))

    def repeat(self) -> Language:
        if self.peek("?*+{"):
            raise self.wrong(f"`{self.pattern[self.at]}` repeats nothing")
        found = self.char_class()
        if not self.peek("?*+{"):
            return found
        found = self.repeated(found)
        if self.peek("+"):
            raise self.no_form("possessive counts have no RE2 form")
        self.match("?")  # how much it takes first makes no difference when the whole value must match
        if self.peek("?*+{"):
            raise self.wrong(f"`{self.pattern[self.at]}` repeats nothing")
        return found

    def repeated(self, part: Language) -> Language:
        found = super().repeated(part)
        if isinstance(found, Repeat) and found.high is not None and found.high < found.low:
            raise self.wrong("the counts run backwards")
        return found

    def char_class(self) -> Language:
        if self.peek("["):
            end = self.pattern.find("]", self.at + 2)
            inside = self.pattern[self.at + 1 : end]
            if "[" in inside or "&&" in inside or inside.startswith("]"):
                raise self.no_form("classes in classes have no RE2 form; write out the characters")
        return super().char_class()

    def sets(self) -> dict[str, list[tuple[int, int]]]:
        return {**super().sets(), "\\s": _JAVA_BLANK}

    def simple(self) -> Language:
        if self.match("."):
            return ANY_CHAR
        if self.match("("):
            return self.group()
        if self.peek("^$"):
            raise self.no_form(
                f"on a computed text `{self.pattern[self.at]}` is an anchor; leave it out, the whole text is compared anyway"
            )
        return self.single()

    def group(self) -> Language:
        if not self.match("?:") and self.peek("?"):
            raise self.no_form("`(?` begins an extension of Java's that RE2 lacks")
        return super().group()

    def char(self) -> str:
        if not self.match("\\"):
            return self.next()
        char = self.next()
        if char in _JAVA_ESCAPES:
            return _JAVA_ESCAPES[char]
        if char.isascii() and char.isalnum():
            raise self.no_form(f"`\\{char}` has no RE2 form")
        return char
