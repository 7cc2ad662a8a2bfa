"""Deleting what is ours and no longer wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.deploy.plan import Change, Step, plan
from comtrap.deploy.space import ITEMS, LISTS, RULES, every_rule, read_items, read_space, references
from comtrap.errors import DeployError, PluginError

if TYPE_CHECKING:
    from comtrap.deploy.kibana import Kibana
    from comtrap.deploy.space import Wanted

_MISSING = 404


def prunable(kibana: Kibana, wanted: Wanted) -> tuple[Change, ...]:
    """What `prune` would delete: rules, items, then lists. Nothing without our mark, and nothing prebuilt.

    Raises:
        PluginError: no rule is wanted, which is more likely a wrong path than a wish.
        DeployError: Kibana refused, or is out of reach.
    """
    if not wanted.rules:
        raise PluginError("there are no rules to go by, and all that is ours would be deleted: name them with --rules")
    found = plan(wanted, read_space(kibana, wanted)).steps(Step.PRUNE)
    order = ("rule", "item", "list")
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def prune(kibana: Kibana, changes: tuple[Change, ...]) -> dict[str, str]:
    """Delete them; gives why some were kept, by id.

    A list stays while a rule of anyone's refers to it, or while it has an item that someone else put there.

    Raises:
        DeployError: Kibana refused, or is out of reach.
    """
    kept: dict[str, str] = {}
    for change in changes:
        if change.kind == "rule":
            _delete(kibana, RULES, rule_id=change.id)
        elif change.kind == "item":
            _delete(kibana, ITEMS, item_id=change.id, namespace_type="single")
    lists = [change for change in changes if change.kind == "list"]
    used = references(every_rule(kibana)) if lists else set()
    for change in lists:
        if change.id in used:
            kept[change.id] = "a rule refers to it"
        elif next(iter(read_items(kibana, change.id)), None) is not None:
            kept[change.id] = "it has exceptions that are not ours"
        else:
            _delete(kibana, LISTS, list_id=change.id, namespace_type="single")
    return kept


def _delete(kibana: Kibana, path: str, **which: Any) -> None:
    try:
        kibana.send("DELETE", path, **which)
    except DeployError as error:
        if error.status != _MISSING:  # gone already: by someone else, or by a first try whose answer was lost
            raise
