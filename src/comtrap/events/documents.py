"""Elasticsearch documents as columns."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from comtrap.errors import SourceError
from comtrap.events.batch import ARROW
from comtrap.schema.dates import span_of
from comtrap.schema.mapping import from_mapping, infer
from comtrap.schema.schema import Field, Schema
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Stored: TypeAlias = bool | int | float | str

_LONG = range(-(1 << 63), 1 << 63)
_MILLISECOND = 1_000_000
_TIME = "epoch_millis||strict_date_optional_time"
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,30}", re.ASCII)


class Index:
    """One Elasticsearch index, in memory.

    Attributes:
        name: what its events say they are from.
        documents: plain sources, keys nested or dotted. One may bring its ``_id``.
    """

    def __init__(
        self, name: str, documents: Iterable[Mapping[str, Any]], mapping: Mapping[str, Any] | None = None
    ) -> None:
        """Args: mapping: as Elasticsearch writes it; fields it lacks have the types that the documents show.

        Raises:
            SourceError: the mapping is none, or a document is not an object.
        """
        self.name = name
        self.documents = tuple(documents)
        for position, document in enumerate(self.documents):
            if not isinstance(document, Mapping):
                raise SourceError(f"document {position} of {name} is not an object")
        self._mapped = Schema(name, {}) if mapping is None else from_mapping(name, mapping)
        self._shown = infer(name, self.documents).fields

    @cached_property
    def _leaves(self) -> tuple[dict[str, list[Any]], ...]:
        return tuple(map(_leaves, self.documents))

    def schema(self, timestamp_field: str) -> Schema:
        """The fields of the mapping and of the documents; a timestamp that the mapping does not know is a date."""
        mapped = self._mapped
        shown = {name: field for name, field in self._shown.items() if name not in mapped}
        if timestamp_field in shown:
            shown[timestamp_field] = Field(Type.DATE, shown[timestamp_field].many, written="date")
        return Schema(self.name, {**shown, **mapped.fields}, mapped.open)

    def values(self, name: str, schema: Schema, *, is_time: bool = False) -> list[list[Stored]]:
        """The distinct values of a field in each document, as its type holds them; what does not fit it is left out.

        Dates are nanoseconds since 1970.

        Args:
            name: the field; an alias is followed.
            schema: what `schema` gave.
            is_time: whether the field orders the events; a text of digits in it is milliseconds then, not a year.
        """
        field = schema.get(name)
        if field is None:
            return [[] for _ in self.documents]
        path = field.copy_of or field.alias_of or name
        if is_time and (field.date_format is None or not field.type.is_date):
            kind = field.type if field.type.is_date else Type.DATE
            field = replace(field, type=kind, date_format=_TIME)
        if field.flattened:
            held = [_stored(_below(path, leaves), field) for leaves in self._leaves]
        else:
            held = [_stored(leaves.get(path, ()), field) for leaves in self._leaves]
        if field.constant:
            value = _stored([field.null_value], field) or next((each for each in held if each), [])
            return [value[:1]] * len(held)
        return held


def _below(path: str, leaves: Mapping[str, list[Any]]) -> list[Any]:
    return [value for name, values in leaves.items() if name.startswith(f"{path}.") for value in values]


def _leaves(document: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Values by dotted path, explicit nulls among them; arrays flattened, in written order."""
    found: dict[str, list[Any]] = {}
    left: list[tuple[str, Any]] = [("", document)]
    while left:
        path, value = left.pop()
        if isinstance(value, Mapping):
            left += [(f"{path}.{key}" if path else str(key), inner) for key, inner in reversed(list(value.items()))]
        elif isinstance(value, list | tuple):
            left += [(path, inner) for inner in reversed(value)]
        else:
            found.setdefault(path, []).append(value)
    return found


def _stored(values: Iterable[Any], field: Field) -> list[Stored]:
    given = (field.null_value if value is None else value for value in values)
    held = (stored(value, field) for value in given if value is not None)
    return list(dict.fromkeys(value for value in held if value is not None))


def stored(value: Any, field: Field) -> Stored | None:
    """A value of a document as its field holds it, None if it does not fit.

    Source: Elasticsearch's reference, field data types, coerce.
    """
    match field.type:
        case Type.LONG:
            return _long(value)
        case Type.DOUBLE:
            return _double(value)
        case Type.BOOLEAN:
            return {"true": True, "false": False, "": False}.get(value) if isinstance(value, str) else _boolean(value)
        case Type.DATE | Type.DATE_NANOS:
            return _date(value, field)
        case Type.IP | Type.VERSION:
            return _text(value) if isinstance(value, str) else None
        case _:
            text = _text(value)
            return None if text is not None and _is_too_long(text, field.ignore_above) else text


def _is_too_long(text: str, limit: int | None) -> bool:
    """Whether a text has more UTF-16 code units than the field keeps."""
    return limit is not None and len(text) + sum(char > "\uffff" for char in text) > limit


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # half a character: U+FFFD
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _long(value: Any) -> int | None:
    """A whole number; a fraction is cut off, as Elasticsearch does when it coerces."""
    if isinstance(value, str):
        value = int(value) if _WHOLE.fullmatch(value) else _double(value)
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in _LONG else None


def _double(value: Any) -> float | None:
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _date(value: Any, field: Field) -> int | None:
    """Nanoseconds since 1970: a number is milliseconds unless the field's format says otherwise, a text its first instant.

    Dates beyond the years 1677 to 2262 are held as the first and last instant of these.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    formats = "epoch_millis" if field.date_format is None and not isinstance(value, str) else field.date_format
    try:
        time_ns = span_of(str(value), formats)[0]
    except ValueError:
        return None
    if field.type is Type.DATE:
        time_ns -= time_ns % _MILLISECOND
    return min(max(time_ns, _LONG.start), _LONG.stop - 1)


def column(values: Sequence[list[Stored]], kind: Type) -> pa.Array:
    """The values of each event as a column: flat if none has several, else lists."""
    inner = pa.int64() if kind.is_date else ARROW[kind]
    if any(len(each) > 1 for each in values):
        array = pa.array(values, pa.list_(inner))
        return array.cast(pa.list_(ARROW[kind])) if kind.is_date else array
    array = pa.array([each[0] if each else None for each in values], inner)
    return array.cast(ARROW[kind]) if kind.is_date else array
