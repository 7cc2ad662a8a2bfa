"""One record's JSON text as an object, within bounds, repaired where that costs nothing."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

SIZE_BYTES = 16 << 20
"""The longest record that is read."""

VALUES = 500_000
"""How many values a record may have, about. One of a few bytes takes up to thirty times as many when decoded."""

DEPTH = 64
"""How deep objects and lists may lie within one another."""

# A string without an end goes on to the end of the text, so that no text is gone through twice.
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
# A pair of escaped halves is one character; a half alone is none. The first branch keeps `\\ud800` apart, which is text.
_HALVES = re.compile(r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")

TOO_LONG, TOO_DEEP, BAD_JSON, NO_OBJECT = "too long", "too deep", "bad json", "not an object"
REPAIRED = "repaired text"


class BadRecordError(Exception):
    """A record that cannot be used.

    Attributes:
        reason: what it is counted under.
        why: the sentence that says more.
    """

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(reason, why)
        self.reason = reason
        self.why = why


def parsed(text: bytes) -> tuple[dict[str, Any], bool]:
    """The object, and whether its text had to be repaired (bytes that are no UTF-8, halves of surrogate pairs, NaN).

    Of equal keys the last counts. A number too large for a double is its text: JSON sets numbers no bounds (RFC 8259, 6),
    so that nothing had to be repaired.

    Raises:
        BadRecordError: too long, too deep, broken, or no object.
    """
    if len(text) > SIZE_BYTES:
        raise BadRecordError(TOO_LONG, f"a record of more than {SIZE_BYTES >> 20} MiB")
    if len(text) > VALUES and text.count(b",") > VALUES:
        raise BadRecordError(TOO_LONG, f"a record of more than {VALUES:,} values")
    may_be_deep = text.count(b"{") + text.count(b"[") > DEPTH
    try:
        value, repaired = orjson.loads(text), False
    except orjson.JSONDecodeError as error:
        if may_be_deep and depth(text) > DEPTH:
            raise BadRecordError(TOO_DEEP, _TOO_DEEP) from None
        value, repaired = _repaired(text, str(error))
    if may_be_deep and _is_deep(value):
        raise BadRecordError(TOO_DEEP, _TOO_DEEP)
    if not isinstance(value, dict):
        raise BadRecordError(NO_OBJECT, f"a JSON {_NAMES.get(type(value), 'value')}, expected an object")
    return value, repaired


def depth(text: bytes) -> int:
    """How deep brackets outside strings lie within one another, in text that may be no JSON."""
    now = deepest = 0
    for found in _BRACKETS.finditer(text):
        byte = found[0]
        if byte in {b"{", b"["}:
            now += 1
            deepest = max(deepest, now)
        elif byte in {b"}", b"]"}:
            now -= 1
    return deepest


def _is_deep(value: Any) -> bool:
    """Whether objects and lists lie deeper within one another than they may: quicker than `depth`, by a multiple."""
    level = [value]
    for _ in range(DEPTH + 1):
        level = [each for each in level if type(each) is dict or type(each) is list]
        if not level:
            return False
        level = [inner for each in level for inner in (each.values() if type(each) is dict else each)]
    return True


def _repaired(text: bytes, why: str) -> tuple[Any, bool]:
    """What was meant, and whether that is not what is written."""
    characters = text.decode("utf-8", "replace")
    whole = _HALVES.sub(lambda m: m[0] if len(m[0]) != 6 else "\\ufffd", characters)
    if whole == characters and whole.encode() == text:
        try:
            return json.loads(whole, parse_constant=_no_constant, parse_float=_number, parse_int=_number), False
        except ValueError:
            pass
    try:
        return json.loads(whole, strict=False, parse_float=_number, parse_int=_number), True
    except (ValueError, RecursionError):
        raise BadRecordError(BAD_JSON, f"not JSON: {why}") from None


def _number(digits: str) -> int | float | str:
    """As the parser gives it that reads nearly all records; its digits where that refuses it."""
    if len(digits) <= 20 and digits.lstrip("-").isdigit() and -(1 << 63) <= (whole := int(digits)) < 1 << 64:
        return whole
    value = float(digits)
    return digits if math.isinf(value) else value


def _no_constant(name: str) -> None:
    raise ValueError(name)


_TOO_DEEP = f"objects more than {DEPTH} deep"
_NAMES = {list: "list", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
