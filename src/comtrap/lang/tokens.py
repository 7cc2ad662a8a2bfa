"""Text to tokens: the lexical rules of EQL, written by hand.

Source: the EQL syntax reference of Elasticsearch, sections on identifiers, strings, numbers and comments.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from comtrap.errors import Diagnostic, Label, Span

if TYPE_CHECKING:
    from collections.abc import Callable

KEYWORDS = frozenset(
    "and any by false in join like maxspan not null of or regex sample sequence true until where with".split()  # noqa: SIM905 - read as a sentence
)
CASELESS_OPERATORS = frozenset({"in~", "like~", "regex~"})

_TOKEN = re.compile(
    r"""
    [ \t\r\n]*+ (?:
      (?P<name>       [A-Za-z_@][A-Za-z0-9_]*+ ~? )
    | (?P<usual>      " (?!"") (?: [^"\\\r\n]++ | \\[btnfr"'\\] )*+ " )    # a text without code points
    | (?P<number>     (?: [0-9]++ (?: \.[0-9]*+ )? | \.[0-9]++ ) (?: [eE][+-]?[0-9]++ )? )
    | (?P<comment>    // [^\r\n]*+ | /\* )
    | (?P<symbol>     == | != | <= | >= | !\[ | [-+*/%<>=:,.()\[\]|?] )
    | (?P<string>     " )
    | (?P<back_quote> ` )
    | (?P<end>        \Z )
    )
    """,
    re.VERBOSE,
)
_BLANKS = re.compile(r"[ \t\r\n]*+")
_PLAIN = re.compile(r'[^"\\\r\n]*+')
_LINE_BREAK = re.compile(r"[\r\n]")
_UNICODE = re.compile(r"\\u\{([0-9A-Fa-f]*+)\}")
SURROGATE = re.compile("[\ud800-\udfff]")  # half of a pair: such text has no bytes and equals no event's
_BACK_QUOTED = re.compile(r"`((?:[^`]|``)*+)`")
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_RAW = '"""'
_NOT_EQL = {
    "&": "write `and`",
    "!": "write `not` before a condition, `!=` between values, and `![` without a blank before a missing event",
    "~": "`~` touches the name or operator it belongs to, as in `like~` or `endsWith~(…)`",
    "“": 'text stands between straight double quotes: `"…"`',
    "”": 'text stands between straight double quotes: `"…"`',
    "„": 'text stands between straight double quotes: `"…"`',
    "\u00a0": "this is a no-break space; write a plain blank",
    "\ufeff": "this is a byte order mark; remove it",
    "#": "a comment is `// …` or `/* … */`",
    ";": "a query ends where its text ends; remove the `;`",
}


class Kind(Enum):
    """What a token is."""

    NAME = "name"
    CASELESS_NAME = "name followed by ~"
    QUOTED_NAME = "back-quoted name"
    KEYWORD = "keyword"
    STRING = "text"
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "end of the query"
    WRONG = "not a token"


class Token(NamedTuple):
    """One token; its `text` alone tells keywords and symbols from names and strings.

    `value` is the meaning: a string's characters, a name without its back-quotes or ``~``; otherwise the text.
    """

    kind: Kind
    text: str
    value: str
    start: int

    @property
    def end(self) -> int:
        """Where the token ends in the source."""
        return self.start + len(self.text)

    @property
    def span(self) -> Span:
        """Where the token stands in the source."""
        return Span(self.start, self.end)


class _NotATokenError(Exception):
    """Carries the diagnostic from where it is found to `tokenise`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic)
        self.diagnostic = diagnostic


def tokenise(text: str) -> tuple[list[Token], Diagnostic | None]:
    """The tokens of a text without blanks and comments, the last one of kind END or WRONG.

    The first thing that is no token ends the list with WRONG, and is described by the diagnostic: whether something
    before it is wrong too is for the parser to say first.
    """
    tokens: list[Token] = []
    try:
        _scan(text, tokens.append)
    except _NotATokenError as error:
        span = error.diagnostic.labels[0].span
        tokens.append(Token(Kind.WRONG, text[span.start : span.end], "", span.start))
        return tokens, error.diagnostic
    tokens.append(Token(Kind.END, "", "", tokens[-1].end if tokens else 0))
    return tokens, None


def _scan(text: str, add: Callable[[Token], None]) -> None:
    at, kind = 0, ""
    while kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            raise _character(text, _blanks_end(text, at))
        kind = str(match.lastgroup)
        found, start, at = match[kind], match.start(kind), match.end()
        if kind == "name":
            add(_name(found, start))
        elif kind == "symbol":
            if found == "?" and text[at : at + 1] in {'"', "'"}:
                raise _question_mark(start)
            add(Token(Kind.SYMBOL, found, found, start))
        elif kind == "usual":
            add(Token(Kind.STRING, found, _unescaped(found[1:-1]), start))
        elif kind == "comment":
            at = at if found != "/*" else _comment_end(text, start)
        elif kind != "end":
            rare = _rare(text, kind, found, start)
            add(rare)
            at = rare.end


def _rare(text: str, kind: str, found: str, at: int) -> Token:
    if kind == "number":
        return Token(Kind.NUMBER, found, found, at)
    if kind == "back_quote":
        return _quoted_name(text, at)
    return _raw_string(text, at) if text.startswith(_RAW, at) else _string(text, at)


def _blanks_end(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    assert blanks is not None  # the pattern also matches nothing
    return blanks.end()


def _unescaped(inside: str) -> str:
    """The characters of a text whose escapes are all of one letter; mostly these are doubled backslashes."""
    backslashes = inside.count("\\")
    if backslashes == 2 * inside.count("\\\\"):
        return inside.replace("\\\\", "\\") if backslashes else inside
    return _ESCAPED.sub(lambda escape: _ESCAPES[escape[1]], inside)


def _wrong(code: str, title: str, span: Span, label: str, advice: str | None = None) -> _NotATokenError:
    return _NotATokenError(Diagnostic(code, title, (Label(span, label),), advice))


def _name(found: str, at: int) -> Token:
    if found in KEYWORDS or found in CASELESS_OPERATORS:
        return Token(Kind.KEYWORD, found, found, at)
    if found.endswith("~"):
        return Token(Kind.CASELESS_NAME, found, found[:-1], at)
    return Token(Kind.NAME, found, found, at)


def _question_mark(at: int) -> _NotATokenError:
    return _wrong(
        "E105",
        "`?` before quotes is not EQL",
        Span(at, at + 2),
        "`?` makes a field optional, it does not make text raw",
        'write raw text as `"""…"""`',
    )


def _comment_end(text: str, at: int) -> int:
    end = text.find("*/", at + 2)
    if end < 0:
        raise _wrong("E109", "comment without an end", Span(at, at + 2), "opened here", "close it with `*/`")
    return end + 2


def _raw_string(text: str, at: int) -> Token:
    inside = at + len(_RAW)
    close = text.find(_RAW, inside)
    if close < 0 or _LINE_BREAK.search(text, inside, close) is not None:
        raise _wrong(
            "E103",
            "raw text without an end",
            Span(at, inside),
            'opened here, not closed by `"""` on this line',
            'close it with `"""` on the line it starts on; a line break is written as `\\n` in `"…"`',
        )
    end = close + len(_RAW)
    while end < close + 5 and text.startswith('"', end):  # up to two more quotes belong to the text
        end += 1
    return Token(Kind.STRING, text[at:end], text[inside:close] + text[close + len(_RAW) : end], at)


def _string(text: str, at: int) -> Token:
    parts: list[str] = []
    here = at + 1
    while True:
        plain = _PLAIN.match(text, here)
        assert plain is not None  # the pattern also matches nothing
        parts.append(plain.group())
        here = plain.end()
        stop = text[here : here + 1]
        if stop == '"':
            return Token(Kind.STRING, text[at : here + 1], "".join(parts), at)
        if stop != "\\":
            raise _wrong(
                "E103",
                "text without an end",
                Span(at, at + 1),
                'opened here, not closed by `"` on this line',
                'close it with `"`; inside it, write a quote as `\\"` and a line break as `\\n`',
            )
        character, here = _escape(text, here)
        parts.append(character)


def _escape(text: str, at: int) -> tuple[str, int]:
    """The character that the backslash at `at` stands for, and where its escape ends."""
    letter = text[at + 1 : at + 2]
    if letter in _ESCAPES:
        return _ESCAPES[letter], at + 2
    match = _UNICODE.match(text, at)
    if match is not None:
        return _code_point(match), match.end()
    raise _wrong(
        "E106",
        f"unknown escape `\\{letter.strip()}`",
        Span(at, min(at + 2, len(text))),
        r"expected one of \b \t \n \f \r \" \' \\ or \u{…} with hex digits",
        'write a backslash as `\\\\`, or use raw text `"""…"""`, in which a backslash is a backslash',
    )


def _code_point(escape: re.Match[str]) -> str:
    digits, span = escape.group(1), Span(*escape.span())
    title = f"`{shortened(escape.group())}` is no character"
    if not 2 <= len(digits) <= 8:
        raise _wrong("E107", title, span, f"found {len(digits)} hex digits, expected 2 to 8", "write it as `\\u{200f}`")
    code = int(digits, 16)
    if code > 0x10FFFF:
        raise _wrong("E107", title, span, "beyond the last character, `\\u{10ffff}`")
    if 0xD800 <= code <= 0xDFFF:
        advice = "write the character itself by its one code, such as `\\u{1f600}`"
        raise _wrong("E107", title, span, "half of a surrogate pair, not a character", advice)
    return chr(code)


def _quoted_name(text: str, at: int) -> Token:
    match = _BACK_QUOTED.match(text, at)
    if match is None:
        raise _wrong(
            "E108",
            "name without its closing back-quote",
            Span(at, at + 1),
            "opened here",
            "close it with a back-quote; inside a name, double it",
        )
    if not match.group(1):
        raise _wrong(
            "E108",
            "empty name",
            Span(*match.span()),
            "no name between the back-quotes",
            "put the field's name between them",
        )
    return Token(Kind.QUOTED_NAME, match.group(), match.group(1).replace("``", "`"), at)


def _character(text: str, at: int) -> _NotATokenError:
    found = text[at]
    if found == "'":
        close = text.find("'", at + 1)
        line_end = text.find("\n", at)
        whole = close >= 0 and (line_end < 0 or close < line_end)
        return _wrong(
            "E104",
            "text in single quotes",
            Span(at, close + 1 if whole else at + 1),
            'expected double quotes `"…"`',
            "replace the single quotes by double quotes",
        )
    drawn = found if found.isprintable() else f"U+{ord(found):04X}"
    return _wrong(
        "E102",
        f"`{drawn}` is not part of EQL",
        Span(at, at + 1),
        "unexpected character",
        _NOT_EQL.get(found, "remove it, or put a name that contains it in back-quotes"),
    )


def shortened(text: str, most: int = 24) -> str:
    """The text cut to what fits in a message, with blanks for what does not print."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(c if c.isprintable() else " " for c in cut)
