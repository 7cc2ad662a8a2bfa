"""Who was seen doing something."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A group, a campaign or a program, what it was seen doing, and where that is written."""

    name: str
    use: str
    reference: str
