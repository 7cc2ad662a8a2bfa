"""JSON objects decoded no further than need be: msgspec types made of dotted names.

What is not named is checked to be JSON and skipped, without a Python object made of it. A key is looked for among the
type's own from the last one found on, one after another: types with many keys are slow for objects that have others.
"""

from __future__ import annotations

import re
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
    """What decodes a text, and where in what it gives the values are.

    Attributes:
        decode: raises ValueError (msgspec's errors are such), or RecursionError.
        names: for attrgetter.
        fields: all that the object has, in order.
    """

    decode: Callable[[bytes], Any]
    names: Mapping[Path, str]
    fields: tuple[str, ...]

    def values(self, paths: Iterable[Path]) -> Callable[[Any], tuple[Any, ...]]:
        """What gets some values, one at least, out of what was decoded."""
        names = tuple(self.names[path] for path in paths)
        if names == self.fields:
            return msgspec.structs.astuple  # three times as quick
        value = attrgetter(*names)
        return value if len(names) > 1 else lambda record: (value(record),)


def typed(
    leaves: Mapping[Path, Any], refused: Iterable[Path] = (), others: Mapping[Path, Iterable[str]] | None = None
) -> Typed | None:
    """Decodes objects that have certain values, and none at certain names.

    An object that writes a part of some name, of either sort, with dots where this has objects is refused.

    Args:
        leaves: where values are, and of which types (Raw for any); where there is none, the value is None.
        refused: where nothing may be.
        others: for objects in it, the only other keys that they may have, whatever is in them.

    Returns:
        None if a name is a part of another one's way, or has characters that JSON writes in more than one form.
    """
    found: dict[Path, str] = {}
    made = _struct(_Level(dict(leaves), set(refused), others or {}), found)
    return None if made is None else Typed(msgspec.json.Decoder(made).decode, found, made.__struct_fields__)


def decoded(decode: Callable[[bytes], Any], texts: Iterable[bytes], failed: Any) -> tuple[list[Any], list[int]]:
    """What each text decodes to, what stands for a failure where it does not, and the indices of these."""
    out: list[Any] = []
    failures: list[int] = []
    found = map(decode, texts)
    while True:
        try:
            out.extend(found)
        except (ValueError, RecursionError):
            failures.append(len(out))
            out.append(failed)  # what came before stays, and what follows comes
        else:
            return out, failures


class _Level(NamedTuple):
    """What is known of an object within another: paths are from it on."""

    leaves: dict[Path, Any]
    refused: set[Path]
    others: Mapping[Path, Iterable[str]]
    here: Path = ()
    way: str = ""  # to it, by the names that Python has for the keys

    def below(self, key: str, name: str) -> _Level:
        """What is known of the object at a key."""
        leaves = {path[1:]: kind for path, kind in self.leaves.items() if path[0] == key}
        refused = {path[1:] for path in self.refused if path[0] == key}
        return _Level(leaves, refused, self.others, (*self.here, key), f"{self.way}{name}.")


def _struct(level: _Level, found: dict[Path, str]) -> type[msgspec.Struct] | None:
    """A type; the names of its values are added to what was found."""
    fields: dict[str, tuple[Any, Any]] = {}
    others = level.others.get(level.here)
    refused = sorted(path for path in level.refused if others is None or path[0] in others)
    for key in dict.fromkeys(path[0] for path in (*level.leaves, *refused)):
        name, leaf = f"f{len(fields)}", level.leaves.get((key,))
        if (key,) in level.refused:
            fields[key] = (Never, None)
        elif leaf is not None:
            if any(path[0] == key and len(path) > 1 for path in level.leaves):
                return None
            found[*level.here, key] = level.way + name
            fields[key] = (leaf, _EMPTY) if leaf is msgspec.Raw else (leaf | None, None)
        else:
            made = _struct(level.below(key, name), found)
            if made is None:
                return None
            fields[key] = (made, made())
    if others is None:
        for path in (*level.leaves, *level.refused):
            for end in range(2, len(path) + 1):
                fields.setdefault(".".join(path[:end]), (Never, None))
    if any(map(_UNFIT.search, fields)):
        return None
    for key in others or ():
        if not _UNFIT.search(key):  # the object is refused where it has such a key
            fields.setdefault(key, (msgspec.Raw, _EMPTY))
    return msgspec.defstruct(
        "Object",
        [(f"f{number}", kind, default) for number, (kind, default) in enumerate(fields.values())],
        rename={f"f{number}": key for number, key in enumerate(fields)},
        frozen=True,
        gc=False,
        forbid_unknown_fields=others is not None,
    )


_EMPTY = msgspec.Raw(b"{}")
_UNFIT = re.compile(r'[\x00-\x1f"\\]')  # keys that a type cannot have
