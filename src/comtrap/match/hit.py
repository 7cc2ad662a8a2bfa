"""What goes into matching and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

EventId: TypeAlias = int
Key: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One event satisfied one stage.

    Attributes:
        stage: as numbered by `plan.stages`; ``until`` comes after the last.
        key: the join keys as text, null kept; () where the query has none.
        time_ns: nanoseconds since the epoch, UTC.
        event: the event's number. (time_ns, tie, event) is the order of events.
        tie: the tiebreaker; None sorts last.
    """

    stage: int
    key: Key
    time_ns: int
    event: EventId
    tie: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One answer to a query: one event, or one per stage in stage order, None for a stage whose event is missing."""

    query: int
    key: Key
    events: tuple[EventId | None, ...]
