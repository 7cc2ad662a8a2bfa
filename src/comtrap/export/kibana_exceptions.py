"""Exceptions as Kibana's exception lists and items.

A list of Kibana holds for a rule as a whole, so the exceptions of a file that are for different rules are in different
lists: no rule gets an exception that was written for another. A list's id is made of the file's id and of the rules, and
stays while exceptions come and go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from comtrap.rules.exceptions import Entry, ExceptionItem, ExceptionList

PREFIX = "comtrap_"
OWNER, TICKET, FILE = "Owner: ", "Ticket: ", "File: "
NEVER = 9999  # the year of a day that never comes
_OURS = "comtrap."
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Excepting:
    """Exceptions in Kibana's form.

    Attributes:
        lists: the containers, in the order of their files.
        items: their items, in the same order.
        references: what a rule says to use them, by the rule's id.
        left_out: exceptions that Kibana cannot have, with the reason.
    """

    lists: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    references: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    left_out: list[tuple[ExceptionItem, str]] = field(default_factory=list)


def excepting(files: Iterable[ExceptionList], rules: Iterable[UUID], mark: str) -> Excepting:
    """The exceptions that concern these rules.

    Args:
        files: the exceptions.
        rules: ids of the rules there are; exceptions of others are passed over.
        mark: the tag by which lists and items are known as ours.
    """
    made, known = Excepting(), set(rules)
    for one in files:
        groups: dict[tuple[UUID, ...], list[ExceptionItem]] = {}
        for item in one.items:
            foreign = next((entry.field for entry in item.entries if entry.field.startswith(_OURS)), None)
            if foreign is not None:
                made.left_out.append((item, f"it looks at {foreign}, which only comtrap fills"))
            elif known.intersection(item.rules):
                groups.setdefault(tuple(sorted(set(item.rules))), []).append(item)
        for group, items in groups.items():
            name = list_id(one.id, group)
            title = one.name if len(groups) == 1 else f"{one.name} ({name[-_DIGITS:]})"
            _add(made, one, items, [rule for rule in group if rule in known], (name, title, mark))
    return made


def list_id(file: str, rules: Iterable[UUID]) -> str:
    """The id of the list that holds a file's exceptions for these rules."""
    digest = sha256("\n".join(sorted(map(str, rules))).encode()).hexdigest()
    return f"{PREFIX}{file}_{digest[:_DIGITS]}"


def file_name(title: str) -> str:
    """What the file is called whose list has this title."""
    return re.sub(rf" \([0-9a-f]{{{_DIGITS}}}\)$", "", title)


def moment(expires: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds."""
    return f"{expires.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')}.{expires.microsecond // 1000:03d}Z"


def _add(
    made: Excepting, file: ExceptionList, items: list[ExceptionItem], rules: list[UUID], called: tuple[str, str, str]
) -> None:
    name, title, mark = called
    shared: dict[str, Any] = {"list_id": name, "namespace_type": "single", "os_types": []}
    about = {"type": "detection", "name": title, "description": file.description}
    made.lists.append(shared | about | {"tags": [mark, f"{FILE}{file.id}"]})
    made.items.extend(shared | _item(item, name, mark) for item in items)
    reference = {
        "id": str(uuid5(NAMESPACE_URL, name)),
        "list_id": name,
        "type": "detection",
        "namespace_type": "single",
    }
    for rule in rules:
        made.references.setdefault(rule, []).append(reference)


def _item(item: ExceptionItem, name: str, mark: str) -> dict[str, Any]:
    found = {
        "item_id": f"{name}_{item.id}",
        "type": "simple",
        "name": item.name,
        "description": item.reason,
        "entries": [_entry(entry) for entry in item.entries],
        "tags": [mark, f"{OWNER}{item.owner}", f"{TICKET}{item.ticket}"],
        "comments": [],
    }
    return found if item.expires.year == NEVER else found | {"expire_time": moment(item.expires)}


def _entry(entry: Entry) -> dict[str, Any]:
    """A condition. A value list is written out: what Kibana imports and exports never holds one."""
    if entry.kind == "nested":
        return {"field": entry.field, "type": "nested", "entries": [_entry(one) for one in entry.entries]}
    kind = "match_any" if entry.kind == "list" else entry.kind
    found = {"field": entry.field, "type": kind, "operator": "included" if entry.included else "excluded"}
    if kind == "exists":
        return found
    return found | {"value": list(entry.values) if kind == "match_any" else entry.values[0]}
