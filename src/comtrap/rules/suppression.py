"""Which alerts of a rule stand for which: Elastic's alert suppression.

Source: Elastic Security, "Suppress detection alerts"; Kibana's ``alert_suppression``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from comtrap.rules.table import as_line, as_texts

FIELDS = 3  # a rule may group by, at most
STRATEGIES = ("suppress", "doNotSuppress")
_DURATION = re.compile(r"([1-9]\d{0,5})([smh])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_SIZES = (("h", 3_600), ("m", 60), ("s", 1))
_KEYS = {"group_by", "duration", "missing_fields_strategy"}


@dataclass(frozen=True, slots=True)
class Suppression:
    """Of the alerts of a rule that agree in some fields the first stands for all.

    Attributes:
        group_by: one to three fields. A field with several values agrees where all are the same, in the same order.
        duration: how long the first stands for others, from its own time; None for the whole run.
        missing: ``suppress`` where events that lack a field agree in lacking it; ``doNotSuppress`` where such an alert
            stands alone.
    """

    group_by: tuple[str, ...]
    duration: timedelta | None = None
    missing: str = "suppress"


def as_suppression(value: Any) -> Suppression:
    """A rule file's table.

    Raises:
        TypeError: it is no table, or a value is of another type.
        ValueError: a key is unknown or a value out of bounds.
    """
    if not isinstance(value, dict):
        raise TypeError("expected a table")
    if unknown := sorted(value.keys() - _KEYS):
        raise ValueError(f"unknown key `{unknown[0]}`; known are {', '.join(sorted(_KEYS))}")
    return suppression(
        as_texts(value.get("group_by", [])),
        as_line(value["duration"]) if "duration" in value else None,
        as_line(value.get("missing_fields_strategy", STRATEGIES[0])),
    )


def suppression(group_by: tuple[str, ...], duration: str | None, missing: str) -> Suppression:
    """The same from its parts as written: ``30m`` for the duration.

    Raises:
        ValueError: one is out of bounds.
    """
    if not 1 <= len(group_by) <= FIELDS or len(set(group_by)) < len(group_by):
        raise ValueError(f"expected one to {FIELDS} different fields to group by")
    if missing not in STRATEGIES:
        raise ValueError(f"what is done with missing fields is one of {', '.join(STRATEGIES)}")
    return Suppression(group_by, None if duration is None else as_duration(duration), missing)


def in_units(duration: timedelta) -> tuple[int, str]:
    """A duration in the largest unit that it is a whole number of."""
    seconds = int(duration.total_seconds())
    unit, size = next((unit, size) for unit, size in _SIZES if seconds % size == 0)
    return seconds // size, unit


def as_duration(text: str) -> timedelta:
    """What ``30m`` stands for.

    Raises:
        ValueError: it is none.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("expected a duration such as 30m, in s, m or h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
