"""What `comtrap deploy` can do."""

from __future__ import annotations

import difflib
import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from comtrap.cli.exits import BROKEN, RAN
from comtrap.cli.kibana_options import options_of
from comtrap.cli.lines import shown
from comtrap.cli.output import output
from comtrap.deploy.apply import apply as applied
from comtrap.deploy.connection import connection
from comtrap.deploy.plan import Change, Plan, Step
from comtrap.deploy.plan import plan as planned
from comtrap.deploy.prune import prunable
from comtrap.deploy.prune import prune as pruned
from comtrap.deploy.space import Wanted, read_space
from comtrap.errors import DeployError, PluginError
from comtrap.export.kibana import bundle
from comtrap.rules.load import load_rules

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from comtrap.deploy.difference import Difference
    from comtrap.deploy.kibana import Kibana

_REFUSED = {401, 403, 404}  # as a rule at the first request
_LONGEST_LINE = 400  # characters of a line of a difference


def plan(args: argparse.Namespace) -> int:
    """What would be done."""
    want = wanted(args)
    with opened(args) as kibana:
        found = planned(want, read_space(kibana, want), adopt=args.adopt)
    shown_steps = found.steps(Step.CREATE, Step.CHANGE, Step.MERGE, Step.REFUSE, Step.PRUNE)
    _say(args, shown_steps, [*map(str, shown_steps), *_told(found)])
    return RAN


def apply(args: argparse.Namespace) -> int:
    """Bring the space to what the files say."""
    want = wanted(args)
    if args.dry_run:
        return _dry(args, want)
    with opened(args) as kibana, _cut_off():
        outcome = applied(kibana, want, adopt=args.adopt)
    for change in outcome.refused:
        print(shown(f"not touched: {change.kind} {change.name} ({change.id}): {change.why}"), file=sys.stderr)
    for change in outcome.left:
        why = outcome.failures.get(change.id, "")
        print(shown(f"not done: {change}{f': {why}' if why else ''}"), file=sys.stderr)
    _say(args, outcome.done, [*map(str, outcome.done), f"{_count(len(outcome.done))} made and seen to be made"])
    return BROKEN if outcome.left or outcome.refused else RAN


def drift(args: argparse.Namespace) -> int:
    """What in the space is not as the files say."""
    want = wanted(args)
    with opened(args) as kibana:
        found = planned(want, read_space(kibana, want), adopt=args.adopt)
    changes = found.steps(Step.CREATE, Step.CHANGE, Step.MERGE, Step.REFUSE, Step.PRUNE)
    lines = [line for change in changes for line in _drifted(change)]
    _say(args, changes, [*lines, *(f"note: {note}" for note in found.notes)])
    if not changes and not found.notes:
        print("the space is as the files say", file=sys.stderr)
    return BROKEN if changes or found.notes else RAN


def prune(args: argparse.Namespace) -> int:
    """Delete what is ours and no longer in the files."""
    want = wanted(args)
    with opened(args) as kibana:
        changes = prunable(kibana, want)
        with _cut_off():
            kept = {} if args.dry_run else pruned(kibana, changes)
    done = tuple(change for change in changes if change.id not in kept)
    for change in changes:
        if change.id in kept:
            print(shown(f"kept: {change.kind} {change.name} ({change.id}): {kept[change.id]}"), file=sys.stderr)
    said = "would be deleted" if args.dry_run else "deleted"
    _say(args, done, [*map(str, done), f"{_count(len(done), 'object')} {said}"])
    return RAN


def wanted(args: argparse.Namespace) -> Wanted:
    """What the files say, as Kibana takes it; what is left out is said on standard error."""
    given = options_of(args)
    made = bundle(load_rules(*args.rules or ()), **given)
    left: dict[str, list[str]] = {}
    for note in made.notes:
        if note.left_out or "exception" in note.text:
            left.setdefault(note.text, []).append(note.rule.path.stem)
    for text, names in left.items():
        print(shown(f"left out: {', '.join(names)}: {text}"), file=sys.stderr)
    return Wanted(made.rules, made.lists, made.items, given["options"].mark)


def opened(args: argparse.Namespace) -> Kibana:
    """The space that was named.

    Raises:
        PluginError: httpx is not installed, or the connection cannot be what was asked for.
    """
    to = connection(
        args.url, key_file=args.api_key_file, space=args.space, ca_file=args.ca_file, fingerprint=args.fingerprint,
        timeout=args.timeout,
    )  # fmt: skip
    try:
        from comtrap.deploy.kibana import Kibana  # noqa: PLC0415 - httpx is optional
    except ModuleNotFoundError as error:
        raise PluginError(f"deploying needs the package {error.name}: pip install 'comtrap[deploy]'") from None
    return Kibana(to, told=lambda why: print(shown(f"note: {why}"), file=sys.stderr))


@contextmanager
def _cut_off() -> Iterator[None]:
    """Say of a failure half-way what it means."""
    try:
        yield
    except DeployError as error:
        if error.status in _REFUSED:
            raise
        said = f"{error}; what was done until then stays, and another run goes on from there"
        raise DeployError(said, error.status, error.body) from None


def _dry(args: argparse.Namespace, want: Wanted) -> int:
    """All that is wanted, as what would be sent into an empty space."""
    changes = [
        *(Change("list", one["list_id"], one["name"], Step.CREATE) for one in want.lists),
        *(Change("item", one["item_id"], one["name"], Step.CREATE) for one in want.items),
        *(Change("rule", one["rule_id"], one["name"], Step.CREATE) for one in want.rules),
    ]
    lines = [f"would send {change.kind} {change.name} ({change.id})" for change in changes]
    _say(args, changes, [*lines, "nothing was sent"])
    return RAN


def _told(found: Plan) -> Iterator[str]:
    counts = {step: len(found.steps(step)) for step in Step}
    yield ", ".join(f"{count} to {step.value}" for step, count in counts.items() if count) or "nothing to do"
    yield from (f"note: {note}" for note in found.notes)


_DRIFTED = {
    Step.CREATE: "missing in the space",
    Step.CHANGE: "changed in the space",
    Step.MERGE: "more than once in the space",
    Step.REFUSE: "not ours in the space",
    Step.PRUNE: "not in the files",
}


def _drifted(change: Change) -> Iterator[str]:
    more = ", ".join(one.field for one in change.differences) or change.why
    yield f"{_DRIFTED[change.step]}: {change.kind} {change.name} ({change.id}){': ' if more else ''}{more}"
    for one in change.differences:
        yield from (f"    {line}" for line in _difference(one))


def _difference(one: Difference) -> Iterator[str]:
    """A field as the files have it, and as the space has it."""
    before, after = _lines(one.wanted), _lines(one.found)
    for line in difflib.unified_diff(
        before, after, f"{one.field} in the files", f"{one.field} in the space", "", "", 1, ""
    ):
        yield line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return text.splitlines()


def _count(number: int, what: str = "change") -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _say(args: argparse.Namespace, changes: Iterable[Change], lines: Iterable[str]) -> None:
    say_objects(args, [_data(change) for change in changes], lines)


def say_objects(args: argparse.Namespace, objects: Any, lines: Iterable[str]) -> None:
    """Objects for programs, or lines for people."""
    with output(None) as out:
        if args.format == "json":
            out.write(json.dumps(objects, indent=2, ensure_ascii=False) + "\n")
        else:
            out.writelines(f"{shown(line)}\n" for line in lines)


def _data(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "id": change.id,
        "name": change.name,
        "step": change.step.value,
        "differences": [{"field": d.field, "files": d.wanted, "space": d.found} for d in change.differences],
        "why": change.why,
    }
