"""Patterns as Sigma writes values: modifiers for wildcards at the ends, its own escapes.

Source: the Sigma rules specification 2.1 (escaping of wildcards and backslashes, value modifiers).
"""

from __future__ import annotations

import re
from typing import TypeAlias

from comtrap.export.target import NoFormError

Value: TypeAlias = str | int | float | bool | None

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)  # an escape, a class, or a character
_REPEATED = re.compile(r"[*+?}][*+?{]")
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
    """A regular expression of Lucene that fits a whole value as one of everyone's that is looked for in it.

    Raises:
        NoFormError: it has operators that only Lucene knows, or means by one what others do not.
    """
    if _LUCENE.search(pattern):
        raise NoFormError("a regular expression has operators that only Lucene knows")
    parts = [_said(part) for part in _TOKEN.findall(pattern)]
    text = "".join(parts)
    if _REPEATED.search("".join("x" if len(part) > 1 else part for part in parts)):
        raise NoFormError("a regular expression repeats what is repeated, which others read as a way to repeat")
    if "(?" in "".join(part for part in parts if part[0] not in "\\["):
        raise NoFormError("a regular expression has a group with a question mark, which Lucene reads as a text")
    if _alternates(parts):
        return f"^({text})$"  # a plain group: Lucene has no other
    start = parts[2:] if parts[:2] == [".", "*"] else parts
    body = start[:-2] if start[-2:] == [".", "*"] else start
    opening, closing = "" if start is not parts else "^", "" if body is not start else "$"
    return f"{opening}{''.join(body)}{closing}"


def _said(part: str) -> str:
    """A part in everyone's words.

    For Lucene a letter behind a backslash is that letter, but for those of classes; an anchor is a character; and a slash needs
    no escape: where it ends an expression, the one that a backend puts before it must be the only one.
    """
    if part in {"^", "$"}:
        return "\\" + part
    char = part[1:]
    plain_ = part[0] == "\\" and ((char.isalpha() and char not in _CLASSES) or char in {"/", "\n", "\r", "\t"})
    return char if plain_ else part


def _alternates(parts: list[str]) -> bool:
    """Whether the whole is a choice."""
    depth = 0
    for part in parts:
        depth += (part == "(") - (part == ")")
        if part == "|" and depth == 0:
            return True
    return False
