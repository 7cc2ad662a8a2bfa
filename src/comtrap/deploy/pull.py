"""Reading what people have made of our rules in a space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comtrap.deploy.plan import is_ours
from comtrap.deploy.space import LISTS, read_items, read_space, references, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.deploy.kibana import Kibana
    from comtrap.deploy.space import Wanted


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a space has.

    Attributes:
        rules: ours, by ``rule_id``.
        lists: exception lists that are ours or that a rule of ours refers to, by ``list_id``.
        items: their items, by ``list_id``.
        ours: ids of the lists that are ours.
        notes: what is there and was passed over.
    """

    rules: Mapping[str, Mapping[str, Any]]
    lists: Mapping[str, Mapping[str, Any]]
    items: Mapping[str, list[dict[str, Any]]]
    ours: frozenset[str]
    notes: tuple[str, ...]

    def users(self, list_id: str) -> list[str]:
        """Ids of our rules that refer to a list."""
        return [rule for rule, one in self.rules.items() if list_id in references([one])]


def pull(kibana: Kibana, wanted: Wanted) -> Pulled:
    """Read our rules, and the exceptions that they have, whoever made these.

    Raises:
        DeployError: Kibana refused, or is out of reach.
    """
    space = read_space(kibana, wanted)
    rules, notes = {}, []
    for rule_id, found in space.rules.items():
        if not all(is_ours(one, wanted.mark) for one in found):
            notes.append(f"the rule {rule_id} is not ours, and stays where it is")
        elif len(found) > 1:
            notes.append(f"the space has the rule {rule_id} {len(found)} times; `comtrap deploy apply` leaves one")
        else:
            rules[rule_id] = found[0]
    lists, items = dict(space.lists), dict(space.items)
    for one in (reference for rule in rules.values() for reference in tables(rule.get("exceptions_list"))):
        list_id, namespace = str(one.get("list_id")), str(one.get("namespace_type"))
        if list_id not in lists and (there := kibana.get(LISTS, list_id=list_id, namespace_type=namespace)) is not None:
            lists[list_id] = there
            items[list_id] = list(read_items(kibana, list_id, namespace))
    return Pulled(rules, lists, items, space.ours(wanted), tuple(notes))
