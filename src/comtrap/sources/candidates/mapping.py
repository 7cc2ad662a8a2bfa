"""How far a cluster's fields mean what ours do.

A document's text is what a scan reads; an index is what a cluster looks at. The two differ wherever a mapping says so, and
only where it says nothing of the kind is a field usable. Whatever is not known here is taken for unusable.

Source: the mapping and field capabilities APIs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


class Use(Enum):
    """What a field of an index is good for."""

    TEXT = "text"  # its values are those of the documents, one by one
    SUBFIELD = "subfield"  # the same through a keyword sub-field; whether there is any value cannot be asked of it
    WHOLE = "whole"  # whole numbers
    ABSENT = "absent"  # no document of the index has it
    UNKNOWN = "unknown"  # a document may have what the index does not know, or the other way round


_WHOLE = frozenset({"long", "integer", "short", "byte", "unsigned_long"})
_ANALYSED = frozenset({"text", "match_only_text"})
_HARMLESS = frozenset({
    "boost", "coerce", "doc_values", "eager_global_ordinals", "fields", "ignore_malformed", "index", "index_options", "meta",
    "norms", "similarity", "split_queries_on_whitespace", "store", "time_series_dimension", "type",
})  # fmt: skip
"""What a mapping may say of a field without making its values other ones."""

_LIMIT = "ignore_above"
# A value that is too long for one of these is told by the document's `_ignored`; of others that is not certain.
_TELLS = frozenset({"keyword"})
_TAKES_ALL = frozenset({"true", "strict"})


def uses(mapping: Mapping[str, Any], names: Collection[str]) -> dict[str, Use]:
    """What an index's fields are good for, by name.

    Args:
        mapping: of one index: ``{"properties": …, "dynamic": …}``.
        names: the fields to look at.
    """
    source = mapping.get("_source")
    if isinstance(source, dict) and set(source) - {"compress"}:
        return dict.fromkeys(names, Use.UNKNOWN)
    changed = frozenset(_changed(mapping))
    return {name: Use.UNKNOWN if name in changed else _use(mapping, name) for name in names}


def vetoed(capabilities: Mapping[str, Any]) -> frozenset[str]:
    """Fields that are of several types among the indices, or not searchable in all that have them.

    Args:
        capabilities: by field and type, as they are answered.
    """
    out = set()
    for name, types in capabilities.items():
        kinds = [told for kind, told in types.items() if kind != "unmapped"]
        if len(kinds) > 1 or not all(isinstance(t, dict) and t.get("searchable") is True for t in kinds):
            out.add(name)
    return frozenset(out)


@dataclass(frozen=True, slots=True)
class _Object:
    """An object of a mapping, with what it has from those above it."""

    told: Mapping[str, Any]
    is_open: bool  # whether documents may have fields in it that the mapping does not name

    @classmethod
    def of(cls, told: Mapping[str, Any], above: _Object | None = None) -> _Object:
        dynamic = told.get("dynamic")
        inherited = above is not None and above.is_open
        is_open = inherited if dynamic is None else str(dynamic).lower() not in _TAKES_ALL
        return cls(told, is_open or told.get("enabled", True) is not True)


def _use(mapping: Mapping[str, Any], name: str) -> Use:
    found = list(_found(_Object.of(mapping), name))
    if len(found) > 1:
        return Use.UNKNOWN
    return found[0] if found else Use.ABSENT


def _found(node: _Object, name: str) -> Iterator[Use]:
    """What is said of a name, written with dots or without; nothing where no document can have it."""
    properties = node.told.get("properties", {})
    parts = name.split(".")
    any_way = False
    for end in range(1, len(parts) + 1):
        child = properties.get(".".join(parts[:end]))
        if not isinstance(child, dict):
            continue
        any_way = True
        if end == len(parts):
            yield _leaf(child)
        elif child.get("type", "object") == "object":
            yield from _found(_Object.of(child, node), ".".join(parts[end:]))
        else:
            yield Use.UNKNOWN
    if node.is_open and not any_way:
        yield Use.UNKNOWN


def _leaf(told: Mapping[str, Any]) -> Use:
    kind = told.get("type")
    if kind in _ANALYSED:
        subfields = told.get("fields", {}).values()
        exact = [one for one in subfields if one.get("type") in {"keyword", "wildcard", "constant_keyword"}]
        if set(told) - _HARMLESS - {"analyzer", "search_analyzer", "fielddata"} or len(exact) != 1:
            return Use.UNKNOWN
        return Use.SUBFIELD if _leaf(exact[0]) is Use.TEXT else Use.UNKNOWN
    allowed = _HARMLESS | {_LIMIT} if kind in _TELLS else _HARMLESS
    if set(told) - allowed or told.get("index", True) is not True:
        return Use.UNKNOWN
    if kind in {"keyword", "wildcard"}:
        return Use.TEXT
    return Use.WHOLE if kind in _WHOLE else Use.UNKNOWN


def _changed(mapping: Mapping[str, Any]) -> Iterator[str]:
    """Fields whose values are not those of the documents alone: computed when asked for, or copied from others."""
    yield from mapping.get("runtime", {})
    properties = mapping.get("properties", {})
    for told in properties.values() if isinstance(properties, dict) else ():
        if isinstance(told, dict):
            copied = told.get("copy_to", ())
            yield from (copied,) if isinstance(copied, str) else copied
            yield from _changed({"properties": told.get("properties", {})})
            yield from _changed({"properties": told.get("fields", {})})
