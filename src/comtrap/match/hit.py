"""What goes into matching and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

EventId: TypeAlias = int
Key: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One answer to a query: one event, or one per stage in stage order, None for a stage whose event is missing."""

    query: int
    key: Key
    events: tuple[EventId | None, ...]
