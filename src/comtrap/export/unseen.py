"""Line breaks and tabs in values: a query of another platform ends, or cannot be read, where one stands as it is."""

from __future__ import annotations

_ESCAPES = str.maketrans({"\n": r"\n", "\r": r"\r", "\t": r"\t"})


def escaped(text: str) -> str:
    """The text with the escapes that all platforms and regular expressions have for them."""
    return text.translate(_ESCAPES)
