"""How much of each alert a report shows, so that it stays a file that a browser opens at once.

Stories take room in the order of how bad they are. The first stand in the page as a whole; what the script shows of the
others when they are opened comes from the page's data, as long as there is room for it.
"""

from __future__ import annotations

from dataclasses import dataclass

ALERTS = 10_000  # shown; the rest is counted, the worst are kept
LARGEST = 20_000_000  # bytes of a report
LONGEST = 1_200  # characters of one value
SHORT = 160  # characters of one where room is scarce
RESERVED = 900  # bytes an entry takes at least
_WRITTEN = 1_500_000  # bytes of stories that stand in the page as a whole
_FIELDS, _SHORT = 16_000_000, 18_000_000  # bytes up to which every field is told, and then what people look at first


@dataclass(slots=True)
class Room:
    """What is taken, and what may still be shown.

    Attributes:
        used: bytes of the report that are taken or reserved.
        written: bytes of stories that stand in the page as a whole.
        short: whether anything was left out for lack of room.
    """

    used: int = 0
    written: int = 0
    short: bool = False

    @property
    def write(self) -> bool:
        """Whether a story may stand in the page as a whole."""
        return self.written < _WRITTEN and self.used < _FIELDS

    @property
    def values(self) -> int:
        """Characters of one value; 0 if only the rule, the time and the place are to be shown."""
        if self.used < _FIELDS:
            return LONGEST
        self.short = True
        return SHORT if self.used < _SHORT else 0

    @property
    def fields(self) -> bool:
        """Whether every field of an event may be kept."""
        if self.used < _FIELDS:
            return True
        self.short = True
        return False
