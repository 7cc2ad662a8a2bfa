"""Which kind of JSON a text begins like."""

from __future__ import annotations

import re
from enum import Enum, auto

import orjson

_RESPONSE = re.compile(rb'\{(?s:.)*?"hits"\s*:\s*\{(?s:.)*?"(?:hits|events)"\s*:\s*\[')
_SPACE = b" \t\r\n"


class Form(Enum):
    """How records lie in a JSON text."""

    LINES = auto()
    VALUES = auto()


def form(head: bytes) -> Form | None:
    """By the first bytes, a byte order mark taken off before; None for what is no JSON."""
    text = head.lstrip(_SPACE)
    if not text:
        return Form.LINES
    if b"\0" in head:
        return None
    if text[:1] == b"[":
        return Form.VALUES if text[1:].lstrip(_SPACE)[:1] in {b"{", b"[", b"]", b""} else None
    if text[:1] == b"{":
        return _object(text, whole=len(head) < _HEAD)
    # A file whose first line is cut off or no JSON still is lines, if a later one is.
    return Form.LINES if any(_is_object(line) for line in text.split(b"\n")[1:-1]) else None


def _object(text: bytes, *, whole: bool) -> Form | None:
    first, newline, rest = text.partition(b"\n")
    if _RESPONSE.match(text) and text[1:].lstrip(_SPACE)[:1] == b'"' and not _starts_like_event(text):
        return Form.VALUES
    if not newline and not whole:
        return Form.LINES if _starts(first) else None
    if _is_object(first):
        return Form.LINES
    if rest.lstrip(_SPACE)[:1] == b"{" or (not rest.strip() and not first.rstrip().endswith((b"{", b",", b"["))):
        return Form.LINES if _starts(first) else None
    return Form.VALUES if _starts(text) else None


def _starts(text: bytes) -> bool:
    """Whether an object's first key, or its end, follows its bracket."""
    return text[1:].lstrip(_SPACE)[:1] in {b'"', b"}", b""}


def _starts_like_event(text: bytes) -> bool:
    """Whether the response's own keys are absent before the hits: an event that only mentions hits."""
    return b'"@timestamp"' in text.partition(b'"hits"')[0]


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


_HEAD = 4096
