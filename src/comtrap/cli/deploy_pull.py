"""`comtrap deploy pull`: what people changed in a space, as files of ours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comtrap.cli.deploy_actions import opened, say_objects
from comtrap.cli.exits import RAN
from comtrap.cli.kibana_options import options_of
from comtrap.cli.lines import shown
from comtrap.deploy.difference import list_differences, rule_differences
from comtrap.deploy.pull import Pulled
from comtrap.deploy.pull import pull as pulled_from
from comtrap.deploy.space import Wanted
from comtrap.export.from_kibana import FoundList, exceptions_from, file_of, rule_from, slug
from comtrap.export.kibana import bundle
from comtrap.export.kibana_rule import kibana_rule
from comtrap.export.target import NoFormError
from comtrap.rules.load import load_rules
from comtrap.rules.write import written_exceptions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.rules.exceptions import ExceptionItem, ExceptionList
    from comtrap.rules.rule import Rule

_MADE = {"exceptions_list", "tags", "required_fields", "related_integrations"}
"""What an export makes of other fields; a person's own tags always come back."""


def pull(args: argparse.Namespace) -> int:
    """Write rules and exceptions that are not as the files say; gives the exit code."""
    given, local = options_of(args), load_rules(*args.rules or ())
    made = bundle(local, **given)
    want = Wanted(made.rules, made.lists, made.items, given["options"].mark)
    with opened(args) as kibana:
        found = pulled_from(kibana, want)
    notes = list(found.notes)
    written = [*_rules(args, found, want, local, notes), *_exceptions(args, found, want, given["exceptions"], notes)]
    folder = Path(args.output)
    for name, text, _ in () if args.dry_run else written:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for note in notes:
        print(shown(f"note: {note}"), file=sys.stderr)
    objects = [{"file": name, "changes": why} for name, _, why in written]
    lines = [f"{name}: {why or 'as the files say'}" for name, _, why in written]
    lines = lines or ["the space is as the files say: nothing was written"]
    lines += ["nothing was written"] if written and args.dry_run else []
    say_objects(args, objects, lines)
    return RAN


def _rules(
    args: argparse.Namespace, found: Pulled, want: Wanted, local: Sequence[Rule], notes: list[str]
) -> Iterator[tuple[str, str, str]]:
    """Name, text and what changed of each file of a rule."""
    known, sent = {str(rule.id): rule for rule in local}, {rule["rule_id"]: rule for rule in want.rules}
    notes.extend(f"the rule {known[name].path.stem} is not in the space" for name in sent if name not in found.rules)
    taken: set[str] = set()
    for rule_id, there in found.rules.items():
        rule, was = known.get(rule_id), sent.get(rule_id)
        differ = rule_differences(was, there, found.ours) if was is not None else ()
        fields = [one.field for one in differ if one.field != "exceptions_list"]
        if len(fields) < len(differ):
            notes.append(f"in the space, the rule {there.get('name')} lacks exceptions that are meant for it")
        if was is not None and not fields and not args.all:
            continue
        stem = rule.path.stem if rule is not None else slug(str(there.get("name")))
        stem = stem if stem not in taken else f"{stem}_{slug(rule_id)}"
        taken.add(stem)
        name = f"rules/{stem}.toml"
        try:
            again, text = rule_from(
                there, fields, Path(args.output) / name, rule if was is not None else None, want.mark
            )
            left = _left(again, there, args, found)
        except NoFormError as error:
            notes.append(f"the rule {there.get('name')} ({rule_id}) cannot be brought back: {error}")
            continue
        if left:
            notes.append(f"of the rule {there.get('name')} ({rule_id}) no file can say: {', '.join(left)}")
        yield name, text, ", ".join(fields) if was is not None else "no file has it"


def _left(rule: Rule, there: Mapping[str, Any], args: argparse.Namespace, found: Pulled) -> list[str]:
    """The fields that would differ still, apart from those that an export makes of others."""
    sent = kibana_rule(rule, options_of(args)["options"])
    return [one.field for one in rule_differences(sent, there, found.ours) if one.field not in _MADE]


def _exceptions(
    args: argparse.Namespace, found: Pulled, want: Wanted, local: Sequence[ExceptionList], notes: list[str]
) -> Iterator[tuple[str, str, str]]:
    """Name, text and what changed of each file of exceptions."""
    files: dict[str, list[FoundList]] = {}
    for list_id, one in found.lists.items():
        if found.items.get(list_id) and (users := found.users(list_id)):
            files.setdefault(file_of(one), []).append(FoundList(one, tuple(found.items[list_id]), tuple(users)))
    known = {one.id: one for one in local}
    for file, lists in files.items():
        name = f"exceptions/{file}.toml"
        before = known.get(file)
        kept = _kept(lists, want, before)
        made, said = exceptions_from(lists, before, kept, Path(args.output) / name)
        notes.extend(said)
        changed = _changed(made, before, kept)
        if made is not None and (args.all or changed):
            yield name, written_exceptions(made, (Path(args.output) / name).parent), changed


def _kept(lists: Sequence[FoundList], want: Wanted, before: ExceptionList | None) -> dict[str, ExceptionItem]:
    """The exceptions of a file that are in the space as the file says."""
    sent = {one["item_id"]: one for one in want.items}
    local = {item.id: item for item in before.items} if before is not None else {}
    kept = {}
    for one in lists:
        for item in one.items:
            name = str(item.get("item_id"))
            own = name.removeprefix(f"{one.one['list_id']}_")
            if name in sent and own in local and not list_differences(sent[name], item):
                kept[name] = local[own]
    return kept


def _changed(made: ExceptionList | None, before: ExceptionList | None, kept: Mapping[str, ExceptionItem]) -> str:
    """Which exceptions are not as the file says."""
    if made is None:
        return ""
    same = {item.id for item in kept.values()}
    names = [item.id for item in made.items if item.id not in same]
    names += [
        f"{item.id} is gone" for item in (before.items if before else ()) if item.id not in {m.id for m in made.items}
    ]
    return ", ".join(names)
