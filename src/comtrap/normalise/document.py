"""Nested documents and dotted columns, one from the other."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 64  # objects within objects; what is nested deeper is left alone


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


def get(document: Mapping[str, Any], name: str) -> Any:
    """The value at a dotted name, or None."""
    value: Any = document
    for part in _way(name):
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


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
    elif isinstance(value, bool):
        yield path, "true" if value else "false"
    elif isinstance(value, str):
        # Half a surrogate pair is no text that a column can hold.
        yield path, value if value.isascii() else value.encode("utf-8", "replace").decode()
    elif isinstance(value, int | float):
        yield path, str(value)


def _listed(value: Any, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, Mapping) and depth < DEPTH:
        for key, item in value.items():
            yield from _listed(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        yield path, value
