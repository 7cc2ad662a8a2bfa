"""Class ids and application ids named in any text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 64  # ids kept of one text: more is no command line and no registry path

_ID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_ANY = re.compile(rf"(?<![0-9A-Za-z])({_ID})(?![0-9A-Za-z])")
_EXACT = re.compile(rf"\s*\{{?({_ID})\}}?\s*")
# dllhost.exe /Processid:{…} names the application that a surrogate serves, not a class.
_SURROGATE = re.compile(rf"[-/]processid\s*:\s*\"?\{{?({_ID})", re.IGNORECASE)
_APPLICATION = re.compile(rf"\\appid\\\{{({_ID})\}}", re.IGNORECASE)
# What the registry keeps below these keys are interfaces, libraries and applications.
_NO_CLASS = re.compile(rf"\\(?:interface|typelib|appid|component categories)\\\{{({_ID})\}}", re.IGNORECASE)
_ZERO = "00000000-0000-0000-0000-000000000000"


def canonical(text: str) -> str | None:
    """The id in upper case with braces, or None where the text is not one id and nothing else."""
    found = _EXACT.fullmatch(text)
    return None if found is None else f"{{{found[1].upper()}}}"


def find(text: str) -> list[str]:
    r"""Class ids in the text, upper case with braces, each once, in order; with or without braces there.

    Ids that the text itself says are something else (``/Processid:``, ``\Interface\``, ``\AppID\``) are left out.
    """
    if "-" not in text:
        return []
    others = {m.start(1) for pattern in (_SURROGATE, _NO_CLASS) for m in pattern.finditer(text)}
    return _distinct(m[1] for m in _ANY.finditer(text) if m.start(1) not in others)


def applications(text: str) -> list[str]:
    r"""Application ids in the text: of a surrogate's ``/Processid:``, below ``\AppID\``."""
    if "-" not in text:
        return []
    return _distinct(m[1] for pattern in (_SURROGATE, _APPLICATION) for m in pattern.finditer(text))


def _distinct(found: Iterable[str]) -> list[str]:
    out: dict[str, None] = {}
    for item in found:
        if item != _ZERO:
            out[f"{{{item.upper()}}}"] = None
            if len(out) >= LIMIT:
                break
    return list(out)
