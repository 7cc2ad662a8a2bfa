"""Documents that are ECS already: whatever they bring along is what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.events.raw import ECS
from comtrap.normalise.event import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind

TABLE: Mapping[Kind, Event] = {ECS: Event({})}
