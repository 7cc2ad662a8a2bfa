"""Text from logs made harmless to look at.

Whoever attacks a host chooses its command lines. Shown as they are, they could move the cursor, set colours, forge lines
of a report or turn text round.
"""

from __future__ import annotations

import unicodedata
from typing import Any


def plain(value: Any) -> str:
    r"""A value as one line of visible text: blanks folded, control and format characters as ``\u{202e}``.

    Several values are joined by commas. Characters without a meaning in Unicode, halves of surrogate pairs included, are
    written out too, so that any output can hold what is left.
    """
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    line = " ".join(text.split())
    return line if line.isprintable() else line.translate(_SHOWN)


class _Shown(dict[int, str]):
    """What is shown for a character, by its number; filled as they come, so that a long text costs little."""

    def __missing__(self, number: int) -> str:
        character = chr(number)
        shown = character if character.isprintable() else _escaped(character)
        if len(self) < _REMEMBERED:
            self[number] = shown
        return shown


def _escaped(character: str) -> str:
    if unicodedata.category(character) == "Zs":  # blanks that are none of ASCII's
        return " "
    return f"\\u{{{ord(character):x}}}"


_REMEMBERED = 4_096  # characters
_SHOWN = _Shown()
