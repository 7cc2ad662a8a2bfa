"""The schema of an Elasticsearch index: from its mapping, from its documents, and of several together.

Source: Elasticsearch's reference, mapping, field data types, multi-fields, alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from comtrap.errors import SourceError
from comtrap.schema.elastic import field
from comtrap.schema.schema import Field, Schema
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEPTH = 64  # Elasticsearch's own limit is 20
_LONG = range(-(1 << 63), 1 << 63)


def from_mapping(name: str, mapping: Mapping[str, Any]) -> Schema:
    """The schema that a mapping describes, as Elasticsearch writes it: ``{"properties": {…}}``.

    Fields that EQL cannot query (nested, geo_point, objects as such, fields in a nested one) are in it, not `supported`.
    A text field is `exact` if it has a keyword sub-field. Sub-fields hold the values of their field. Every name below a
    flattened field is a keyword. Fields of the section ``runtime`` go before others; those with a script are not `supported`.

    Raises:
        SourceError: this is not a mapping.
    """
    body = mapping.get("mappings", mapping) if isinstance(mapping, Mapping) else mapping
    if not isinstance(body, Mapping):
        raise SourceError(f"the mapping of {name} is not an object")
    fields = dict(_properties(name, body.get("properties", {}), "", 0))
    fields |= _runtime(name, body.get("runtime", {}))
    for alias, found in fields.items():
        if found.alias_of is not None:
            fields[alias] = _alias(name, alias, found, fields)
    return Schema(name, fields, tuple(f"{path}." for path, found in fields.items() if found.flattened))


def _runtime(index: str, section: Any) -> Iterator[tuple[str, Field]]:
    if not isinstance(section, Mapping) or not all(isinstance(about, Mapping) for about in section.values()):
        raise SourceError(f"the mapping of {index} has runtime fields that are not objects")
    for name, about in section.items():
        if "script" in about:
            yield str(name), Field(Type.KEYWORD, supported=False, written="computed by a script")
        else:
            found = field(str(about.get("type")))
            yield str(name), replace(found, date_format=about.get("format") if found.type.is_date else None)


def _properties(index: str, properties: Any, prefix: str, depth: int) -> Iterator[tuple[str, Field]]:
    if not isinstance(properties, Mapping):
        raise SourceError(f"the mapping of {index} has properties of {prefix or 'the index'} that are not an object")
    if depth > _DEPTH:
        raise SourceError(f"the mapping of {index} is nested deeper than {_DEPTH}")
    for name, about in properties.items():
        if not isinstance(about, Mapping):
            raise SourceError(f"the mapping of {index} says of {prefix}{name} what is not an object")
        yield from _property(index, f"{prefix}{name}", about, depth)


def _property(index: str, name: str, about: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Field]]:
    written = str(about.get("type", "object"))
    if written in {"object", "nested"} or "properties" in about:
        yield name, field(written)
        for inner, found in _properties(index, about.get("properties", {}), f"{name}.", depth + 1):
            yield inner, replace(found, supported=False, written="nested") if written == "nested" else found
    elif written == "alias":
        yield name, Field(Type.KEYWORD, alias_of=str(about.get("path", "")), written="alias")
    else:
        yield from _leaf(name, about, field(written))


def _leaf(name: str, about: Mapping[str, Any], found: Field) -> Iterator[tuple[str, Field]]:
    inner = about.get("fields")
    subfields = {n: s for n, s in inner.items() if isinstance(s, Mapping)} if isinstance(inner, Mapping) else {}
    below = {suffix: _sub(found, sub) for suffix, sub in subfields.items()}
    exact = [found] if found.exact else [sub for sub in below.values() if sub.supported and sub.exact]
    found = replace(
        found,
        exact=bool(exact),
        null_value=about.get("value" if found.constant else "null_value"),
        date_format=about.get("format") if found.type.is_date else None,
        ignore_above=(_limit(about) if found.exact else exact[0].ignore_above) if exact else None,
    )
    yield name, found
    for suffix, sub in below.items():
        yield f"{name}.{suffix}", replace(sub, copy_of=name, apart=sub.ignore_above != found.ignore_above)


def _limit(about: Mapping[str, Any]) -> int | None:
    found = about.get("ignore_above")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _sub(parent: Field, about: Mapping[str, Any]) -> Field:
    """A multi-field, without its name: usable where it shows its field's own values, or these in lower case."""
    found = field(str(about.get("type")))
    normalizer = about.get("normalizer")
    same = parent.type is found.type or (parent.type.is_string and found.type.is_string)
    usable = found.supported and same and not found.flattened and normalizer in {None, "lowercase"}
    return replace(found, supported=usable, folded=normalizer == "lowercase", ignore_above=_limit(about))


