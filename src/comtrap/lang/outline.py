"""The shape of a query's text as a layout needs it: stages, conditions, what ``and`` and ``or`` join, what brackets hold.

Every word of the text is in it, in order, but for parentheses that say nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from comtrap.lang.tokens import Kind
from comtrap.lang.words import Comment, Word, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_ENDS = frozenset({",", ")", "]", "|", ""})


@dataclass(slots=True)
class Piece:
    """Something with words in it: `parts`, in text order."""

    parts: Sequence[Part]
    _width: float | None = field(default=None, init=False)

    @property
    def first(self) -> Word:
        """Its first word."""
        return self.parts[0].first

    @property
    def last(self) -> Word:
        """Its last word."""
        return self.parts[-1].last

    @property
    def width(self) -> float:
        """Its characters on one line; infinite where a comment keeps it from standing on one. Measured once."""
        if self._width is None:
            self._width = width(self.parts)
        return self._width


@dataclass(slots=True)
class Phrase(Piece):
    """What stands between ``and`` and ``or``, or between commas: words and groups."""


@dataclass(slots=True)
class Group(Piece):
    """Parentheses: the opening one, items with commas between them, the closing one."""


@dataclass(slots=True)
class Chain(Piece):
    """Operands with ``and``, or with ``or``, between them."""

    @property
    def operator(self) -> str:
        """Which of the two."""
        return self.parts[1].first.text


Part: TypeAlias = Word | Phrase | Group | Chain
Condition: TypeAlias = Phrase | Chain


@dataclass(frozen=True, slots=True)
class Event:
    """``category where condition``, with what stands before and after it on the line: brackets, keys and runs of a stage."""

    head: Sequence[Word]
    condition: Condition
    tail: Sequence[Word] = ()

    @property
    def parts(self) -> Sequence[Part]:
        """All of it in order."""
        return [*self.head, self.condition, *self.tail]


@dataclass(frozen=True, slots=True)
class Outline:
    """A query: one event, or a header and stages; then pipes, and the end of the text for the comments there."""

    header: Sequence[Word]
    events: Sequence[Event]
    pipes: Sequence[Sequence[Word]]
    end: Word


def outline(text: str) -> Outline:
    """The outline of a text that is a query."""
    return _Reader(words(text)).query()


def width(parts: Sequence[Part]) -> float:
    """Of all of them on one line; infinite where a comment between them, or in one of them, forbids that."""
    if any(one.last.after or other.first.broken for one, other in pairwise(parts)):
        return math.inf
    return sum(part.width for part in parts) + sum(part.first.space for part in parts[1:])


class _Reader:
    """Goes through the words once. The text is right, so nothing is checked."""

    def __init__(self, found: list[Word]) -> None:
        self._words = found
        self._at = 0

    def query(self) -> Outline:
        staged = self._next.kind is Kind.KEYWORD and self._next.text in {"sequence", "sample"}
        header = list(self._until("[", "![")) if staged else []
        events = list(self._stages()) if staged else [self._event([])]
        pipes = []
        while self._next.kind is not Kind.END:
            pipes.append([self._take(), *self._until("|")])
        return Outline(header, events, pipes, self._next)

    @property
    def _next(self) -> Word:
        return self._words[self._at]

    def _take(self) -> Word:
        self._at += 1
        return self._words[self._at - 1]

    def _stands(self, *texts: str) -> bool:
        return self._next.text in texts and self._next.kind is not Kind.NAME

    def _until(self, *texts: str) -> Iterator[Word]:
        """The words before the next one of these, or before the end."""
        while self._next.kind is not Kind.END and not self._stands(*texts):
            yield self._take()

    def _stages(self) -> Iterator[Event]:
        while self._stands("[", "![", "until"):
            event = self._event([*self._until("[", "!["), self._take()])
            yield Event(event.head, event.condition, [self._take(), *self._until("[", "![", "until", "|")])

    def _event(self, opening: list[Word]) -> Event:
        head = [*opening, *self._until("where"), self._take()]
        return Event(head, _bared(self._either()))

    def _either(self) -> Condition:
        return self._chain("or", self._both)

    def _both(self) -> Condition:
        return self._chain("and", self._phrase)

    def _chain(self, operator: str, operand: Callable[[], Condition]) -> Condition:
        parts: list[Part] = [operand()]
        while self._stands(operator):
            joint = self._take()
            parts += [joint, operand()]
            _pass_on(parts[-3], joint, parts[-1])
        if len(parts) == 1 and not isinstance(parts[0], Word | Group):
            return parts[0]
        return Chain([_bared(part, among_others=True) if isinstance(part, Phrase) else part for part in parts])

    def _phrase(self) -> Phrase:
        parts: list[Part] = []
        while self._next.text not in _ENDS and not self._stands("and", "or"):
            parts.append(self._group() if self._next.text == "(" else self._take())
        return Phrase(parts)

    def _group(self) -> Group:
        parts: list[Part] = [self._take()]
        while self._next.text != ")":
            if self._next.text == ",":
                comma = self._take()
                parts += [comma, _bared(self._either())]
                _pass_on(parts[-3], comma, parts[-1])
            else:
                parts.append(_bared(self._either()))
        return Group([*parts, self._take()])


def _pass_on(before: Part, joint: Word, after: Part) -> None:
    """Move the comments around an operator or a comma to where they stand once it ends a line."""
    first = after.first
    first.fresh |= joint.fresh
    moved = joint.before
    if before.last.after:  # they end the line now, and two comments may not
        moved = [*moved, *(Comment(text, ends_line=True, blank=False) for text in joint.after)]
        before.last.after, joint.after = [], before.last.after
    if moved:
        first.before, joint.before = [*moved, *first.before], []
    elif joint.blank and not first.before:
        first.blank = True


def _bared(condition: Condition, *, among_others: bool = False) -> Condition:
    """A condition, an item or, `among_others`, an operand: without parentheses around all of it that say nothing.

    Those around operands are kept where they hold ``and`` or ``or``: they say more than the rules of precedence do.
    """
    match condition:
        case Phrase(parts=[Group(parts=[Word() as opened, Phrase() | Chain() as inner, Word() as closed])]) if not (
            opened.before or opened.after or closed.before or (closed.after and inner.last.after)
        ) and not (among_others and isinstance(inner, Chain)):
            inner.first.space = opened.space
            inner.first.fresh = opened.fresh
            if not inner.first.before:
                inner.first.blank = opened.blank
            inner.last.after += closed.after
            return inner
        case _:
            return condition
