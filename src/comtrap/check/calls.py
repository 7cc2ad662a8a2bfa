"""What each EQL function gives for one set of argument values: of events, where it runs, and of constants, where it is checked.

Arguments are Python values: str, int, float, bool or None; dates are ISO text, addresses their canonical text. Positions
and lengths count UTF-16 code units, as Elasticsearch does; they differ from characters only outside the Basic
Multilingual Plane.

Source: the EQL function reference of Elasticsearch.
"""

from __future__ import annotations

import math
import operator
import re
from functools import lru_cache, wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from comtrap.check.case import lower
from comtrap.check.literals import address, block, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value: TypeAlias = bool | int | float | str | None

LONG = range(-(1 << 63), 1 << 63)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?")
_BLANK = "".join(map(chr, range(33)))
_DIGITS = re.compile(r"[+-]?[0-9a-zA-Z]+")


class ValueFailed(Exception):  # noqa: N818 - what happened, not a mistake of the program
    """The function has no result for these values, such as ``number("x")``."""


def _null_in_null_out(function: Callable[..., Value]) -> Callable[..., Value]:
    @wraps(function)
    def guarded(*arguments: Value, **flags: bool) -> Value:
        return None if None in arguments else function(*arguments, **flags)

    return guarded


def _units(value: str) -> str:
    """The text with one character for each UTF-16 code unit."""
    if value.isascii() or max(value) <= "\uffff":
        return value
    raw = value.encode("utf-16-le", "surrogatepass")
    return "".join(chr(int.from_bytes(raw[i : i + 2], "little")) for i in range(0, len(raw), 2))


def _from_units(value: str) -> str:
    """The text of UTF-16 code units; half a character becomes U+FFFD, which equals no text a query can hold."""
    return value if value.isascii() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def long(value: int) -> int:
    """The value, if it is a 64-bit signed integer.

    Raises:
        ValueFailed: it is not.
    """
    if value not in LONG:
        raise ValueFailed("a result is beyond 64 bits")
    return value


@_null_in_null_out
def add(a: float, b: float) -> Value:
    """``a + b``."""
    return long(a + b) if isinstance(a, int) and isinstance(b, int) else float(a) + float(b)


@_null_in_null_out
def subtract(a: float, b: float) -> Value:
    """``a - b``."""
    return long(a - b) if isinstance(a, int) and isinstance(b, int) else float(a) - float(b)


@_null_in_null_out
def multiply(a: float, b: float) -> Value:
    """``a * b``."""
    return long(a * b) if isinstance(a, int) and isinstance(b, int) else float(a) * float(b)


@_null_in_null_out
def divide(a: float, b: float) -> Value:
    """``a / b``: of two integers the quotient cut toward zero."""
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise ValueFailed("division by zero")
        quotient = abs(a) // abs(b)
        return long(quotient if (a < 0) == (b < 0) else -quotient)
    if b != 0:
        return float(a) / float(b)
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, float(a)) * math.copysign(1, float(b))


@_null_in_null_out
def modulo(a: float, b: float) -> Value:
    """``a % b``, with the sign of `a`."""
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise ValueFailed("division by zero")
        rest = abs(a) % abs(b)
        return rest if a >= 0 else -rest
    return math.nan if b == 0 or math.isinf(a) else math.fmod(a, b)


@_null_in_null_out
def between(source: str, left: str, right: str, greedy: bool = False, *, ignore_case: bool = False) -> Value:  # noqa: FBT001, FBT002 - an argument of the query
    """The text between the first `left` and the next `right`, or the last one if greedy; ``""`` if either is absent."""
    if not (source and left and right):
        return source
    searched, first, last = (_units(lower(t) if ignore_case else t) for t in (source, left, right))
    start = searched.find(first)
    if start < 0:
        return ""
    start += len(first)
    end = searched.rfind(last, start) if greedy else searched.find(last, start)
    return "" if end < 0 else _from_units(_units(source)[start:end])


_block = lru_cache(maxsize=4096)(block)


