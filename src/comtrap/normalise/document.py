"""Nested documents and dotted columns, one from the other."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEPTH = 64  # objects within objects; what is nested deeper is left alone
_HOLDING = frozenset({dict, list})


def flatten(document: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Dotted name to text; to a list where there are several values, those of objects in lists included."""
    out: dict[str, list[str]] = {}
    for name, value in _leaves(document, "", 0):
        out.setdefault(name, []).append(value)
    several = {name for name, value in _listed(document, "", 0) if len(value) != 1}
    return {name: values if name in several or len(values) > 1 else values[0] for name, values in out.items()}


def expanded(document: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """A copy of the document with dotted keys nested."""
    out: dict[str, Any] = {}
    for key, value in document.items():
        copied = _copied(value, depth)
        if "." in key and all(key.split(".")):
            put(out, key, copied)
        elif isinstance(copied, dict) and isinstance(out.get(key), dict):
            _merge(out[key], copied)
        else:
            out[key] = copied
    return out


def nested(document: dict[str, Any]) -> dict[str, Any]:
    """The same as `expanded`, of a document that nobody else holds: itself where no key is dotted."""
    return expanded(document) if _is_dotted(document) else document


def get(document: Mapping[str, Any], name: str) -> Any:
    """The value at a dotted name, or None."""
    value: Any = document
    for part in _way(name):
        if type(value) is not dict and (value is None or not isinstance(value, Mapping)):
            return None
        value = value.get(part)
    return value


def text(document: Mapping[str, Any], name: str) -> str | list[str] | None:
    """What `flatten` would have under one name; `document` has no dotted keys, as `expanded` gives it."""
    values = [text for at, depth in _reached(document, _way(name), 0) for text in _texts(at, depth)]
    if not values:
        return None
    whole = get(document, name) if len(values) == 1 else None
    return values[0] if len(values) == 1 and not (isinstance(whole, list) and len(whole) != 1) else values


@lru_cache(8192)
def _way(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def put(document: dict[str, Any], name: str, value: Any) -> None:
    """Set the value at a dotted name; where a part of the way is no object, nothing happens."""
    *way, last = _way(name)
    node = document
    for part in way:
        inner = node.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        node = inner
    if isinstance(value, dict) and isinstance(node.get(last), dict):
        _merge(node[last], value)
    else:
        node[last] = value


def drop(document: dict[str, Any], name: str) -> None:
    """Take away the value at a dotted name, and objects that are empty then."""
    *way, last = _way(name)
    if way and way[0] not in document:
        return
    nodes = [document]
    for part in way:
        inner = nodes[-1].get(part)
        if not isinstance(inner, dict):
            return
        nodes.append(inner)
    nodes[-1].pop(last, None)
    if nodes[-1]:
        return
    for parent, part, child in reversed(list(zip(nodes, way, nodes[1:], strict=False))):
        if child:
            break
        del parent[part]


def _is_dotted(document: dict[str, Any]) -> bool:
    """Whether an object in it has a dotted key."""
    level = [document]
    for _ in range(DEPTH):
        below: list[Any] = []
        for node in level:
            if "." in "".join(node):
                return True
            below += [value for value in node.values() if type(value) in _HOLDING]
        if not below:
            return False
        level = []
        while below:  # lists are no level of their own
            value = below.pop()
            if type(value) is dict:
                level.append(value)
            else:
                below += [item for item in value if type(item) in _HOLDING]
    return False


def _copied(value: Any, depth: int) -> Any:
    if depth >= DEPTH:
        return value
    if isinstance(value, Mapping):
        return expanded(value, depth + 1)
    return [_copied(v, depth + 1) for v in value] if isinstance(value, list) else value


def _merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _leaves(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and depth < DEPTH:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and depth < DEPTH:
        for item in value:
            yield from _leaves(item, path, depth + 1)
    elif (text := _text(value)) is not None:
        yield path, text


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        # Half a surrogate pair is no text that a column can hold.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _reached(value: Any, way: Sequence[str], depth: int) -> Iterator[tuple[Any, int]]:
    """What stands at the end of a way, lists on it walked through; each with how deep it is."""
    if isinstance(value, Mapping):
        if not way:
            yield value, depth
        elif depth < DEPTH and way[0] in value:
            yield from _reached(value[way[0]], way[1:], depth + 1)
    elif isinstance(value, list) and way and depth < DEPTH:
        for item in value:
            yield from _reached(item, way, depth + 1)
    elif not way:
        yield value, depth


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, list) and depth < DEPTH:
        for item in value:
            yield from _texts(item, depth + 1)
    elif (text := _text(value)) is not None:
        yield text


def _listed(value: Any, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, Mapping) and depth < DEPTH:
        for key, item in value.items():
            yield from _listed(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        yield path, value
