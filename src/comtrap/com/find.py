r"""What a person means who names a COM object: an id in any wrapping, a ProgID, a name, or words of what it does.

``{…}``, ``HKCR\CLSID\{…}``, ``CLSID:{…}``, ``new:{…}``, ``Elevation:Administrator!new:{…}``, ``shell:::{…}`` and
``/Processid:{…}`` all name the id in them; ``HKCR\MMC20.Application`` names the ProgID.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from comtrap.com import clsid
from comtrap.com.catalogue import SIZE, catalogue, lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.com.catalogue import ComObject

MOST = 20  # objects that words find
NEAR = 3  # suggestions
_ID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_WRAPPED = re.compile(r"^.*[\\:!/]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of what was asked for.

    Attributes:
        asked: the text as given.
        id: the id in it, upper case with braces; None for a name.
        found: the objects; those known to be abused before ordinary ones where words find several.
        more: how many more the words find.
        near: names, ProgIDs or ids that are spelt alike, if nothing was found.
    """

    asked: str
    id: str | None
    found: tuple[ComObject, ...]
    more: int = 0
    near: tuple[str, ...] = ()


def find(text: str) -> Answer:
    """What is known of an id, a ProgID, a name, or of the objects that words describe."""
    given = text[:SIZE].strip()
    match = _ID.search(given)
    if match is not None:
        named = clsid.canonical(match.group())
        known = lookup(match.group())
        found = (known,) if known is not None else _by_interface().get(str(named), ())
        return Answer(text, named, found, near=() if found else _near_ids(str(named)))
    bare = _WRAPPED.sub("", given.rstrip("\\"))
    known = lookup(given) or lookup(bare)
    if known is not None:
        return Answer(text, None, (known,))
    words = [word for word in given.lower().split() if any(c.isalnum() for c in word)]
    found = tuple(sorted((o for o in catalogue() if _has(o, words)), key=lambda o: o.ordinary)) if words else ()
    near = () if found else _near(bare)
    return Answer(text, None, found[:MOST], max(0, len(found) - MOST), near)


def _has(known: ComObject, words: list[str]) -> bool:
    said = " ".join((known.name, known.about, known.server, *known.progids, *known.interfaces)).lower()
    return all(word in said for word in words)


def _near(text: str) -> tuple[str, ...]:
    names = {name.lower(): name for known in catalogue() for name in (known.name, *known.progids)}
    return tuple(names[low] for low in difflib.get_close_matches(text[:100].lower(), names, NEAR))


def _near_ids(named: str) -> tuple[str, ...]:
    """Ids that a slip of a finger or two would make of this one."""
    ids = [known.id for known in catalogue() if known.id is not None]
    return tuple(difflib.get_close_matches(named, ids, NEAR, cutoff=0.92))


@cache
def _by_interface() -> Mapping[str, tuple[ComObject, ...]]:
    found: dict[str, tuple[ComObject, ...]] = {}
    for known in catalogue():
        for interface in known.interfaces:
            for match in _ID.finditer(interface):
                key = f"{{{match.group().upper()}}}"
                found[key] = (*found.get(key, ()), known)
    return found
