"""Text to tokens.

Source: the lexical rules of Elasticsearch's EQL syntax reference; see docs/grammar.ebnf.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from comtrap.errors import Diagnostic, Label, ParseError, Span

MAX_CHARACTERS = 1 << 20  # a query longer than this is refused before it is read

KEYWORDS = frozenset(
    ["and", "any", "by", "false", "in", "join", "like", "maxspan", "not", "null", "of", "or", "regex", "sample", "sequence", "true", "until", "where", "with"]
)


class Kind(Enum):
    """What a token is."""

    IDENTIFIER = "a name"
    QUOTED = "a back-quoted name"
    KEYWORD = "a keyword"
    STRING = "a string"
    INTEGER = "an integer"
    DECIMAL = "a decimal number"
    SYMBOL = "a symbol"
    END = "the end of the query"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        text: as written; for a name without its back-quotes.
        value: what a string or number stands for.
    """

    kind: Kind
    text: str
    span: Span
    value: str | int | float | None = None

    @property
    def shown(self) -> str:
        """As messages name it."""
        return self.kind.value if self.kind is Kind.END else f"`{self.text}`"


_SPACE = re.compile(r"(?:[ \t\r\n\f\v\u00a0]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_@][A-Za-z0-9_@]*")
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_SYMBOL = re.compile(r"==|!=|<=|>=|!\[|[-+*/%<>=:()\[\],.|?~!]")
_FOLDED = re.compile(r"(?:in|like|regex)~")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_UNICODE = re.compile(r"u\{([^}\n\"]*)\}")


def tokens(text: str) -> list[Token]:
    """All tokens of a text, the last one of kind END.

    Raises:
        ParseError: at the first place that is no token.
    """
    if len(text) > MAX_CHARACTERS:
        fail(
            text[:80],
            "E102",
            f"the query has {len(text)} characters",
            Span(0, 80),
            f"at most {MAX_CHARACTERS} are read",
        )
    out: list[Token] = []
    at = 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at == len(text):
            out.append(Token(Kind.END, "", Span(at, at)))
            return out
        token = _next(text, at)
        out.append(token)
        at = token.span.end


def _next(text: str, at: int) -> Token:
    first = text[at]
    if first == '"':
        return _raw_string(text, at) if text.startswith('"""', at) else _string(text, at)
    if first == "`":
        return _quoted(text, at)
    if first == "'":
        end = text.find("'", at + 1) + 1 or len(text)
        fail(
            text,
            "E103",
            "single quotes do not make a string",
            Span(at, end),
            'a string is written in double quotes: "…"',
        )
    if first == "?" and text[at + 1 : at + 2] in {'"', "'"}:
        fail(text, "E104", "`?` before a string", Span(at, at + 2), 'a string without escapes is written """…"""')
    if text.startswith("/*", at):
        fail(text, "E105", "this comment does not end", Span(at, at + 2), "close it with `*/`")
    folded = _FOLDED.match(text, at)
    if folded:
        return Token(Kind.KEYWORD, folded.group(), Span(*folded.span()))
    name = _NAME.match(text, at)
    if name:
        kind = Kind.KEYWORD if name.group() in KEYWORDS else Kind.IDENTIFIER
        return Token(kind, name.group(), Span(*name.span()))
    number = _NUMBER.match(text, at)
    if number:
        return _number(text, number)
    symbol = _SYMBOL.match(text, at)
    if symbol:
        return Token(Kind.SYMBOL, symbol.group(), Span(*symbol.span()))
    fail(
        text,
        "E101",
        f"unexpected character {first!r}",
        Span(at, at + 1),
        "a name with such characters is written in back-quotes: `my-field`",
    )


