"""How one kind of event becomes ECS: what a normaliser's table is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.normalise.values import Expr

ANY = -1
"""As event id of a Kind: every event of the provider that has no line of its own."""

DATA = "winlog.event_data."


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a table.

    Attributes:
        fields: ECS field (dotted) to what it is computed from.
        removed: raw columns that Elastic's pipeline takes away; they are read, but are no fields of the event.
        moved: raw columns taken away where they hold a value, and left where they hold a blank.
        blank: texts that stand for no value at all below ``winlog.event_data.``; such values are no fields either.
        integration: fields that only Elastic's integration writes; they win over `fields`. A scan uses this form.
        winlogbeat: fields that only Winlogbeat's own pipeline writes; they win over `fields`.
    """

    fields: Mapping[str, Expr]
    removed: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    blank: frozenset[str] = frozenset()
    integration: Mapping[str, Expr] = field(default_factory=dict)
    winlogbeat: Mapping[str, Expr] = field(default_factory=dict)


def data(*names: str) -> frozenset[str]:
    """The raw columns of event data fields."""
    return frozenset(DATA + name for name in names)
