"""Matches in the shape that Elasticsearch's EQL search API answers in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from comtrap.match.hit import EventId, Match


def frame(hits: dict[str, Any], took_ms: int, *, is_partial: bool = False) -> dict[str, Any]:
    """A whole answer."""
    return {"is_partial": is_partial, "is_running": False, "took": took_ms, "timed_out": False, "hits": hits}


def total(found: int, size: int) -> dict[str, Any]:
    """How many there are: at least what was asked for where that was found."""
    return {"value": found, "relation": "gte" if found and found == size else "eq"}


def missing() -> dict[str, Any]:
    """What stands in the place of an event that must not be there."""
    return {"_index": "", "_id": "", "_source": {}, "missing": True}


def sequences(matches: Iterable[Match], event: Callable[[EventId], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Sequences and samples; `event` gives an event's ``_index``, ``_id`` and ``_source``."""
    for found in matches:
        events = [missing() if number is None else event(number) for number in found.events]
        yield {"join_keys": list(found.key), "events": events}
