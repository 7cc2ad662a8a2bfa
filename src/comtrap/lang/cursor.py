"""A place in the tokens of one text: looking, taking, and saying what is wrong there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.errors import Diagnostic, Label, ParseError, Span
from comtrap.lang.tokens import KEYWORDS, SURROGATE, Kind, Token, shortened, tokenise

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_CHARACTERS = 1 << 20  # a longer text is refused unread
LEVELS = 64  # how deep parentheses may nest, and how deep the tree of one expression may grow
MOST_PROBLEMS = 20  # reported of one text
_EXCERPT = 80  # what is kept of a text too long to read


class Cursor:
    """The tokens of one text and the one that comes next.

    A mistake after which nothing can be understood is raised; one that leaves the rest clear is reported, and `finish`
    raises all of them at once.

    Attributes:
        token: the next token.
        problems: what was reported so far.
    """

    def __init__(self, text: str) -> None:
        _refuse_unreadable(text)
        self.text = text
        self._tokens, self._not_a_token = tokenise(text)
        self._at = 0
        self.token = self._tokens[0]
        self.problems: list[Diagnostic] = []

    @property
    def position(self) -> int:
        """How many tokens were taken."""
        return self._at

    @property
    def ahead(self) -> Token:
        """The token after the next one; the last one for ever after the end."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    @property
    def taken(self) -> Token:
        """The last token that was taken; the first one if none was."""
        return self._tokens[max(self._at - 1, 0)]

    def take(self) -> Token:
        """Take the next token whatever it is; the last one stays."""
        token = self.token
        if self._at < len(self._tokens) - 1:
            self._at += 1
            self.token = self._tokens[self._at]
        return token

    def accept(self, *words: str) -> Token | None:
        """Take the next token if it is one of these keywords or symbols."""
        return self.take() if self.token.text in words else None

    def expect(self, word: str, advice: str | None = None) -> Token:
        """Take this keyword or symbol.

        Raises:
            ParseError: something else stands there.
        """
        if self.token.text != word:
            raise self.unexpected(f"`{word}`", advice)
        return self.take()

    def close(self, opened: Token, bracket: str) -> None:
        """Take the bracket that belongs to `opened`.

        Raises:
            ParseError: something else stands there; points at both places.
        """
        if self.token.text != bracket:
            raise self.unexpected(f"`{bracket}`", related=Label(opened.span, "opened here"))
        self.take()

    def end(self, expected: str) -> None:
        """Make sure that nothing is left.

        Raises:
            ParseError: something is.
        """
        if self.token.kind is not Kind.END:
            raise self.unexpected(expected)

    def since(self, start: int) -> Span:
        """From `start` to the end of the last token that was taken."""
        return Span(start, self.taken.end)

    def unexpected(self, expected: str, advice: str | None = None, related: Label | None = None) -> ParseError:
        """The error for a next token that cannot stand there; what is no token at all has its own."""
        if self._not_a_token is not None and self.token.kind is Kind.WRONG:
            return self._all_and(self._not_a_token)
        labels = [Label(self.token.span, f"expected {expected}")]
        if related is not None:
            labels.append(related)
        return self.error("E101", f"unexpected {shown(self.token)}", labels, self._advice() or advice)

    def error(self, code: str, title: str, where: Span | Collection[Label], advice: str | None = None) -> ParseError:
        """An error to raise now, with whatever was reported before."""
        return self._all_and(_diagnostic(code, title, where, advice))

    def report(self, code: str, title: str, where: Span | Collection[Label], advice: str | None = None) -> None:
        """A mistake that leaves the rest of the text clear."""
        self.problems.append(_diagnostic(code, title, where, advice))

    def finish(self) -> None:
        """Raise what was reported, in text order.

        Raises:
            ParseError: something was.
        """
        if self.problems:
            raise self._all_and()

    def _all_and(self, *last: Diagnostic) -> ParseError:
        """What was reported, and what makes us stop: in text order, and no more than anyone reads."""
        found = sorted(self.problems[:MOST_PROBLEMS], key=lambda problem: problem.labels[0].span.start)
        return ParseError((*found, *last), self.text)

    def _advice(self) -> str | None:
        """What to do about slips that are often made, by the token that shows them."""
        token = self.token
        if token.kind is Kind.NAME and token.text.lower() in KEYWORDS:
            return f"keywords are in lower case: did you mean `{token.text.lower()}`?"
        if token.text == "|" and "|" in {self.ahead.text, self.taken.text}:
            return "write `or`"
        if token.text == "=":
            return "equality is written `==`"
        if token.text == "not" and self.ahead.text in {":", "like", "like~", "regex", "regex~"}:
            return f"write `not` before the whole condition: `not field {self.ahead.text} …`"
        touching = self._at > 0 and self.taken.end == token.start
        if touching and {token.kind, self.taken.kind} & {Kind.NUMBER} and {token.kind, self.taken.kind} & {Kind.NAME}:
            return "a name that begins with a digit stands in back-quotes"
        return None


def shown(token: Token) -> str:
    """A token as messages name it."""
    return token.kind.value if token.kind is Kind.END else f"`{shortened(token.text)}`"


def _diagnostic(code: str, title: str, where: Span | Collection[Label], advice: str | None) -> Diagnostic:
    labels = (Label(where),) if isinstance(where, Span) else tuple(where)
    return Diagnostic(code, title, labels, advice)


def _refuse_unreadable(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        title = f"the text is too long: {len(text)} characters"
        label = Label(Span(0, 1), f"expected at most {MOST_CHARACTERS}")
        advice = "a long list of values belongs in a rule's exceptions, or in several queries"
        raise ParseError((Diagnostic("E100", title, (label,), advice),), text[:_EXCERPT])
    half = SURROGATE.search(text)
    if half is not None:
        title = f"`\\u{ord(half.group()):04x}` is half of a character"
        label = Label(Span(*half.span()), "expected a whole character")
        advice = "the text was decoded wrongly; read it as UTF-8"
        raise ParseError((Diagnostic("E115", title, (label,), advice),), SURROGATE.sub("\ufffd", text))
