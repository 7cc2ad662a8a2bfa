"""What has to be done so that a space has what is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from comtrap.deploy.difference import list_differences, rule_differences
from comtrap.deploy.space import tables, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from comtrap.deploy.difference import Difference
    from comtrap.deploy.space import Space, Wanted


class Step(Enum):
    """What is to be done with one object."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"  # it is as wanted
    REFUSE = "refuse"  # it is not ours to touch
    MERGE = "merge"  # it is there more than once
    PRUNE = "prune"  # it is ours, and no longer wanted; only `prune` does that


@dataclass(frozen=True, slots=True)
class Change:
    """One object and what is to be done with it.

    Attributes:
        kind: ``rule``, ``list`` or ``item``.
        id: ``rule_id``, ``list_id`` or ``item_id``.
        name: as people know it.
        step: what is to be done.
        differences: of a change, what is not as wanted.
        why: of a refusal, the reason.
    """

    kind: str
    id: str
    name: str
    step: Step
    differences: tuple[Difference, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        more = ", ".join(one.field for one in self.differences) or self.why
        return f"{self.step.value} {self.kind} {self.name} ({self.id}){': ' if more else ''}{more}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes: lists, items, rules, each in the order in which they are wanted, then what is no longer wanted.

    `notes` are what the space has of its own among ours, and keeps.
    """

    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    def steps(self, *steps: Step) -> tuple[Change, ...]:
        """The changes of these kinds."""
        return tuple(change for change in self.changes if change.step in steps)

    @property
    def pending(self) -> tuple[Change, ...]:
        """What `apply` has to do."""
        return self.steps(Step.CREATE, Step.CHANGE, Step.MERGE)


def plan(wanted: Wanted, space: Space, *, adopt: bool = False) -> Plan:
    """What has to be done.

    Args:
        wanted: what the space is to have.
        space: what it has.
        adopt: take over rules and lists that have an id of ours, but not our mark.
    """
    ours = space.ours(wanted)
    lists = [_list(one, space, wanted, adopt=adopt) for one in wanted.lists]
    foreign = {change.id for change in lists if change.step is Step.REFUSE}
    changes = [
        *lists,
        *(_item(one, space, foreign) for one in wanted.items),
        *(_rule(one, space, wanted, ours, adopt=adopt) for one in wanted.rules),
        *_surplus(wanted, space),
    ]
    return Plan(tuple(changes), tuple(_own(wanted, space, ours)))


def is_ours(found: Mapping[str, Any], mark: str) -> bool:
    """Whether a rule of a space is ours to read and to change."""
    return not _foreign(found, mark, adopt=False)


def surplus_copies(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of one rule that is there more than once, all but the one to keep: one that runs, of these the oldest."""
    return sorted(found, key=lambda one: (one.get("enabled") is not True, str(one.get("created_at")), str(one["id"])))[
        1:
    ]


def _rule(wanted: Mapping[str, Any], space: Space, all_: Wanted, ours: frozenset[str], *, adopt: bool) -> Change:
    found = space.rules.get(wanted["rule_id"], [])
    name = wanted["rule_id"], str(wanted["name"])
    if not found:
        return Change("rule", *name, Step.CREATE)
    why = next((reason for one in found if (reason := _foreign(one, all_.mark, adopt=adopt))), "")
    if why:
        return Change("rule", *name, Step.REFUSE, why=why)
    if len(found) > 1:
        return Change("rule", *name, Step.MERGE, why=f"the space has it {len(found)} times")
    differences = rule_differences(wanted, found[0], ours)
    return Change("rule", *name, Step.CHANGE if differences else Step.KEEP, differences)


def _foreign(found: Mapping[str, Any], mark: str, *, adopt: bool) -> str:
    """Why a rule of the space is not ours to change; empty if it is."""
    source = found.get("rule_source")
    if found.get("immutable") is True or (isinstance(source, dict) and source.get("type") == "external"):
        return "it is one of Elastic's prebuilt rules"
    if found.get("type") != "eql":
        return f"in the space it is of type {found.get('type')}, and a type cannot be changed"
    if mark not in texts(found.get("tags")) and not adopt:
        return f"it lacks the tag {mark}, so it is someone else's; --adopt takes it over"
    return ""


def _list(wanted: Mapping[str, Any], space: Space, all_: Wanted, *, adopt: bool) -> Change:
    found = space.lists.get(wanted["list_id"])
    name = wanted["list_id"], str(wanted["name"])
    if found is None:
        return Change("list", *name, Step.CREATE)
    if all_.mark not in texts(found.get("tags")) and not adopt:
        return Change("list", *name, Step.REFUSE, why=f"it lacks the tag {all_.mark}; --adopt takes it over")
    differences = list_differences(wanted, found)
    return Change("list", *name, Step.CHANGE if differences else Step.KEEP, differences)


def _item(wanted: Mapping[str, Any], space: Space, foreign: set[str]) -> Change:
    items = space.items.get(wanted["list_id"], [])
    found = next((one for one in items if one.get("item_id") == wanted["item_id"]), None)
    name = wanted["item_id"], str(wanted["name"])
    if wanted["list_id"] in foreign:
        return Change("item", *name, Step.REFUSE, why=f"its list {wanted['list_id']} is someone else's")
    if found is None:
        return Change("item", *name, Step.CREATE)
    differences = list_differences(wanted, found)
    return Change("item", *name, Step.CHANGE if differences else Step.KEEP, differences)


def _surplus(wanted: Wanted, space: Space) -> Iterator[Change]:
    """What has our mark and is no longer wanted."""
    rules = {one["rule_id"] for one in wanted.rules}
    for rule_id, found in space.rules.items():
        marked = [one for one in found if is_ours(one, wanted.mark)]
        if rule_id not in rules and marked:
            yield Change("rule", rule_id, str(marked[0].get("name")), Step.PRUNE)
    lists, items = ({one[key] for one in some} for key, some in (("list_id", wanted.lists), ("item_id", wanted.items)))
    for list_id, one in space.lists.items():
        listed = wanted.mark in texts(one.get("tags"))
        for item in space.items.get(list_id, []):
            if listed and item.get("item_id") not in items and wanted.mark in texts(item.get("tags")):
                yield Change("item", str(item.get("item_id")), str(item.get("name")), Step.PRUNE)
        if listed and list_id not in lists:
            yield Change("list", list_id, str(one.get("name")), Step.PRUNE)


def _own(wanted: Wanted, space: Space, ours: frozenset[str]) -> Iterator[str]:
    """What people of the space have added to what is ours."""
    for rule in wanted.rules:
        for found in space.rules.get(rule["rule_id"], []):
            for one in tables(found.get("exceptions_list")):
                if one.get("list_id") not in ours:
                    yield f"rule {rule['name']} ({rule['rule_id']}) also has the exceptions {one.get('list_id')}"
    for list_id in ours:
        for item in space.items.get(list_id, []):
            known = any(one["item_id"] == item.get("item_id") for one in wanted.items)
            if not known and wanted.mark not in texts(item.get("tags")):
                yield f"list {list_id} also has the exception {item.get('name')} ({item.get('item_id')})"
