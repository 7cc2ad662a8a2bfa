"""Which process serves COM objects, and which: told by how Windows starts servers.

An out-of-process server is started with ``-Embedding`` (``-Automation``, ``/automation``); a library class that needs a
process of its own is served by a surrogate, ``dllhost.exe /Processid:{AppID}``.

Source: Microsoft, "LocalServer32" and "DllSurrogate" (COM fundamentals).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from comtrap.com import clsid
from comtrap.com.catalogue import catalogue, lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.com.catalogue import ComObject

_STARTED = re.compile(r"(?<!\S)[-/](?:embedding|automation)(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Role:
    """What a process serves.

    Attributes:
        label: words for it: a known object's name, an application id, or the class of a program.
        objects: what the catalogue knows that it may be; abused ones first.
    """

    label: str
    objects: tuple[ComObject, ...]


def serves(name: str, command_line: str) -> Role | None:
    """What a process serves, or None if COM did not start it.

    Args:
        name: the program's file name.
        command_line: as the log has it.
    """
    if name.lower() == "dllhost.exe" and (found := clsid.applications(command_line)):
        known = lookup(found[0])
        return Role(known.name if known is not None else f"application {found[0]}", () if known is None else (known,))
    if _STARTED.search(command_line):
        of = servers(name)
        return Role(of[0].name if len(of) == 1 else f"a class of {name}", of)
    return None


def servers(name: str) -> tuple[ComObject, ...]:
    """The known objects that a library or program serves, abused ones first."""
    return _by_server().get(name.lower(), ())


@cache
def _by_server() -> Mapping[str, tuple[ComObject, ...]]:
    out: dict[str, tuple[ComObject, ...]] = {}
    for known in sorted(catalogue(), key=lambda o: o.ordinary):
        if known.server:
            low = known.server.lower()
            out[low] = (*out.get(low, ()), known)
    return out
