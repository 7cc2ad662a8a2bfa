"""JSON objects decoded no further than need be: msgspec types made of dotted names.

What is not named is checked to be JSON and skipped, without a Python object made of it. A key is looked for among the
type's own from the last one found on, one after another: types with many keys are slow for objects that have others.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Path: TypeAlias = tuple[str, ...]


class Never(msgspec.Struct):
    """A type that no JSON text is of: it would have no end."""

    never: Never


class Typed(NamedTuple):
    """What decodes a text, and gets the named values out of that as one tuple, in the names' order.

    Attributes:
        decode: raises ValueError (msgspec's errors are such), or RecursionError.
    """

    decode: Callable[[bytes], Any]
    values: Callable[[Any], tuple[Any, ...]]


def typed(
    leaves: Mapping[Path, Any], refused: Iterable[Path] = (), others: Iterable[str] | None = None
) -> Typed | None:
    """Decodes objects that have certain values, and none at certain names.

    An object that writes a part of some name, of either sort, with dots where this has objects is refused.

    Args:
        leaves: where values are, and of which types; where there is none, the value is None.
        refused: where nothing may be.
        others: the only other keys that the object may have, whatever is in them; None for any.

    Returns:
        None if a name is a part of another one's way.
    """
    found: dict[Path, str] = {}
    made = _struct(_Level(dict(leaves), set(refused), others), found)
    if made is None:
        return None
    names = [found[path] for path in leaves]
    values = attrgetter(*names)
    return Typed(msgspec.json.Decoder(made).decode, values if len(names) > 1 else lambda record: (values(record),))


class _Level(NamedTuple):
    """What is known of an object within another: paths are from it on."""

    leaves: dict[Path, Any]
    refused: set[Path]
    others: Iterable[str] | None = None
    here: Path = ()
    way: str = ""  # to it, by the names that Python has for the keys

    def below(self, key: str, name: str) -> _Level:
        """What is known of the object at a key."""
        leaves = {path[1:]: kind for path, kind in self.leaves.items() if path[0] == key}
        refused = {path[1:] for path in self.refused if path[0] == key}
        return _Level(leaves, refused, None, (*self.here, key), f"{self.way}{name}.")


def _struct(level: _Level, found: dict[Path, str]) -> type[msgspec.Struct] | None:
    """A type; the names of its values are added to what was found."""
    fields: dict[str, tuple[Any, Any]] = {}
    for key in dict.fromkeys(path[0] for path in (*level.leaves, *sorted(level.refused))):
        name, leaf = f"f{len(fields)}", level.leaves.get((key,))
        if (key,) in level.refused:
            fields[key] = (Never, None)
        elif leaf is not None:
            if any(path[0] == key and len(path) > 1 for path in level.leaves):
                return None
            found[*level.here, key] = level.way + name
            fields[key] = (leaf | None, None)
        else:
            made = _struct(level.below(key, name), found)
            if made is None:
                return None
            fields[key] = (made, made())
    if level.here:
        for path in (*level.leaves, *level.refused):
            for end in range(2, len(path) + 1):
                fields.setdefault(".".join(path[:end]), (Never, None))
    for key in level.others or ():
        fields.setdefault(key, (msgspec.Raw, msgspec.Raw()))
    return msgspec.defstruct(
        "Object",
        [(f"f{number}", kind, default) for number, (kind, default) in enumerate(fields.values())],
        rename={f"f{number}": key for number, key in enumerate(fields)},
        frozen=True,
        gc=False,
        forbid_unknown_fields=level.others is not None,
    )