def _number(text: str, found: re.Match[str]) -> Token:
    written, span = found.group(), Span(*found.span())
    after = text[span.end : span.end + 1]
    if after == "_" or (after.isalpha() and written[-1] == "."):
        fail(
            text,
            "E106",
            f"`{written}{after}` is neither a number nor a name",
            span,
            "a name that begins with a digit is written in back-quotes",
        )
    if not written.isdigit():
        return Token(Kind.DECIMAL, written, span, float(written))
    if len(written) > 400:
        fail(text, "E106", "this number is too long", span, "numbers have 64 bits")
    whole = int(written)
    if whole >= 1 << 63:
        return Token(Kind.DECIMAL, written, span, float(whole))
    return Token(Kind.INTEGER, written, span, whole)


def _quoted(text: str, at: int) -> Token:
    """A back-quoted name; a back-quote inside is doubled."""
    parts, start = [], at + 1
    while True:
        end = text.find("`", start)
        if end < 0 or "\n" in text[start:end]:
            fail(
                text,
                "E107",
                "this back-quoted name does not end",
                Span(at, at + 1),
                "close it with a back-quote on the same line",
            )
        parts.append(text[start:end])
        if text[end + 1 : end + 2] != "`":
            break
        start = end + 2
    name = "`".join(parts)
    if not name:
        fail(text, "E107", "an empty name", Span(at, end + 1), "there must be something between the back-quotes")
    return Token(Kind.QUOTED, name, Span(at, end + 1))


def _raw_string(text: str, at: int) -> Token:
    """`\"\"\"text\"\"\"`: no escapes, one line; up to two more quotes at the end belong to the text."""
    end = text.find('"""', at + 3)
    line = re.compile(r"[\r\n]").search(text, at + 3)
    if end < 0 or (line is not None and line.start() < end):
        fail(text, "E108", "this string does not end", Span(at, at + 3), 'close it with """ on the same line')
    for _ in range(2):
        end += text[end + 3 : end + 4] == '"'
    return Token(Kind.STRING, text[at : end + 3], Span(at, end + 3), text[at + 3 : end])


def _string(text: str, at: int) -> Token:
    parts: list[str] = []
    start = place = at + 1
    while True:
        character = text[place : place + 1]
        if character in {"", "\n", "\r"}:
            fail(
                text,
                "E108",
                "this string does not end",
                Span(at, place),
                'close it with " on the same line; a line break is written \\n',
            )
        if character == '"':
            parts.append(text[start:place])
            return Token(Kind.STRING, text[at : place + 1], Span(at, place + 1), "".join(parts))
        if character != "\\":
            place += 1
            continue
        parts.append(text[start:place])
        escaped, place = _escape(text, place)
        parts.append(escaped)
        start = place


def _escape(text: str, at: int) -> tuple[str, int]:
    """What the escape at a backslash stands for, and where it ends."""
    letter = text[at + 1 : at + 2]
    if letter in _ESCAPES and letter:
        return _ESCAPES[letter], at + 2
    code = _UNICODE.match(text, at + 1)
    if code is None:
        fail(
            text,
            "E109",
            f"`\\{letter}` is no escape",
            Span(at, at + 2),
            'there are \\b \\t \\n \\f \\r \\" \\\' \\\\ and \\u{…}; a backslash is written \\\\, or the string in """…"""',
        )
    digits, span = code.group(1), Span(at, code.end())
    if not 2 <= len(digits) <= 8 or not re.fullmatch("[0-9A-Fa-f]+", digits):
        fail(text, "E110", f"`\\u{{{digits}}}` is no character code", span, "it takes 2 to 8 hexadecimal digits")
    number = int(digits, 16)
    if 0xD800 <= number <= 0xDFFF:
        fail(
            text,
            "E110",
            f"`\\u{{{digits}}}` is half of a surrogate pair",
            span,
            "write the code of the whole character",
        )
    if number > 0x10FFFF:
        fail(text, "E110", f"`\\u{{{digits}}}` is beyond the last character", span, "the last is \\u{10ffff}")
    return chr(number), code.end()


def fail(text: str, code: str, title: str, span: Span, help_: str | None) -> NoReturn:
    """Refuse a text for one reason at one place."""
    raise ParseError((Diagnostic(code, title, (Label(span),), help_),), text)
