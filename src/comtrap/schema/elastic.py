"""Elasticsearch's field types in terms of ours."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from comtrap.schema.schema import Field
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES: Mapping[str, Type] = MappingProxyType(
    dict.fromkeys(("keyword", "wildcard", "constant_keyword", "flattened"), Type.KEYWORD)
    | dict.fromkeys(("long", "integer", "short", "byte", "unsigned_long"), Type.LONG)
    | dict.fromkeys(("double", "float", "half_float", "scaled_float"), Type.DOUBLE)
    | dict.fromkeys(("text", "match_only_text"), Type.TEXT)
    | {
        "boolean": Type.BOOLEAN,
        "date": Type.DATE,
        "date_nanos": Type.DATE_NANOS,
        "ip": Type.IP,
        "version": Type.VERSION,
    }
)
"""The types EQL can query, by the name a mapping gives them."""


def field(written: str) -> Field:
    """A field of a type as a mapping names it; one that EQL cannot query if the type is none of `TYPES`.

    A text field is not `exact` here: whoever knows of a keyword sub-field says so.
    """
    kind = TYPES.get(written)
    if kind is None:
        return Field(Type.KEYWORD, supported=False, written=written)
    return Field(
        kind,
        exact=kind is not Type.TEXT,
        written=written,
        flattened=written == "flattened",
        constant=written == "constant_keyword",
    )
