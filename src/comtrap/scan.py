"""The whole run on one machine, top to bottom: read, normalise, execute, match, alert."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from comtrap.alerts.build import Alerts, build
from comtrap.alerts.store import Store
from comtrap.rules.compiled import compiled
from comtrap.rules.counted import counting
from comtrap.scanning.blind import blind
from comtrap.scanning.fill import fill
from comtrap.scanning.part import Part, Tally
from comtrap.sinks.summary import Summary
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.progress import Progress
from comtrap.sources.walk import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from comtrap.errors import RuleError
    from comtrap.match.hit import Match
    from comtrap.plan.plan import Plan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule
    from comtrap.rules.suppression import Suppression
    from comtrap.scanning.part import Input


@dataclass(slots=True)
class Result:
    """What a run found, and what it saw.

    Attributes:
        alerts: sorted by time of the last event, rule id, alert id; kept on disk until `close`.
        rules: those that were to run.
        rule_errors: what is wrong with those of them that could not.
        files: inputs, those that could not be read included.
        tally: the counts.
        failures: by rule id, events on which the rule's condition failed and was taken as false.
        usable: whether any input could be read.
        seconds: how long it took.
        blind: rules that there was no event for, with what they need; none where not all events were read.
        interrupted: whether it was stopped before its end; what was found until then is there.
        excepted: by exception, by rule id: the events that the rule did not see for it.
    """

    alerts: Alerts
    rules: Sequence[Rule]
    rule_errors: list[RuleError]
    files: int
    tally: Tally
    failures: dict[str, int]
    usable: bool
    seconds: float
    interrupted: bool
    blind: list[tuple[Rule, str]]
    excepted: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def stats(self) -> dict[str, object]:
        """The run in numbers, as ``--stats`` writes it."""
        problems = self.tally.problems
        return {
            "files": self.files,
            "events": self.tally.events,
            "reached": self.tally.reached,
            "sources": dict(sorted(self.tally.sources.items())),
            "skipped": dict(sorted(problems.skipped.items())),
            "notes": dict(sorted(problems.notes.items())),
            "failed": dict(sorted(problems.failed.items())),
            "narrowed": {address: told.stats for address, told in sorted(problems.narrowed.items())},
            "fallback_records": problems.fallback,
            "rules": len(self.rules),
            "rule_failures": self.failures,
            "alerts": len(self.alerts),
            "suppressed": self.alerts.suppressed,
            "suppressed_by_rule": self.alerts.suppressed_by_rule,
            "exceptions": self.excepted,
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
        }

    def summary(self, paths: Sequence[str]) -> Summary:
        """The run for outputs that tell it, without what another run of the same would not repeat."""
        problems = self.tally.problems
        return Summary(
            paths=tuple(paths),
            files=self.files,
            events=self.tally.events,
            reached=self.tally.reached,
            sources=dict(sorted(self.tally.sources.items(), key=lambda s: (-s[1], s[0]))),
            skipped=dict(sorted(problems.skipped.items())),
            notes=dict(sorted(problems.notes.items())),
            failed=dict(sorted(problems.failed.items())),
            rules=self.rules,
            blind=self.blind,
            wrong_rules=tuple(map(str, self.rule_errors)),
            failures=self.failures,
            exceptions=self.excepted,
            suppressed=self.alerts.suppressed_by_rule,
            interrupted=self.interrupted,
        )


def scan(
    paths: Iterable[str],
    rules: Sequence[Rule],
    *,
    exceptions: Sequence[ExceptionItem] = (),
    suppression: Suppression | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    manner: Manner = ORDINARY,
) -> Result:
    """Run every rule over every input.

    Args:
        paths: files, folders, archives, ``-`` for standard input. What cannot be read is in the result, not raised.
        rules: what to look for; see `comtrap.load_rules`.
        exceptions: events that rules are not to see. Those that have expired are the caller's to leave out.
        suppression: which alerts of a rule stand for others, for rules that do not say so themselves.
        jobs: how many processes may be used; the alerts are the same for any number.
        progress: told what is read, as it is read.
        manner: how inputs are read.
    """

    def filled(plan: Plan, inputs: list[Input], tally: Tally) -> Filled:
        part = Part(plan, Store(), tally, manner)
        interrupted = fill(part, inputs, jobs, progress or Progress())
        return Filled(part.store, interrupted=interrupted)

    return run(paths, rules, filled, exceptions=exceptions, suppression=suppression)


@dataclass(frozen=True, slots=True)
class Filled:
    """What all inputs come down to.

    Attributes:
        store: hits and the records they are of.
        matches: what the hits add up to, where that is known; the store needs no hits then.
        interrupted: whether this is not all.
    """

    store: Store
    matches: Sequence[Match] | None = None
    interrupted: bool = False


def run(
    paths: Iterable[str],
    rules: Sequence[Rule],
    filled: Callable[[Plan, list[Input], Tally], Filled],
    *,
    exceptions: Sequence[ExceptionItem] = (),
    suppression: Suppression | None = None,
) -> Result:
    """A run, wherever its inputs are read; see `scan` for what is not said here.

    Args:
        paths: files, folders, archives.
        rules: what to look for.
        filled: reads the inputs, which it is given by number, and counts into the tally.
        exceptions: events that rules are not to see.
        suppression: for rules that do not say so themselves.
    """
    began = time.perf_counter()
    plan, rule_errors = compiled(rules, exceptions)
    asked = counting(plan, rules, exceptions)
    tally = Tally()
    inputs = list(enumerate(files(paths, tally.problems)))
    unusable = len(tally.problems.failed)
    found = filled(asked.plan, inputs, tally)
    alerts = build(rules, plan, found.store, suppression, found.matches)
    return Result(
        alerts=alerts,
        rules=rules,
        rule_errors=rule_errors,
        files=len(inputs) + unusable,
        tally=tally,
        failures={str(rules[number].id): n for number, n in sorted(tally.failures.items()) if number < len(rules)},
        excepted=asked.told(tally.removed),
        usable=tally.usable(inputs),
        seconds=time.perf_counter() - began,
        interrupted=found.interrupted,
        blind=[] if tally.problems.is_narrowed else blind(rules, plan, tally),
    )
