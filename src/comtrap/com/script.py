"""What a PowerShell script says once the tricks are taken off it."""

from __future__ import annotations

import re

SIZE = 1 << 20  # characters of one text that are looked at; what follows stays as it is

# In a name or a text a backquote is nothing where what follows is no escape; a script that is meant to run has no other.
# Source: about_Special_Characters, about_Quoting_Rules.
# What patterns begin with is searched for fast where it is one character.
_TICK = re.compile(r"`(?<=[\w:.-]`)(?=[\w:.-])", re.ASCII)
_JOIN = re.compile(r"""'[ \t\r\n]*\+[ \t\r\n]*'|"[ \t\r\n]*\+[ \t\r\n]*\"""")
# ("{1}{0}" -f 'b','a'): source: about_Operators, format operator.
_FORMAT = re.compile(
    r"""\(?["']((?:[^"'{}]{0,99}\{\d{1,2}\}){1,64}[^"'{}]{0,99})["'][ \t\r\n]{0,9}-f[ \t\r\n]{0,9}"""
    r"""((?:'[^']{0,999}'|"[^"]{0,999}")(?:[ \t\r\n]{0,9},[ \t\r\n]{0,9}(?:'[^']{0,999}'|"[^"]{0,999}")){0,63})[ \t\r\n]{0,9}\)?""",
    re.IGNORECASE,
)
_FORMATTED = re.compile(r"""\}[^"'{}]{0,99}["'][ \t\r\n]{0,9}-f""", re.IGNORECASE)  # in every text with a format
_ITEM = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_PLACE = re.compile(r"\{(\d{1,2})\}")
HINT = r"""(?i)[\w:.-]`[\w:.-]|'[ \t\r\n]*\+[ \t\r\n]*'|"[ \t\r\n]*\+[ \t\r\n]*"|\}[^"'{}]*["'][ \t\r\n]*-f"""
"""An RE2 expression found in every text of which `plain` gives something, and in few others."""


def plain(text: str) -> str | None:
    """The text without backquotes within words, with texts put together that are written in pieces; None if it is the same.

    Pieces are those of ``'a'+'b'`` and of ``"{1}{0}" -f 'b','a'``; of formats that are put together themselves, too.
    """
    found = _JOIN.sub("", _TICK.sub("", text[:SIZE]))
    if _FORMATTED.search(found):
        found = _FORMAT.sub(_formatted, found)
    found += text[SIZE:]
    return None if found == text else found


def _formatted(match: re.Match[str]) -> str:
    """What a format gives, in quotes; as it is written where an item is missing."""
    items = [single or double for single, double in _ITEM.findall(match[2])]
    if any(int(place) >= len(items) for place in _PLACE.findall(match[1])):
        return match[0]
    return "'" + _PLACE.sub(lambda place: items[int(place[1])], match[1]) + "'"
