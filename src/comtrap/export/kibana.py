"""Rules with their exceptions as the file that Kibana imports: NDJSON of rules, exception lists, items and counts.

Source: the layout that Kibana's export of rules writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comtrap.errors import PluginError
from comtrap.export.elastic_query import OURS
from comtrap.export.kibana_exceptions import excepting
from comtrap.export.kibana_rule import Options, fields_of, kibana_rule
from comtrap.export.target import Exported, NoFormError, Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from comtrap.export.kibana_exceptions import Excepting
    from comtrap.rules.exceptions import ExceptionList
    from comtrap.rules.rule import Rule

ABOUT = "the file that Kibana imports: rules with their exceptions, as NDJSON"
SUFFIX = ".ndjson"
LARGEST_BYTES, MOST_OBJECTS = 10_485_760, 10_000


@dataclass(frozen=True, slots=True)
class Bundle:
    """The objects of an import file, each as a JSON object, and what became of rules that are not as they were."""

    rules: tuple[dict[str, Any], ...]
    lists: tuple[dict[str, Any], ...]
    items: tuple[dict[str, Any], ...]
    notes: tuple[Note, ...] = ()


_DEFAULT = Options()


def export(rules: Sequence[Rule], exceptions: Iterable[ExceptionList] = (), options: Options = _DEFAULT) -> Exported:
    """The rules and what concerns them of the exceptions, as one file.

    Raises:
        PluginError: Kibana would refuse the file because it is too large.
    """
    made = bundle(rules, exceptions, options)
    text = "".join(map(line, _lines(made)))
    count = len(made.rules) + len(made.lists) + len(made.items)
    if len(text.encode()) > LARGEST_BYTES or count > MOST_OBJECTS:
        most = f"{LARGEST_BYTES:,} bytes and {MOST_OBJECTS:,} objects"
        raise PluginError(
            f"a file of {count:,} objects is more than Kibana imports ({most}): export fewer rules at once"
        )
    return Exported({f"kibana{SUFFIX}": text}, len(made.rules), made.notes)


def bundle(rules: Sequence[Rule], exceptions: Iterable[ExceptionList] = (), options: Options = _DEFAULT) -> Bundle:
    """The same as objects, in the order of the rules and of the exceptions."""
    known = {rule.id: rule for rule in rules}
    excepted = excepting(exceptions, known, options.mark)
    written: list[dict[str, Any]] = []
    notes = [
        Note(known[rule], f"the exception {item.label} is left out: {why}")
        for item, why in excepted.left_out
        for rule in item.rules
        if rule in known
    ]
    for rule in rules:
        try:
            made = kibana_rule(rule, options)
        except NoFormError as error:
            notes.append(Note(rule, str(error), left_out=True))
            continue
        written.append(made | {"exceptions_list": excepted.references.get(rule.id, [])})
        notes += [Note(rule, note) for note in _notes(rule, made, options)]
    return Bundle(tuple(written), *_used(excepted, written), tuple(notes))


def line(value: Any) -> str:
    """One line of the file."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _lines(made: Bundle) -> Iterator[dict[str, Any]]:
    """Rules, each list with its items behind it, and at last how many there are."""
    yield from made.rules
    for one in made.lists:
        yield one
        yield from (item for item in made.items if item["list_id"] == one["list_id"])
    nothing = ("missing_rules", "missing_exception_lists", "missing_exception_list_items")
    yield {
        "exported_count": len(made.rules) + len(made.lists) + len(made.items),
        "exported_rules_count": len(made.rules),
        "exported_exception_list_count": len(made.lists),
        "exported_exception_list_item_count": len(made.items),
        "exported_action_connector_count": 0,
        **{key: [] for key in (*nothing, "missing_action_connections", "excluded_action_connections")},
        **dict.fromkeys(("missing_rules_count", "missing_exception_lists_count"), 0),
        **dict.fromkeys(("missing_exception_list_item_count", "missing_action_connection_count"), 0),
        "excluded_action_connection_count": 0,
    }


def _used(
    excepted: Excepting, written: Iterable[Mapping[str, Any]]
) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """The lists that a written rule refers to, and their items."""
    used = {one["list_id"] for rule in written for one in rule["exceptions_list"]}
    lists, items = ([one for one in some if one["list_id"] in used] for some in (excepted.lists, excepted.items))
    return tuple(lists), tuple(items)


def _notes(rule: Rule, made: Mapping[str, Any], options: Options) -> Iterator[str]:
    if any(field.name.startswith(OURS) for field in fields_of(rule.query.body)):
        yield "its conditions on fields that only comtrap fills are left out"
    if rule.suppression is not None and "alert_suppression" not in made:
        yield f"a stack of {options.stack[0]}.{options.stack[1]} has no alert suppression for it"
