"""Documents, and the values in them, as the reference sees them: Python objects that compare as their type does."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import total_ordering
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KINDS = {
    "integer": "long", "short": "long", "byte": "long", "unsigned_long": "long", "float": "double", "half_float": "double",
    "scaled_float": "double", "text": "keyword", "wildcard": "keyword", "constant_keyword": "keyword",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Instant:
    ns: int


@dataclass(frozen=True, order=True)
class Address:
    number: int
    text: str = field(compare=False)


@total_ordering
@dataclass(frozen=True)
class Version:
    text: str

    def order(self) -> tuple[Any, ...]:
        parts = re.fullmatch(r"(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(\+.*)?", self.text)
        if parts is None:
            return 1, self.text
        ids = [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in (parts[2] or "").split(".")]
        return 0, [int(p) for p in parts[1].split(".")], parts[2] is None, ids, self.text

    def __lt__(self, other: Version) -> bool:
        return self.order() < other.order()


@dataclass(frozen=True)
class Span:
    """What a literal stands for that is not one value: a day, a network. Both ends belong to it."""

    low: Any
    high: Any


_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?)?)?)?(Z|[+-]\d\d:?\d\d)?$"
)


def date_span(text: str) -> Span:
    """The first and the last instant that a date, whole or in part, stands for."""
    parts = _DATE.match(text)
    if parts is None:
        raise ValueError(f"no date: {text}")
    year, month, day, hour, minute, second = (int(p) if p else None for p in parts.groups()[:6])
    low = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=UTC)
    if month is None:
        high = low.replace(year=low.year + 1)
    elif day is None:
        high = (low + timedelta(days=31)).replace(day=1)
    else:
        unit = "days" if hour is None else "hours" if minute is None else "minutes" if second is None else "seconds"
        high = low + timedelta(**{unit: 1})
    zone = parts[8] or "Z"
    shift = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[-2:])) * (-60 if zone[0] == "-" else 60)
    first, last = (((at - EPOCH) // timedelta(seconds=1) - shift) * 10**9 for at in (low, high))
    if parts[7]:
        exact = first + int(parts[7].ljust(9, "0"))
        return Span(Instant(exact), Instant(exact))
    return Span(Instant(first), Instant(last - 1))


def address(text: str) -> Address:
    value = ipaddress.ip_address(text)
    value = getattr(value, "ipv4_mapped", None) or value
    return Address(int(value) | (0xFFFF << 32 if value.version == 4 else 0), str(value))


def network(text: str) -> Span:
    value = ipaddress.ip_network(text, strict=False)
    return Span(address(str(value[0])), address(str(value[-1])))


def stored(value: Any, kind: str) -> Any:
    """A value of a document as its field holds it."""
    match kind:
        case "long":
            return int(value)
        case "double":
            return float(value)
        case "boolean":
            return value if isinstance(value, bool) else value == "true"
        case "date" | "date_nanos":
            bare = isinstance(value, int) or value.isdigit()
            ns = int(value) * 10**6 if bare else date_span(value).low.ns
            return Instant(ns if kind == "date_nanos" else ns // 10**6 * 10**6)
        case "ip":
            return address(value)
        case "version":
            return Version(value)
    return text(value)


def text(value: Any) -> str:
    """A value as text: ``true``, ``3.0``, a date with milliseconds."""
    match value:
        case bool():
            return "true" if value else "false"
        case Instant():
            at = EPOCH + timedelta(microseconds=value.ns // 1000)
            return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case Address() | Version():
            return value.text
    return str(value)


@dataclass
class Document:
    """`values` are those of its fields; a field without any is not in it."""

    index: str
    position: int
    source: Mapping[str, Any]
    values: dict[str, list[Any]]


class Data:
    """Indices: the kinds of their fields, and their documents in order.

    A mapping is flat here: dotted name to a type, or to a dict as Elasticsearch writes it (``alias``, ``null_value``).
    """

    def __init__(self, indices: Iterable[tuple[str, list[Mapping[str, Any]], Mapping[str, Any]]]) -> None:
        self.kinds: dict[str, str] = {}
        self.alias: dict[str, str] = {}
        self.documents: list[Document] = []
        for name, documents, mapping in indices:
            fields = {path: about if isinstance(about, dict) else {"type": about} for path, about in mapping.items()}
            self.alias |= {path: about["path"] for path, about in fields.items() if about["type"] == "alias"}
            self.alias |= {f"{path}.{sub}": path for path, about in fields.items() for sub in about.get("fields", {})}
            kinds = {path: KINDS.get(about["type"], about["type"]) for path, about in fields.items()}
            self.kinds |= {path: kind for path, kind in kinds.items() if kind != "alias"}
            nulls = {path: about["null_value"] for path, about in fields.items() if "null_value" in about}
            for position, source in enumerate(documents):
                values: dict[str, list[Any]] = {}
                for path, value in leaves(source, ""):
                    given = nulls.get(path) if value is None else value
                    if given is not None and path in kinds:
                        values.setdefault(path, []).append(stored(given, kinds[path]))
                self.documents.append(Document(name, position, source, values))

    def name(self, path: str) -> str | None:
        """The field that a name reads; None if there is no such field."""
        path = self.alias.get(path, path)
        return path if path in self.kinds else None


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value
