"""The whole run, top to bottom: read, normalise, execute, match, alert."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.alerts.build import build, merged
from comtrap.alerts.store import Store
from comtrap.events.problems import Problems
from comtrap.execute.hits import HITS
from comtrap.match.match import match
from comtrap.rules.compile import compile_rules
from comtrap.scanning import Part, scan_file
from comtrap.schema.telemetry import telemetry
from comtrap.sources.walk import files

if TYPE_CHECKING:
    from comtrap.alerts.alert import Alert
    from comtrap.errors import RuleError
    from comtrap.plan.plan import Plan
    from comtrap.rules.rule import Rule

POOL_BYTES = 64 << 20  # inputs smaller than this in all are read in this process: starting others costs more
Progress = Callable[[str, int], None]
"""Told after each batch: the file, and how many events more were read."""


@dataclass(slots=True)
class Result:
    """What a run found.

    Attributes:
        alerts: sorted by time of the last event, rule id, alert id.
        files: inputs read, those that failed included.
        events: records seen, decodable or not.
        kinds: events by the index they would have had in Elastic.
        failures: by rule, events on which its condition failed.
        rule_errors: rules that did not run.
        interrupted: whether the run was stopped before its end.
    """

    alerts: list[Alert]
    files: int
    events: int
    kinds: Counter[str]
    problems: Problems
    failures: dict[str, int]
    rule_errors: list[RuleError]
    seconds: float
    interrupted: bool = False

    @property
    def stats(self) -> dict[str, object]:
        """As ``--stats`` writes it."""
        return {
            "files": self.files,
            "events": self.events,
            "skipped": dict(self.problems.skipped),
            "notes": dict(self.problems.notes),
            "failed": dict(self.problems.failed),
            "fallback_records": self.problems.notes["fallback"],
            "rule_failures": self.failures,
            "alerts": len(self.alerts),
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
        }


@dataclass(slots=True)
class _Run:
    """What the parts of a run add up to."""

    store: Store
    problems: Problems
    hits: list[pa.Table] = field(default_factory=list)
    events: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failures: Counter[int] = field(default_factory=Counter)

    def add(self, part: Part) -> None:
        self.hits.append(part.hits)
        self.store.put(part.kept)
        self.problems.add(part.problems)
        self.events += part.events
        self.kinds.update(part.kinds)
        self.failures.update(part.failures)


def scan(paths: Iterable[str], rules: Sequence[Rule], *, jobs: int = 1, progress: Progress | None = None) -> Result:
    """Run every rule over every input.

    Args:
        paths: files, folders, archives, ``-`` for standard input.
        rules: what to look for.
        jobs: processes; the result is the same for any number.
        progress: told what was read.
    """
    began = time.perf_counter()
    problems = Problems()
    inputs = files(paths, problems)
    failed_early = len(problems.failed)
    plan, rule_errors = compile_rules(rules, telemetry())
    interrupted = False
    with Store() as store:
        run = _Run(store, problems)
        try:
            for part in _parts(inputs, rules, plan, jobs):
                run.add(part)
                if progress is not None:
                    progress(part.path, part.events)
        except KeyboardInterrupt:
            interrupted = True
        alerts = merged(_alerts(run, plan, rules))
    failures = {str(rules[n].id): count for n, count in sorted(run.failures.items())}
    return Result(
        alerts=alerts,
        files=len(inputs) + failed_early,
        events=run.events,
        kinds=run.kinds,
        problems=problems,
        failures=failures,
        rule_errors=rule_errors,
        seconds=time.perf_counter() - began,
        interrupted=interrupted,
    )


def _parts(inputs: list[str], rules: Sequence[Rule], plan: Plan, jobs: int) -> Iterator[Part]:
    """What each input gives, in input order where one process reads them."""
    numbered = list(enumerate(inputs))
    sizes = {path: os.path.getsize(path) if path != "-" and os.path.exists(path) else 0 for path in inputs}  # noqa: PTH202, PTH110 - names may hold bytes that Path keeps from os
    if jobs <= 1 or len(inputs) < 2 or sum(sizes.values()) < POOL_BYTES:
        if jobs == 1:
            pa.set_cpu_count(1)
        for number, path in numbered:
            yield from scan_file(path, number, plan)
        return
    with ExitStack() as stack:
        # `spawn` everywhere, so that a run is the same on every system; the largest inputs first, so that none is last.
        pool = stack.enter_context(ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        shared = [(n, p) for n, p in sorted(numbered, key=lambda each: -sizes[each[1]]) if p != "-"]
        waiting = [pool.submit(_whole, path, number, tuple(rules)) for number, path in shared]
        for number, path in numbered:
            if path == "-":
                yield from scan_file(path, number, plan)
        for future in waiting:
            yield from future.result()


def _whole(path: str, number: int, rules: tuple[Rule, ...]) -> list[Part]:
    pa.set_cpu_count(1)
    return list(scan_file(path, number, compile_rules(rules, telemetry())[0]))


def _alerts(run: _Run, plan: Plan, rules: Sequence[Rule]) -> Iterator[Alert]:
    hits = pa.concat_tables([HITS.empty_table(), *run.hits])
    numbers = hits.column("query").to_numpy()
    for number, query in enumerate(plan.queries):
        for found in match(query, number, hits.filter(pa.array(numbers == number))):
            yield build(rules[number], found, run.store)
