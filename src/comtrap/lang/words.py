"""A text's tokens with the comments, blank lines and line breaks around them: all that a layout has to keep."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from comtrap.lang.tokens import Kind, Token, tokenise

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_LINE_END = re.compile(r"\r\n?")
_OPENING = frozenset({"(", "[", "![", "?", "."})
_CLOSING = frozenset({")", "]", ",", "."})
_VALUES = frozenset({Kind.NAME, Kind.QUOTED_NAME, Kind.STRING, Kind.NUMBER})


class Comment(NamedTuple):
    """A comment before a word.

    Attributes:
        text: with its marks, without blanks at the ends of its lines.
        ends_line: whether what follows it stands on another line.
        blank: whether a blank line comes before it.
    """

    text: str
    ends_line: bool
    blank: bool

    @property
    def breaks(self) -> bool:
        """Whether it keeps what is around it from standing on one line."""
        return self.ends_line or "\n" in self.text


@dataclass(slots=True)
class Word:
    """A token with its comments.

    Attributes:
        kind: what it is; a keyword after a dot is a name.
        before: the comments that belong to it, in order.
        after: those at the end of the line, where it is the last on its line.
        space: whether a blank stands between it and the word before it.
        fresh: whether it, or its first comment, begins a line.
        blank: whether a blank line comes before it; before its first comment, that is said by the comment.
    """

    kind: Kind
    text: str
    before: list[Comment] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    space: bool = True
    fresh: bool = False
    blank: bool = False

    @property
    def width(self) -> int:
        """Characters, with comments on its own line before it."""
        return len(self.text) + sum(len(c.text) + 1 for c in self.before if not c.breaks)

    @property
    def first(self) -> Word:
        """Itself, as with anything that is laid out."""
        return self

    @property
    def last(self) -> Word:
        """Itself, as with anything that is laid out."""
        return self

    @property
    def broken(self) -> bool:
        """Whether a comment of its own keeps it from standing on the line of the word before it."""
        return any(comment.breaks for comment in self.before)

    @property
    def apart(self) -> bool:
        """Whether a blank line comes before it and its comments."""
        return self.before[0].blank if self.before else self.blank


def words(text: str) -> list[Word]:
    """The words of a text that is EQL, the end of the text as the last one.

    A comment at the end of a line belongs to the word before it, any other to the word after it.
    """
    tokens, _ = tokenise(text)
    if not tokens[-1].text:
        tokens[-1] = tokens[-1]._replace(start=len(text))
    found: list[Word] = []
    end, signed = 0, False
    for before, token in zip([None, *tokens], tokens, strict=False):
        named = before is not None and before.text == "." and token.kind is Kind.KEYWORD
        word = Word(Kind.NAME if named else token.kind, token.text)
        word.space = before is not None and not signed and _spaced(before, word)
        _keep(text[end : token.start], word, found[-1] if found else None)
        signed = token.text in {"+", "-"} and not (found and _is_value(found[-1]))
        found.append(word)
        end = token.end
    return found


def _is_value(word: Word) -> bool:
    return word.kind in _VALUES or word.text in {")", "true", "false", "null"}


def _spaced(before: Token, word: Word) -> bool:
    if before.text in _OPENING or word.text in _CLOSING or "=" in {before.text, word.text}:
        return False
    if word.text == "(":  # of a call
        return before.kind not in {Kind.NAME, Kind.CASELESS_NAME}
    return not (before.kind is Kind.NUMBER and word.kind is Kind.NAME)  # a unit of time


def _keep(gap: str, word: Word, before: Word | None) -> None:
    """Give the comments between two words to them."""
    gap = _LINE_END.sub("\n", gap)
    comments = list(_COMMENT.finditer(gap))
    breaks = list(_breaks(gap, comments))
    at = 0
    if before is not None:
        while at < len(comments) and not breaks[at]:
            at += 1
        if at and not breaks[at] and word.kind is not Kind.END:
            at = 0  # the next word is on this line too
        before.after = [_text(comment) for comment in comments[:at]]
    word.fresh = breaks[at] > 0
    word.blank = breaks[-1] > 1
    for place in range(at, len(comments)):
        follows = breaks[place + 1] > 0 or word.kind is Kind.END
        word.before.append(Comment(_text(comments[place]), follows, breaks[place] > 1))


def _breaks(gap: str, comments: list[re.Match[str]]) -> Iterator[int]:
    """How many line breaks there are before each comment, and after the last."""
    at = 0
    for comment in comments:
        yield gap.count("\n", at, comment.start())
        at = comment.end()
    yield gap.count("\n", at)


def _text(comment: re.Match[str]) -> str:
    return "\n".join(line.rstrip() for line in comment.group().split("\n"))
