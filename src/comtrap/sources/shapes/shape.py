"""Any record as the document Winlogbeat would have written of it, and which form it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.sources.shapes import beats, ecs, event, flat, hit, old_beats
from comtrap.sources.shapes.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENTS = frozenset({beats.WINLOGBEAT, beats.AGENT, ecs.ENDPOINT, ecs.ECS_DOCUMENT})
"""Shapes whose records are documents already, as Elastic's shippers write them."""


def shaped(record: Mapping[str, Any]) -> Shaped:
    """The record in the raw form of `comtrap.events.raw`, nested or dotted.

    What nothing is known of stays as it is, of kind `ECS`.
    """
    inner = hit.unwrapped(record)
    if inner is not None:
        record = inner
    for form in _FORMS:
        found = form(record)
        if found is not None:
            return found
    return ecs.shaped(record)


_FORMS = (ecs.of_endpoint, flat.shaped, beats.shaped, event.shaped, old_beats.shaped)

__all__ = ["DOCUMENTS", "Shaped", "shaped"]