@_null_in_null_out
def cidr_match(source: str, *cidrs: str) -> Value:
    """Whether the address lies in any of the blocks."""
    number = address(source)
    if number is None:
        raise ValueFailed(f'"{source}" is not an IP address')
    return any(found.low <= number <= found.high for found in map(_block, cidrs))


@_null_in_null_out
def concat(*values: bool | float | str) -> Value:
    """The values as one text."""
    return "".join(map(text, values))


@_null_in_null_out
def ends_with(source: str, tail: str, *, ignore_case: bool = False) -> Value:
    """Whether the text ends so."""
    return lower(source).endswith(lower(tail)) if ignore_case else source.endswith(tail)


@_null_in_null_out
def starts_with(source: str, head: str, *, ignore_case: bool = False) -> Value:
    """Whether the text begins so."""
    return lower(source).startswith(lower(head)) if ignore_case else source.startswith(head)


@_null_in_null_out
def string_contains(source: str, part: str, *, ignore_case: bool = False) -> Value:
    """Whether the text has the part in it; nothing is in an empty text, nor an empty part in anything."""
    if not (source and part):
        return False
    return lower(part) in lower(source) if ignore_case else part in source


def index_of(source: str | None, part: str | None, start: int | None = None, *, ignore_case: bool = False) -> Value:
    """Where the part first occurs at or after `start`, counted from 0; null if it does not."""
    if source is None or part is None:
        return None
    searched, wanted = (_units(lower(t) if ignore_case else t) for t in (source, part))
    found = searched.find(wanted, min(max(start or 0, 0), len(searched)))
    return None if found < 0 else found


@_null_in_null_out
def length(source: str) -> Value:
    """How many UTF-16 code units the text has."""
    return len(_units(source))


def _integer(digits: str, radix: int) -> int | None:
    if not _DIGITS.fullmatch(digits) or any(int(digit, 36) >= radix for digit in digits.lstrip("+-")):
        return None
    try:
        return int(digits, radix)
    except ValueError:  # more digits than Python converts
        return None


def number(source: str | None, base: int | None = None) -> Value:
    """The number that the text spells: an integer, or in base 10 also a decimal fraction.

    Raises:
        ValueFailed: it spells none.
    """
    if source is None:
        return None
    trimmed = source.strip(_BLANK)
    is_hex = trimmed.startswith("0x") and base in {None, 16}
    digits, radix = (trimmed[2:], 16) if is_hex else (trimmed, 10 if base is None else base)
    failed = ValueFailed(f'"{source}" is not a number of base {radix}')
    if radix not in range(2, 37):
        raise failed
    whole = _integer(digits, radix)
    if whole is not None and whole in LONG:
        return whole
    if radix != 10 or not _DECIMAL.fullmatch(digits):
        raise failed
    return float(digits.rstrip("fFdD"))


@_null_in_null_out
def string(value: float | str) -> Value:
    """The value as text."""
    return text(value)


def substring(source: str | None, start: int | None, end: int | None = None) -> Value:
    """The text from `start` up to `end`; negative positions count from the end."""
    if source is None or start is None:
        return source
    return _from_units(_units(source)[start:end])


FUNCTIONS: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "add": add,
        "between": between,
        "cidrMatch": cidr_match,
        "concat": concat,
        "divide": divide,
        "endsWith": ends_with,
        "indexOf": index_of,
        "length": length,
        "modulo": modulo,
        "multiply": multiply,
        "number": number,
        "startsWith": starts_with,
        "string": string,
        "stringContains": string_contains,
        "substring": substring,
        "subtract": subtract,
    }
)
"""By canonical name, as in `check.functions.SIGNATURES`. Those that can ignore case take the flag `ignore_case`."""

OPERATORS: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {"+": add, "-": subtract, "*": multiply, "/": divide, "%": modulo}
)
"""Arithmetic operators do what the functions do."""

ORDERS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)
"""Comparisons of values of one kind. Python compares whole numbers with fractions exactly, whatever their size."""
