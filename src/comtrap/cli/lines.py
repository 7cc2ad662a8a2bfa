"""Text of several lines on its way to a terminal."""

from __future__ import annotations

from comtrap.sinks.plain import plain


def shown(text: str) -> str:
    """The text with its lines and blanks; everything else that does not print is written out."""
    return "\n".join(" ".join(plain(word) for word in line.split(" ")) for line in text.split("\n"))
