"""Lower case, as everything that ignores case is compared: Unicode's simple mapping, one character for each."""

from __future__ import annotations

_CONTEXT = ("\u0130", "\u03a3")
"""Capitals that Python lowers to two characters, or by what stands around them."""


def lower(text: str) -> str:
    """A text in lower case. The executor's kernels do the same to columns."""
    if text.isascii() or not any(char in text for char in _CONTEXT):
        return text.lower()
    return "".join(char.lower()[0] for char in text)
