"""What an exception is: events that a rule is not to see, for a reason, on someone's word, until a day.

The conditions are those that exception items of Kibana have, so that one file serves a scan and a deployment. As there,
the events go before sequences are looked for: an exception on one event of a sequence removes the sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

KINDS = ("match", "match_any", "wildcard", "exists", "list", "nested")


@dataclass(frozen=True, slots=True)
class Entry:
    """One condition on a field.

    Attributes:
        field: the ECS field; below a nested one, relative to that.
        kind: of `KINDS`.
        included: Kibana's ``operator``: whether the condition must hold, or must not (``excluded``).
        values: what the field is compared with; none for ``exists`` and ``nested``.
        entries: of a nested field, the conditions that one and the same object below it must meet.
        list_id: of a value list, its name; `values` are its items.
    """

    field: str
    kind: str
    included: bool = True
    values: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    list_id: str = ""


@dataclass(frozen=True, slots=True)
class ExceptionItem:
    """One exception: rules do not see events that meet all of its conditions.

    Attributes:
        list_id: the file's own id, Kibana's exception list.
        id: the item's; unique in its file.
        name: one line.
        rules: ids of the rules it applies to.
        entries: all must hold.
        owner: who answers for it.
        reason: why these events are benign.
        ticket: where that was decided.
        expires: from this moment on it no longer applies; with its offset.
        path: the file.
        still_fires: files of events on which the rules must fire all the same.
        removes: files of benign events on which the rules fire without it, and must not with it.
    """

    list_id: str
    id: str
    name: str
    rules: tuple[UUID, ...]
    entries: tuple[Entry, ...]
    owner: str
    reason: str
    ticket: str
    expires: datetime
    path: Path
    still_fires: tuple[Path, ...] = ()
    removes: tuple[Path, ...] = ()

    @property
    def label(self) -> str:
        """As messages name it: ``sccm/client_scripts``."""
        return f"{self.list_id}/{self.id}"


@dataclass(frozen=True, slots=True)
class ExceptionList:
    """One file of exceptions."""

    id: str
    name: str
    description: str
    items: tuple[ExceptionItem, ...]
    path: Path


def in_force(
    items: Iterable[ExceptionItem], as_of: datetime
) -> tuple[tuple[ExceptionItem, ...], tuple[ExceptionItem, ...]]:
    """Those that apply at a moment, and those that have expired by then.

    Source: Kibana leaves out items whose ``expire_time`` is before the start of the rule's run.
    """
    items = tuple(items)
    return tuple(i for i in items if i.expires >= as_of), tuple(i for i in items if i.expires < as_of)
