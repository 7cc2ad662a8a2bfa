"""How much of each alert a report shows, so that it stays a file that a browser opens at once."""

from __future__ import annotations

from dataclasses import dataclass

ALERTS = 10_000  # shown; the rest is counted, the worst are kept
LARGEST = 20_000_000  # bytes of a report
_WHOLE, _SHORT = 11_000_000, 15_000_000  # bytes up to which alerts are shown whole, and cut short


@dataclass(slots=True)
class Room:
    """Bytes used, and what may still be shown.

    Attributes:
        used: bytes of the report until now.
        short: whether any alert was cut short for lack of room.
    """

    used: int = 0
    short: bool = False

    @property
    def values(self) -> int:
        """Characters of one value; 0 if only the rule, the time and the place are to be shown."""
        if self.used < _WHOLE:
            return 1_200
        self.short = True
        return 160 if self.used < _SHORT else 0

    @property
    def whole(self) -> bool:
        """Whether every field of an event is to be kept."""
        return self.used < _WHOLE
