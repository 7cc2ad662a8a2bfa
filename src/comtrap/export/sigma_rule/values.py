"""Patterns as Sigma writes values: modifiers for wildcards at the ends, its own escapes.

Source: the Sigma rules specification 2.1 (escaping of wildcards and backslashes, value modifiers).
"""

from __future__ import annotations

import re
from typing import TypeAlias

from comtrap.export.target import NoFormError

Value: TypeAlias = str | int | float | bool | None

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CLASSES = frozenset("dDsSwW")
# Meant by Lucene and by nobody else, unless escaped.
_LUCENE = re.compile(r'(?<!\\)(?:\\\\)*["#&@<>~]')


def plain(text: str) -> str:
    """A text that stands for itself alone: no character of it is a wildcard."""
    return "".join(_escaped(text, index) for index in range(len(text)))


def _escaped(text: str, index: int) -> str:
    char = text[index]
    if char in "*?":
        return "\\" + char
    # One backslash stands for itself unless what follows could be escaped by it.
    return "\\\\" if char == "\\" and text[index + 1 : index + 2] in {"\\", "*", "?"} else char


def wildcard(pattern: str) -> str:
    """A pattern of EQL, where ``*`` and ``?`` cannot be escaped: each is a wildcard, each backslash a backslash."""
    pattern = re.sub(r"\*+", "*", pattern)
    return re.sub(r"\\(?=[\\*?])", r"\\\\", pattern)


def patterned(patterns: tuple[str, ...]) -> tuple[str, list[Value]]:
    """The modifier and the values of patterns of which one must fit; no modifier where they differ in shape."""
    patterns = tuple(re.sub(r"\*+", "*", pattern) for pattern in dict.fromkeys(patterns))
    cores = [pattern.removeprefix("*").removesuffix("*") for pattern in patterns]
    for modifier, start, end in (("contains", True, True), ("endswith", True, False), ("startswith", False, True)):
        shaped = all(p.startswith("*") is start and p.endswith("*") is end and len(p) > start + end for p in patterns)
        # A wildcard at the end of what is left would be one more than the pattern has.
        if shaped and all(core and core[0] != "*" and core[-1] != "*" for core in cores):
            return modifier, [wildcard(core) for core in cores]
    return "", [wildcard(pattern) for pattern in patterns]


def regex(pattern: str) -> str:
    """A regular expression that fits a whole value as one that is looked for in it.

    Raises:
        NoFormError: it has operators that only Lucene knows.
    """
    if _LUCENE.search(pattern):
        raise NoFormError("a regular expression has operators that only Lucene knows")
    pattern = _ESCAPED.sub(_unescaped, pattern)
    start = pattern.removeprefix(".*")
    body = start.removesuffix(".*") if not start.endswith("\\.*") else start
    opening, closing = "" if start != pattern else "^", "" if body != start else "$"
    return f"{opening}(?:{body}){closing}" if "|" in body and (opening or closing) else f"{opening}{body}{closing}"


def _unescaped(found: re.Match[str]) -> str:
    """For Lucene a letter behind a backslash is that letter, but for those of classes; for others it may be anything.

    A slash needs none: where it ends an expression, the one that a backend puts before it must be the only one.
    """
    char = found[1]
    return char if (char.isalpha() and char not in _CLASSES) or char in "/\n\r\t" else found[0]
