"""A query's text as people read it best: broken over lines where it is long, its comments kept.

What fits on one line stands on one. Else each operand of ``and`` and ``or`` has a line, the operator at its end, but for
those that open a condition and say which events are meant (``event.…``, ``host.…``): these share a line. Lists are
filled up to the width; each stage of a sequence or sample begins a line. The words stay as they were written: how a
text is quoted, how a number is spelled, which of two ways to say a thing was chosen. Parentheses that say nothing go. Of
blank lines between what stands on lines of its own, one stays.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comtrap.lang.outline import Chain, Group, Phrase, outline, width
from comtrap.lang.parse import parse
from comtrap.lang.words import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.lang.outline import Condition, Event, Outline, Part

WIDTH = 110  # a line that would be longer is broken where it can be
_INDENT = 2


def layout(text: str) -> str:
    """A query laid out: the same words, with the same comments, without a line feed at the end.

    Raises:
        ParseError: the text is not EQL.
    """
    query = parse(text)
    found = arranged(text)
    assert parse(found) == query, "laying out a query changed it"
    return found


def arranged(text: str) -> str:
    """The same of a text that is known to be a query."""
    return _Page().query(outline(text))


class _Page:
    """What has been written, and the line that is being written."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._column = 0
        self._ended = False  # by a comment: whatever comes next begins a line
        self._apart = False  # a blank line comes before the next line, if there is one
        self._opened = True  # nothing stands in this block yet, so that no blank line may
        self._opening = False  # all that was said of an event is which events are meant; that may share a line

    def query(self, found: Outline) -> str:
        """The lines of a query."""
        pipes = [word for pipe in found.pipes for word in pipe]
        if not found.header and width([*found.events[0].parts, *pipes]) <= WIDTH:
            self._all([*found.events[0].parts, *pipes], 0)
        else:
            if found.header:
                self._words(found.header)
                self._opened = True
            for event in found.events:
                self._event(event, _INDENT if found.header else 0)
            for pipe in found.pipes:
                self._words(pipe)
        if found.end.before:
            self._newline(0, apart=found.end.apart)
            self._comments(found.end, 0)
        return "\n".join([*self._lines, "".join(self._line)]).rstrip("\n")

    def _words(self, words: Sequence[Word]) -> None:
        """Words on a line of their own, at the margin."""
        self._newline(0, apart=words[0].apart)
        self._ready(words[0], 0)
        self._all(words, _INDENT)

    def _event(self, event: Event, indent: int) -> None:
        """An event of its own, or a stage on a line of its own."""
        self._newline(indent, apart=event.head[0].apart)
        self._ready(event.head[0], indent)
        if self._fits(width(event.parts)):
            self._all(event.parts, indent + _INDENT)
            return
        self._all(event.head, indent + _INDENT)
        self._opened = True
        self._condition(event.condition, indent + _INDENT, width(event.tail))
        for place, word in enumerate(event.tail):
            if place == 0:
                self._close(word, indent)
            self._word(word, indent + _INDENT)

    def _condition(self, condition: Condition, indent: int, after: float) -> None:
        """On the line of its ``where`` if it fits, or if it is a chain of ``and`` whose first operand does."""
        self._ready(condition.first, indent)
        broken = not self._fits(self._needs(condition) + after)
        if broken and self._line:
            joined = isinstance(condition, Chain) and condition.operator == "and"
            if not (joined and self._fits(self._needs(condition.parts[0]) + len(" and"))):
                self._newline(indent)
        if broken and isinstance(condition, Chain):
            self._opening = condition.operator == "and"
            self._chain(condition, indent, after)
        else:
            self._part(condition, indent, after)

    def _chain(self, chain: Chain, indent: int, after: float, *, within: int = 0) -> None:
        """Each operand on a line; those after the first stand further in if it is `within` another chain."""
        last = len(chain.parts) - 1
        for place, part in enumerate(chain.parts):
            inner = indent + (within if place else 0)
            if isinstance(part, Word):
                self._word(part, inner)
                continue
            follows = after if place == last else 1 + len(chain.operator)
            self._opening = self._opening and _says_which_events(part) and (not place or self._joins(part, follows))
            if place and not self._opening:
                self._newline(inner, apart=part.first.apart)
            self._part(part, inner, follows)

    def _joins(self, part: Part, follows: float) -> bool:
        """Whether something can stand on the line that is being written."""
        free = self._ended or part.first.broken or part.first.apart
        return not free and self._fits(self._needs(part) + follows)

    def _part(self, part: Part, indent: int, after: float) -> None:
        """On this line if there is room for it and for what comes after it, else broken."""
        self._ready(part.first, indent)
        if self._fits(self._needs(part) + after):
            self._all([part], indent)
            return
        match part:
            case Word():
                self._word(part, indent)
            case Group():
                self._group(part, indent)
            case Chain():
                self._chain(part, indent, after, within=_INDENT)
            case Phrase():
                for piece, follows in zip(part.parts, _following(part.parts, after), strict=True):
                    inner = indent if isinstance(piece, Group) else indent + _INDENT
                    self._part(piece, inner, follows)

    def _group(self, group: Group, indent: int) -> None:
        opened, *items, closed = group.parts
        assert isinstance(opened, Word)
        assert isinstance(closed, Word)
        inside = indent + _INDENT
        self._word(opened, inside)
        self._opened = True
        # A list with comments keeps its lines: who wrote them put together what they are about.
        kept = math.isinf(group.width)
        for place, item in enumerate(items):
            if isinstance(item, Word):
                self._word(item, inside)
                continue
            after = 1 if place + 1 < len(items) else 0
            if place == 0 or (kept and item.first.fresh) or not self._fits(self._needs(item) + after):
                self._newline(inside, apart=kept and item.first.apart)
            if isinstance(item, Chain) and len(items) == 1:
                self._ready(item.first, inside)
                self._chain(item, inside, after)
            else:
                self._part(item, inside, after)
        self._newline(inside)
        self._close(closed, indent)
        self._word(closed, indent)

    def _close(self, word: Word, indent: int) -> None:
        """Make ready for a bracket: comments before it are the last of what it closes."""
        self._ready(word, indent + _INDENT)
        if not self._line:
            self._newline(indent)

    def _all(self, parts: Sequence[Part], indent: int) -> None:
        """All words of some parts, on one line but for comments."""
        left = list(reversed(parts))
        while left:
            part = left.pop()
            if isinstance(part, Word):
                self._word(part, indent)
            else:
                left += reversed(part.parts)

    def _word(self, word: Word, indent: int) -> None:
        self._ready(word, indent)
        comments = [comment.text for comment in word.before]
        for text in comments:
            self._put(text, space=word.space)
        self._put(word.text, space=word.space or bool(comments))
        for text in word.after:
            self._put(text, space=True)
        self._ended = bool(word.after)

    def _ready(self, word: Word, indent: int) -> None:
        """Begin a line if a comment asks for one, and write the comments that stand on lines of their own."""
        if self._ended:
            self._newline(indent, apart=word.apart)
        self._comments(word, indent)

    def _comments(self, word: Word, indent: int) -> None:
        """Write the comments before a word, those that stand on its line excepted."""
        last = max((place for place, comment in enumerate(word.before, 1) if comment.breaks), default=0)
        above, word.before = word.before[:last], word.before[last:]
        begins = True
        for comment in above:
            if begins:
                self._newline(indent, apart=comment.blank)
            self._put(comment.text, space=True)
            begins = comment.ends_line
        if above and begins:
            self._newline(indent, apart=word.apart)

    def _newline(self, indent: int, *, apart: bool = False) -> None:
        """Begin a line; the one that is being written, if nothing stands on it yet."""
        if self._line:
            self._lines.append("".join(self._line))
            self._line = []
            self._apart = False
        self._apart = (self._apart or apart) and not self._opened
        self._column = indent
        self._ended = False

    def _put(self, text: str, *, space: bool) -> None:
        if self._line:
            text = " " * space + text
        else:
            self._lines += [""] * self._apart
            text, self._column = " " * self._column + text, 0
        self._line.append(text)
        _, broken, last = text.rpartition("\n")
        self._column = len(last) if broken else self._column + len(text)
        self._opened = self._apart = False

    def _fits(self, characters: float) -> bool:
        return self._column + characters <= WIDTH

    def _needs(self, part: Part) -> float:
        """The characters that a part takes on this line."""
        return part.width + (1 if part.first.space and self._line else 0)


def _says_which_events(part: Part) -> bool:
    """Whether an operand is about the kind of event or the host, as those that conditions open with are."""
    return isinstance(part, Phrase) and part.first.text in {"event", "host"}


def _following(parts: Sequence[Part], after: float) -> list[float]:
    """By part, the width of what comes on its line whatever is broken: all up to the next group and its parenthesis."""
    found: list[float] = []
    for part in reversed(parts):
        found.append(after)
        after = part.first.space + (1 if isinstance(part, Group) else part.width + after)
    return found[::-1]
