"""Documents, and the values in them, as the reference sees them: Python objects that compare as their type does."""

from __future__ import annotations

import ipaddress
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import total_ordering
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KINDS = {
    "integer": "long", "short": "long", "byte": "long", "unsigned_long": "long", "float": "double", "half_float": "double",
    "scaled_float": "double", "text": "keyword", "wildcard": "keyword", "constant_keyword": "keyword", "flattened": "keyword",
}  # fmt: skip
HELD = {"caseless", "long", "double", "boolean", "date", "date_nanos", "ip", "version", "keyword"}


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


class Caseless(str):
    """A text in lower case that is compared with others in lower case."""

    __slots__ = ()


@dataclass(frozen=True)
class Span:
    """What a literal stands for that is not one value: a day, a network. Both ends belong to it."""

    low: Any
    high: Any


_DATE = re.compile(
    r"(\d{4})(?:[-/](\d\d)(?:[-/](\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?)?)?)?(Z|[+-]\d\d:?\d\d)?$"
)


def date_span(text: str) -> Span:
    """The first and the last instant that a date, whole or in part, stands for; with days added and cut off."""
    if text.startswith("now"):
        return _moved(time.time_ns() // 10**6 * 10**6, text[3:])
    text, _, maths = text.partition("||")
    if maths:
        return _moved(date_span(text).low.ns, maths)
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


def _moved(ns: int, maths: str) -> Span:
    """Of date maths what the corpus has: days and hours."""
    low = high = ns
    for sign, count, unit in re.findall(r"([+/-])(\d*)([dh])", maths):
        size = {"d": 86400, "h": 3600}[unit] * 10**9
        if sign == "/":
            low, high = low // size * size, high // size * size + size - 1
        else:
            low, high = (end + int(f"{sign}{count or 1}") * size for end in (low, high))
    return Span(Instant(low), Instant(high))


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
        case "caseless":
            return Caseless(value.lower())
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


class Fields:
    """What the mapping of one index says, by dotted path; a multi-field or an alias is a field that has its values from another."""

    def __init__(self, fields: Mapping[str, Mapping[str, Any]]) -> None:
        self.kinds: dict[str, str] = {}
        self.nulls: dict[str, Any] = {}
        self.limits: dict[str, int | None] = {}
        self.constants: dict[str, list[Any]] = {}
        self.flattened: set[str] = set()
        self.copies: dict[str, list[str]] = {}
        self.add(fields)
        for path, about in fields.items():
            if about["type"] == "alias":
                self.kinds[path], self.limits[path] = self.kinds[about["path"]], self.limits[about["path"]]
                source = next((top for top, all_ in self.copies.items() if about["path"] in all_), about["path"])
                self.copies.setdefault(source, []).append(path)

    def add(self, fields: Mapping[str, Mapping[str, Any]]) -> None:
        for path, about in fields.items():
            kind, subs = about["type"], about.get("fields", {})
            if kind == "alias":
                continue
            self.kinds[path] = KINDS.get(kind, kind)
            counts = next((sub for sub in subs.values() if sub["type"] == "keyword"), {}) if kind == "text" else about
            self.limits[path] = counts.get("ignore_above")
            if "null_value" in about:
                self.nulls[path] = about["null_value"]
            if kind == "constant_keyword":
                self.constants[path] = [about["value"]] if "value" in about else []
            if kind == "flattened":
                self.flattened.add(path)
            for suffix, sub in subs.items():
                self.copies.setdefault(path, []).append(f"{path}.{suffix}")
                self.kinds[f"{path}.{suffix}"] = "caseless" if "normalizer" in sub else self.kinds[path]
                self.limits[f"{path}.{suffix}"] = sub.get("ignore_above")

    def values(self, source: Mapping[str, Any]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for path, value in leaves(source, ""):
            given = self.nulls.get(path) if value is None else value
            above = next((top for top in self.flattened if path.startswith(f"{top}.")), None)
            for name in [path, *self.copies.get(path, []), *([above] if above else [])]:
                kind = "keyword" if above else self.kinds.get(name)
                if given is None or kind is None or kind not in HELD:
                    continue
                held, limit = stored(given, kind), self.limits.get(above or name)
                if limit is None or len(held) <= limit:
                    found.setdefault(name, []).append(held)
        return found


class Data:
    """Indices: the kinds of their fields, and their documents in order.

    A mapping is flat here: dotted name to a type, or to a dict as Elasticsearch writes it (``alias``, ``null_value``).
    """

    def __init__(self, indices: Iterable[tuple[str, list[Mapping[str, Any]], Mapping[str, Any]]]) -> None:
        self.kinds: dict[str, str] = {}
        self.flattened: set[str] = set()
        self.documents: list[Document] = []
        for name, documents, mapping in indices:
            flat = {path: about if isinstance(about, dict) else {"type": about} for path, about in mapping.items()}
            own = Fields({path: about for path, about in flat.items() if not path.startswith("runtime ")})
            own.add({path[8:]: about for path, about in flat.items() if path.startswith("runtime ")})
            self.kinds |= own.kinds
            self.flattened |= own.flattened
            shown = {path: [v for s in documents for p, v in leaves(s, "") if p == path] for path in own.constants}
            constants = {path: given or shown[path][:1] for path, given in own.constants.items()}
            for position, source in enumerate(documents):
                values = {**own.values(source), **{path: given for path, given in constants.items() if given}}
                self.documents.append(Document(name, position, source, values))

    def name(self, path: str) -> str | None:
        """The field of this name; None if there is no such field."""
        return path if path in self.kinds or any(path.startswith(f"{top}.") for top in self.flattened) else None


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value
