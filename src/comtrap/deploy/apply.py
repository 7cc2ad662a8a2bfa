"""Doing what a plan says, and looking whether it was done.

Exception lists go first, then their items, then the rules that refer to them; nothing is deleted but further copies of one
rule. Every step can be repeated, and a round begins with what is there, so that a run that was cut off at any point is mended
by the next.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comtrap.deploy.difference import KEPT
from comtrap.deploy.plan import Plan, Step, plan, surplus_copies
from comtrap.deploy.space import CHUNK, ITEMS, LISTS, RULES, read_space, tables
from comtrap.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from comtrap.deploy.kibana import Kibana
    from comtrap.deploy.plan import Change
    from comtrap.deploy.space import Space, Wanted

ROUNDS = 3
LARGEST = 8 << 20  # bytes of one import; Kibana takes 10 MiB
_PAUSE = 1.0  # seconds before a second round
_CONFLICT = 409
_GIVE_UP = {0, 401, 403}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        done: the changes of all rounds that are seen to be made.
        left: what is still not as wanted.
        refused: what is not ours to touch.
        failures: what Kibana said of each object that it did not take in the last round, by the object's id.
    """

    done: tuple[Change, ...]
    left: tuple[Change, ...]
    refused: tuple[Change, ...]
    failures: Mapping[str, str]


def apply(
    kibana: Kibana, wanted: Wanted, *, adopt: bool = False, told: Callable[[Change], None] = lambda _change: None
) -> Outcome:
    """Bring a space to what is wanted, in at most `ROUNDS` rounds.

    Args:
        kibana: the space.
        wanted: what it is to have.
        adopt: take over rules and lists that have an id of ours, but not our mark.
        told: called for each change of the first round, before anything is done.

    Raises:
        DeployError: Kibana is out of reach, broken beyond the last try, or does not let us in. What was done until then
            stays, and another run goes on from there.
    """
    space = read_space(kibana, wanted)
    first = now = plan(wanted, space, adopt=adopt)
    for change in first.pending:
        told(change)
    failures: dict[str, str] = {}
    for number in range(ROUNDS):
        if not now.pending:
            break
        if number:
            kibana.pause(_PAUSE * 2**number)
        failures = _carry_out(kibana, wanted, space, now)
        space = read_space(kibana, wanted)
        now = plan(wanted, space, adopt=adopt)
    left = {(change.kind, change.id) for change in now.pending}
    done = tuple(change for change in first.pending if (change.kind, change.id) not in left)
    return Outcome(done, now.pending, now.steps(Step.REFUSE), failures)


def _carry_out(kibana: Kibana, wanted: Wanted, space: Space, now: Plan) -> dict[str, str]:
    """One round; gives what was not taken, by id."""
    failures: dict[str, str] = {}
    pending = {(change.kind, change.id) for change in now.pending}
    for one in wanted.lists:
        if ("list", one["list_id"]) in pending:
            made, failures[one["list_id"]] = _put(kibana, LISTS, one, space.lists.get(one["list_id"]))
            if made is not None:
                space.lists[one["list_id"]] = made
    for one in wanted.items:
        if ("item", one["item_id"]) in pending:
            there = space.items.get(one["list_id"], [])
            known = next((item for item in there if item.get("item_id") == one["item_id"]), None)
            _, failures[one["item_id"]] = _put(kibana, ITEMS, one, known)
    copies = [copy for change in now.steps(Step.MERGE) for copy in surplus_copies(space.rules[change.id])]
    if copies:
        kibana.send("POST", f"{RULES}/_bulk_action", {"action": "delete", "ids": [str(one["id"]) for one in copies]})
    rules = [_merged(one, space, wanted) for one in wanted.rules if ("rule", one["rule_id"]) in pending]
    for lines in _parts(rules):
        failures |= _import(kibana, lines)
    return {name: why for name, why in failures.items() if why}


def _put(
    kibana: Kibana, path: str, wanted: Mapping[str, Any], known: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, str]:
    """Create or change a list or an item; gives what the space then has, and why it did not take it.

    A conflict is no refusal: it is there, because an answer was lost or someone was quicker; the next round sees.
    """
    body = dict(wanted)
    if known is not None:
        if path == ITEMS:
            body.pop("list_id", None)
            body["comments"] = [
                {key: one[key] for key in ("id", "comment", "created_at", "created_by") if key in one}
                for one in tables(known.get("comments"))
            ]
        if isinstance(known.get("_version"), str):
            body["_version"] = known["_version"]  # someone else's change since then is a conflict, and not lost
    try:
        made = kibana.send("PUT" if known is not None else "POST", path, body)
    except DeployError as error:
        if error.status in _GIVE_UP or error.status >= 500:
            raise
        return None, "" if error.status == _CONFLICT else str(error)
    return (made, "") if isinstance(made, dict) and isinstance(made.get("id"), str) else (None, "")


def _merged(wanted: Mapping[str, Any], space: Space, all_: Wanted) -> dict[str, Any]:
    """A rule as it is sent: with what the space has set of its own, and the ids that the space gave its lists."""
    body, ours = dict(wanted), space.ours(all_)
    copies = surplus_copies(known) if len(known := space.rules.get(wanted["rule_id"], [])) > 1 else []
    found = next((one for one in known if one not in copies), None)
    mine = []
    for one in tables(wanted.get("exceptions_list")):
        there = space.lists.get(one["list_id"], {})
        mine.append(one | {"id": str(there.get("id", one["id"]))})
    if found is not None:
        body |= {name: found[name] for name in KEPT if found.get(name) and not wanted.get(name)}
        body["enabled"] = found.get("enabled") is True
        mine += [one for one in tables(found.get("exceptions_list")) if one.get("list_id") not in ours]
    body["exceptions_list"] = mine
    return body


def _parts(rules: list[dict[str, Any]]) -> Iterator[list[str]]:
    """Rules as lines, in parts that Kibana takes at once."""
    part: list[str] = []
    size = 0
    for rule in rules:
        line = json.dumps(rule, ensure_ascii=False, separators=(",", ":")) + "\n"
        length = len(line.encode())
        if part and (len(part) == CHUNK or size + length > LARGEST):
            yield part
            part, size = [], 0
        part.append(line)
        size += length
    if part:
        yield part


def _import(kibana: Kibana, lines: list[str]) -> dict[str, str]:
    """Import rules, and read all that the answer says went wrong, by the id of what it is about."""
    asked = {"overwrite": "true", "overwrite_exceptions": "false", "overwrite_action_connectors": "false"}
    try:
        answer = kibana.upload(f"{RULES}/_import", "".join(lines), **asked)
    except DeployError as error:
        if error.status in _GIVE_UP or error.status >= 500:
            raise
        return {json.loads(line)["rule_id"]: str(error) for line in lines}
    if not isinstance(answer, dict):
        return {json.loads(line)["rule_id"]: "the answer to the import is not one of Kibana's" for line in lines}
    failures: dict[str, str] = {}
    for name in ("errors", "exceptions_errors", "action_connectors_errors"):
        for one in tables(answer.get(name)):
            about = next((one[key] for key in ("rule_id", "item_id", "list_id", "id") if one.get(key)), "?")
            said = one.get("error")
            message = said.get("message") if isinstance(said, dict) else said
            failures[str(about)] = str(message)
    return failures