def _alias(index: str, name: str, found: Field, fields: Mapping[str, Field]) -> Field:
    target = fields.get(str(found.alias_of))
    if target is None or target.alias_of is not None:
        raise SourceError(f"the mapping of {index} has the alias {name} of {found.alias_of}, which is no field")
    return replace(target, alias_of=found.alias_of)


def infer(name: str, documents: Iterable[Mapping[str, Any]]) -> Schema:
    """The schema that documents show: their leaves by dotted path, whether they are written nested or dotted.

    Integers are long, with fractions among them double; true and false boolean; texts keyword, as is a field whose
    values are of several kinds. Dates and addresses are texts and stay keyword: who knows that a field is a date, as of
    the timestamp, says so. A field that is null or empty in every document is not in it.
    """
    kinds: dict[str, set[Type]] = {}
    several: set[str] = set()
    for document in documents:
        for path, values in leaves(document):
            kinds.setdefault(path, set()).update(_kind(value) for value in values)
            if len(values) > 1:
                several.add(path)
    return Schema(
        name, {path: Field(t := _joined(seen), path in several, written=t.value) for path, seen in kinds.items()}
    )


def leaves(document: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The dotted paths of a document and their values, in written order; paths without any value are left out.

    Arrays are flattened, and one path written several times (nested and dotted, or in a list of objects) comes once.
    """
    found: dict[str, list[Any]] = {}
    left: list[tuple[str, Any]] = [("", document)]
    while left:
        path, value = left.pop()
        if isinstance(value, Mapping):
            left += [(f"{path}.{key}" if path else str(key), inner) for key, inner in reversed([*value.items()])]
        elif isinstance(value, list | tuple):
            left += [(path, inner) for inner in reversed(value)]
        elif value is not None:
            found.setdefault(path, []).append(value)
    yield from found.items()


def _kind(value: object) -> Type:
    if isinstance(value, bool):
        return Type.BOOLEAN
    if isinstance(value, int):
        return Type.LONG if value in _LONG else Type.DOUBLE
    return Type.DOUBLE if isinstance(value, float) else Type.KEYWORD


def _joined(kinds: set[Type]) -> Type:
    if len(kinds) == 1:
        return next(iter(kinds))
    return Type.DOUBLE if kinds == {Type.LONG, Type.DOUBLE} else Type.KEYWORD


def union(schemas: Iterable[Schema]) -> Schema:
    """The schema of a query over several indices: a field that any of them maps is mapped.

    A field of different kinds is not `supported` and says which; numbers join as double, texts as keyword. A field that
    is an alias or a multi-field in one index and not the same in another is a field of its own here: who fills its column
    reads, of each index, what that index says.
    """
    schemas = tuple(schemas)
    fields: dict[str, Field] = {}
    origin: dict[str, str] = {}
    for schema in schemas:
        for name, found in schema.fields.items():
            known = fields.get(name)
            fields[name] = found if known is None else _merged(known, found, origin[name], schema.name)
            origin.setdefault(name, schema.name)
    for name, found in fields.items():
        target = found.column(name)
        if target != name and any(target in schema and name not in schema for schema in schemas):
            fields[name] = replace(found, alias_of=None, apart=found.copy_of is not None)
    prefixes = dict.fromkeys(prefix for schema in schemas for prefix in schema.open)
    return Schema(", ".join(schema.name for schema in schemas), fields, tuple(prefixes))


def _merged(a: Field, b: Field, first: str, second: str) -> Field:
    same = a.type is b.type or (a.type.is_string and b.type.is_string) or (a.type.is_numeric and b.type.is_numeric)
    if not (a.supported and b.supported and same and (a.copy_of, a.folded) == (b.copy_of, b.folded)):
        if a.supported is b.supported and a.written == b.written:
            return (
                a if not a.supported else replace(a, supported=False, written=f"not the same in {first} and {second}")
            )
        return replace(a, supported=False, written=f"{a.written} in {first} and {b.written} in {second}")
    kind = a.type if a.type is b.type else Type.KEYWORD if a.type.is_string else Type.DOUBLE
    return replace(
        a,
        type=kind,
        many=a.many or b.many,
        apart=a.apart or b.apart,
        exact=a.exact and b.exact,
        alias_of=a.alias_of if a.alias_of == b.alias_of else None,
        null_value=a.null_value if a.null_value is not None else b.null_value,
        written=a.written if kind is a.type else kind.value,
    )
