"""Whether exceptions leave the attacks alone that their rules are known to find, and take away what they promise to.

An exception is tried on everything its rules must alert on: the hit samples that come with them, and the files it names
itself. One after which an alert is missing would hide an attack, and is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.errors import Diagnostic, SourceError
from comtrap.lang import ast
from comtrap.proof.run import fired
from comtrap.proof.samples import plan_of
from comtrap.rules.samples import samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from comtrap.plan.plan import Plan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule

_LOST = "make the conditions narrower: the writer and the data together, never one of them"


def prove(item: ExceptionItem, rules: Iterable[Rule]) -> Iterator[Diagnostic]:
    """What speaks against an exception; `rules` are all there are.

    Raises:
        RuleError: the exception, or a rule it names, is not true of the fields of telemetry.
    """
    by_id = {rule.id: rule for rule in rules}
    for unknown in (number for number in item.rules if number not in by_id):
        yield Diagnostic("E322", f"{item.label}: there is no rule {unknown}", (), "name rules by their `id`")
    known = [by_id[number] for number in item.rules if number in by_id]
    plans = [(rule, plan_of(rule), plan_of(rule, [item])) for rule in known]
    for rule in known:
        if not item.still_fires and not any(sample.hit for sample in samples(rule)):
            title = f"{item.label}: nothing proves that it hides no attack from {rule.path.stem}"
            yield Diagnostic(
                "W310", title, (), "name events on which the rule must still alert: `still_fires`", "warning"
            )
    try:
        for rule, without, within in plans:
            hits = [sample.path for sample in samples(rule) if sample.hit]
            yield from _lost(item, rule, hits, without, within)
            yield from _lost(item, rule, item.still_fires, without, within)
        yield from _promises(item, plans)
    except SourceError as error:
        yield Diagnostic("E332", f"{item.label}: {error}")


def _lost(item: ExceptionItem, rule: Rule, paths: Iterable[Path], without: Plan, within: Plan) -> Iterator[Diagnostic]:
    for path in paths:
        before, after = fired(without, path), fired(within, path)
        # Other events may complete a sequence when some are gone; a single event is seen or is not.
        single = isinstance(rule.query.body, ast.EventQuery)
        lost = [one for one in before if one not in after] if single or not after else []
        if lost:
            lines = ", ".join(str(event + 1) for event in lost[0].events)
            title = f"{item.label} hides a known attack: {rule.path.stem} no longer alerts on line {lines} of {path}"
            yield Diagnostic("E330", title, (), _LOST)


def _promises(item: ExceptionItem, plans: Sequence[tuple[Rule, Plan, Plan]]) -> Iterator[Diagnostic]:
    """Files that prove nothing: attacks no rule sees anyway, benign events that the exception leaves."""
    for path in item.still_fires:
        if not any(fired(without, path) for _, without, _ in plans):
            title = f"{item.label}: none of its rules alerts on {path} even without it"
            yield Diagnostic("E331", title, (), "name events on which a rule of the exception alerts")
    for path in item.removes:
        before = [rule.path.stem for rule, without, _ in plans if fired(without, path)]
        after = [rule.path.stem for rule, _, within in plans if fired(within, path)]
        if not before or after:
            said = f"{', '.join(after)} still alerts" if after else "none of its rules alerts even without it"
            title = f"{item.label} does not remove what it is for: {said} on {path}"
            yield Diagnostic("W309", title, (), "see that the conditions meet the events", "warning")
