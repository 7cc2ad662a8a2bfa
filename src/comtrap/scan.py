"""The whole run on one machine, top to bottom: read, normalise, execute, match, alert."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.alerts.build import Alerts, build
from comtrap.alerts.store import Store
from comtrap.plan.optimise import optimise
from comtrap.rules.compile import compile_rules
from comtrap.scanning.part import Part, Tally
from comtrap.scanning.processes import share
from comtrap.schema.telemetry import telemetry
from comtrap.sources.walk import STDIN, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from comtrap.errors import RuleError
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule
    from comtrap.scanning.part import Input, Progress

SHARED_BYTES = 64 << 20  # less input than this is read in one process: starting others would take longer
PACKED = (b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"(\xb5/\xfd")
PACKED_TIMES = 12  # how much larger packed logs are unpacked


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
        interrupted: whether it was stopped before its end; what was found until then is there.
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
            "fallback_records": problems.fallback,
            "rules": len(self.rules),
            "rule_failures": self.failures,
            "alerts": len(self.alerts),
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
        }


def scan(
    paths: Iterable[str],
    rules: Sequence[Rule],
    *,
    exceptions: Sequence[ExceptionItem] = (),
    jobs: int = 1,
    progress: Progress = lambda _path, _events: None,
) -> Result:
    """Run every rule over every input.

    Args:
        paths: files, folders, archives, ``-`` for standard input. What cannot be read is in the result, not raised.
        rules: what to look for; see `comtrap.load_rules`.
        exceptions: events that rules are not to see. Those that have expired are the caller's to leave out.
        jobs: how many processes may be used; the alerts are the same for any number.
        progress: told what is read, as it is read.
    """
    began = time.perf_counter()
    plan, rule_errors = compile_rules(rules, telemetry(), exceptions)
    plan = optimise(plan)
    tally = Tally()
    inputs = list(enumerate(files(paths, tally.problems)))
    unusable = len(tally.problems.failed)
    part = Part(plan, Store(), tally)
    interrupted = _read(inputs, part, jobs, progress)
    alerts = build(rules, plan, part.store)
    return Result(
        alerts=alerts,
        rules=rules,
        rule_errors=rule_errors,
        files=len(inputs) + unusable,
        tally=tally,
        failures={str(rules[number].id): count for number, count in sorted(tally.failures.items())},
        usable=tally.usable(inputs),
        seconds=time.perf_counter() - began,
        interrupted=interrupted,
    )


def _read(inputs: Sequence[Input], part: Part, jobs: int, progress: Progress) -> bool:
    """Fill the part; gives whether that was interrupted."""
    sizes = {path: _size(path) for _, path in inputs}
    shared = jobs > 1 and len(inputs) > 1 and sum(sizes.values()) >= SHARED_BYTES
    here = [one for one in inputs if not shared or one[1] == STDIN]
    try:
        if shared:
            share([one for one in inputs if one[1] != STDIN], sizes, part, jobs, progress)
        part.run(here, progress)
    except KeyboardInterrupt:
        part.finish()
        return True
    return False


def _size(path: str) -> int:
    """About how many bytes there are to read."""
    if path == STDIN:
        return 0
    try:
        with Path(path).open("rb") as file:
            packed = file.read(8).startswith(PACKED)
            return os.fstat(file.fileno()).st_size * (PACKED_TIMES if packed else 1)
    except OSError:  # reading it will say what is wrong
        return 0
