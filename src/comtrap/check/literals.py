"""Literals as values of the type they are compared with.

Source: Elasticsearch's reference, EQL syntax, date, IP and version field types.
"""

from __future__ import annotations

import ipaddress
import math
import re
from decimal import Decimal
from typing import TypeAlias

from comtrap.check.typed import Constant, Range
from comtrap.schema.dates import span_of
from comtrap.schema.types import Type

Value: TypeAlias = bool | int | float | str

_LONG = range(-(1 << 63), 1 << 63)
_MILLISECOND = 1_000_000
_IPV4 = 0xFFFF << 32
_INTEGER = re.compile(r"[+-]?[0-9]{1,400}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")


def of(value: Value | None) -> Constant:
    """A literal with its own type."""
    match value:
        case None:
            return Constant(None, Type.NULL)
        case bool():
            return Constant(value, Type.BOOLEAN)
        case int():
            return Constant(value, Type.LONG) if value in _LONG else Constant(float(value), Type.DOUBLE)
        case float():
            return Constant(value, Type.DOUBLE)
        case str():
            return Constant(value, Type.KEYWORD)


def convert(value: Value, kind: Type, date_format: str | None = None, now_ns: int | None = None) -> Constant:
    """A literal as a value of a type: ``"10.0.0.0/8"`` as the addresses of that block, ``5`` as ``"5"`` for a keyword.

    Raises:
        ValueError: it stands for none; the message says what was expected.
    """
    match kind:
        case Type.KEYWORD | Type.TEXT:
            return Constant(text(value), Type.KEYWORD)
        case Type.VERSION:
            return Constant(text(value), Type.VERSION)
        case Type.LONG | Type.DOUBLE:
            return _number(value)
        case Type.BOOLEAN:
            return _boolean(value)
        case Type.DATE | Type.DATE_NANOS:
            return Constant(_date(value, kind, date_format, now_ns), kind)
        case Type.IP:
            return Constant(block(value), Type.IP)
        case Type.NULL:
            return of(value)


def text(value: Value) -> str:
    """A literal, or a value of a document, as a keyword field would hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return double(value) if isinstance(value, float) else str(value)


def double(value: float) -> str:
    """The shortest digits that give the number back, as Java writes them: ``7.5``, ``3.0``, ``1.0E7``, ``1.0E-4``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, _ = Decimal(repr(value)).normalize().as_tuple()
    fraction = "".join(map(str, digits[1:])) or "0"
    return f"{'-' * sign}{digits[0]}.{fraction}E{Decimal(repr(value)).adjusted()}"


def _number(value: Value) -> Constant:
    match value:
        case str() if _INTEGER.fullmatch(value):
            return of(int(value))
        case str() if _DECIMAL.fullmatch(value):
            return Constant(float(value), Type.DOUBLE)
        case bool() | str():
            raise ValueError("expected a number")
        case int() | float():
            return of(value)


def _boolean(value: Value) -> Constant:
    if value is True or value is False:
        return Constant(value, Type.BOOLEAN)
    if value in {"true", "false"}:
        return Constant(value == "true", Type.BOOLEAN)
    raise ValueError("expected true or false")


def _date(value: Value, kind: Type, date_format: str | None, now_ns: int | None) -> Range:
    match value:
        case str():
            low, high = span_of(value, date_format, now_ns)
        case bool():
            raise ValueError("expected a date or milliseconds since 1970")
        case int() | float():
            low = int(value) * _MILLISECOND
            high = low + _MILLISECOND - 1
    if kind is Type.DATE:  # whose values know nothing below a millisecond
        low -= low % _MILLISECOND
        high += _MILLISECOND - 1 - high % _MILLISECOND
    return Range(low, high)


def address(written: str) -> int | None:
    """An IPv4 or IPv6 address as a 128-bit number, IPv4 as ``::ffff:a.b.c.d``; None if it is not one."""
    try:
        parsed = ipaddress.ip_address(written)
    except ValueError:
        return None
    return int(parsed) | _IPV4 if parsed.version == 4 else int(parsed)


def block(value: Value) -> Range:
    """The addresses of a CIDR block, host bits ignored, or the one address of an address.

    Raises:
        ValueError: the text is neither.
    """
    expected = 'expected an IP address or a CIDR block such as "10.0.0.0/8"'
    text_ = value if isinstance(value, str) else ""
    _, slash, width = text_.partition("/")
    if "%" in text_ or (slash and not (width.isascii() and width.isdigit())):
        raise ValueError(expected)
    try:
        network = ipaddress.ip_network(text_, strict=False)
    except ValueError:
        raise ValueError(expected) from None
    shift = _IPV4 if network.version == 4 else 0
    return Range(int(network.network_address) | shift, int(network.broadcast_address) | shift)
