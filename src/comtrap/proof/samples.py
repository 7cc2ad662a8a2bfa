"""Whether every rule alerts on its hits and not on its near misses, per event source that it claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.errors import RuleError, SourceError
from comtrap.lang import ast
from comtrap.plan.optimise import optimise
from comtrap.proof.run import Fired, fired
from comtrap.rules.compile import compile_rules
from comtrap.rules.samples import samples
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.plan.plan import Plan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule
    from comtrap.rules.samples import Sample


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule did on one kind of sample of one source.

    Attributes:
        rule: the rule.
        source: the event source.
        hit: whether it was to alert.
        wrong: what went wrong; None if all is well.
    """

    rule: Rule
    source: str
    hit: bool
    wrong: str | None


def check_samples(rules: Iterable[Rule]) -> Iterator[Outcome]:
    """Each rule run over its samples; sources without samples are wrong too."""
    for rule in rules:
        there: dict[tuple[str, bool], list[Sample]] = {}
        for sample in samples(rule):
            there.setdefault((sample.source, sample.hit), []).append(sample)
        try:
            plan = plan_of(rule)
        except RuleError as error:
            yield Outcome(rule, ", ".join(rule.sources), hit=True, wrong=f"cannot run: {error.diagnostics[0].title}")
            continue
        for source in sorted({*rule.sources, *(source for source, _ in there)}):
            for hit in (True, False):
                if (source, hit) in there:
                    found = (_wrong(rule, plan, sample) for sample in there[source, hit])
                    yield Outcome(rule, source, hit, next((wrong for wrong in found if wrong is not None), None))
                elif source in rule.sources:
                    yield Outcome(rule, source, hit, f"there is no sample of a {'hit' if hit else 'near miss'}")


def plan_of(rule: Rule, exceptions: Iterable[ExceptionItem] = ()) -> Plan:
    """What to run for one rule.

    Raises:
        RuleError: the rule or an exception is not true of the fields of telemetry.
    """
    plan, errors = compile_rules([rule], telemetry(), exceptions)
    if errors:
        raise errors[0]
    return optimise(plan)


def _wrong(rule: Rule, plan: Plan, sample: Sample) -> str | None:
    wrong = _told(rule, plan, sample)
    return f"{sample.path.name}: {wrong}" if wrong is not None and sample.part else wrong


def _told(rule: Rule, plan: Plan, sample: Sample) -> str | None:
    try:
        found = fired(plan, sample.path)
    except SourceError as error:
        return str(error)
    if not sample.hit:
        return f"alerts on a near miss: {_lines(found)}" if found else None
    if not isinstance(rule.query.body, ast.EventQuery) and not sample.part:
        return None if found else "does not alert on its hit"
    seen = {event for one in found for event in one.events}
    missed = [row for row in range(_records(sample)) if row not in seen]
    return f"does not alert on {_named(missed)} of its hits" if missed else None


def _records(sample: Sample) -> int:
    return len(sample.path.read_text("utf-8").splitlines())


def _lines(found: Iterable[Fired]) -> str:
    return _named(sorted({event for one in found for event in one.events}))


def _named(rows: list[int]) -> str:
    return f"line{'s' * (len(rows) != 1)} {', '.join(str(row + 1) for row in rows)}"
