"""The types an EQL expression can have."""

from __future__ import annotations

from enum import Enum


class Type(Enum):
    """What a value is. Every type also admits null."""

    BOOLEAN = "boolean"
    LONG = "long"  # 64-bit signed; also byte, short, integer, unsigned_long
    DOUBLE = "double"  # also float, half_float, scaled_float
    KEYWORD = "keyword"  # also wildcard, constant_keyword, flattened
    TEXT = "text"  # compared through its keyword sub-field
    DATE = "date"  # milliseconds are its precision; held as nanoseconds since 1970-01-01 UTC
    DATE_NANOS = "date_nanos"
    IP = "ip"
    VERSION = "version"
    NULL = "null"  # the type of the literal null alone

    @property
    def is_numeric(self) -> bool:
        """Whether arithmetic is defined on it."""
        return self in {Type.LONG, Type.DOUBLE}

    @property
    def is_string(self) -> bool:
        """Whether the string operators (``:``, ``like``, ``regex``) and functions take it."""
        return self in {Type.KEYWORD, Type.TEXT}

    @property
    def is_date(self) -> bool:
        """Whether its values are instants."""
        return self in {Type.DATE, Type.DATE_NANOS}
