"""Which mistakes in its rules the pack's own tests notice: samples, and what is promised of simulated attacks."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.packs import variants
from tests.packs.mutants import mutants
from tests.packs.running import PACK, alerting, in_elastic

from comtrap.lang import ast
from comtrap.lang.unparse import unparse
from comtrap.plan.optimise import optimise
from comtrap.proof.prove import promises_of
from comtrap.proof.simulate import simulate
from comtrap.proof.simulation.attacks import ATTACKS
from comtrap.rules.compile import compile_rules
from comtrap.rules.samples import samples
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from comtrap.rules.rule import Rule

BATCH = 250  # mutants that run at once


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of a rule.

    Attributes:
        path: the records.
        needed: the records that must be in alerts; None if some alert must be there.
        allowed: the records that may be.
        elastic: whether comtrap's own fields are left out.
    """

    path: Path
    needed: frozenset[int] | None
    allowed: frozenset[int]
    elastic: bool = False

    def passed(self, seen: set[int]) -> bool:
        """Whether the records in alerts are those that should be."""
        return (bool(seen) if self.needed is None else self.needed <= seen) and seen <= self.allowed


def survivors(rule: Rule, needs_comtrap: frozenset[tuple[str, int]], folder: Path) -> list[str]:
    """The mutants of a rule that no test of it notices, in words.

    Args:
        rule: of the pack.
        needs_comtrap: its hits that Elastic would miss: name of the sample file and number of the record.
        folder: to write to.
    """
    every = list(mutants(rule.query))
    trials = list(_trials(rule, needs_comtrap, folder))
    alive = []
    for at in range(0, len(every), BATCH):
        part = every[at : at + BATCH]
        noticed = _noticed([replace(rule, text=unparse(mutant.query)) for mutant in part], trials)
        alive += [mutant.what for number, mutant in enumerate(part) if number not in noticed]
    return alive


def _noticed(mutated: Sequence[Rule], trials: Sequence[Trial]) -> set[int]:
    plan, errors = compile_rules(mutated, telemetry())
    assert not errors
    plan = optimise(plan)
    plans = {False: plan, True: in_elastic(plan)}
    return {
        number
        for trial in trials
        for seen in [alerting(plans[trial.elastic], trial.path)]
        for number in range(len(mutated))
        if not trial.passed(seen[number])
    }


def _trials(rule: Rule, needs_comtrap: frozenset[tuple[str, int]], folder: Path) -> Iterator[Trial]:
    """What is tried in `test_com_abuse`, `test_variants` and by `comtrap prove`."""
    single = isinstance(rule.query.body, ast.EventQuery)
    for sample in samples(rule):
        records = [json.loads(line) for line in sample.path.read_text("utf-8").splitlines()]
        every = frozenset(range(len(records)))
        if not sample.hit:
            yield Trial(sample.path, frozenset(), frozenset())
            yield Trial(sample.path, frozenset(), frozenset(), elastic=True)
            continue
        yield Trial(sample.path, every if single or sample.part else None, every)
        if single or sample.part:
            there = every - {row for name, row in needs_comtrap if name == sample.path.name}
            yield Trial(sample.path, there, there, elastic=True)
        if single and sample.source == "powershell":
            yield from _in_parts(records, folder / f"{rule.path.stem}.{sample.path.name}")
    for promise in promises_of(PACK).promises:
        if rule.path.stem in promise.rules:
            documents = simulate(ATTACKS[promise.attack], promise.sensor)
            path = _written(folder / f"{promise.attack}.{promise.sensor}.ndjson", documents)
            yield Trial(path, None, frozenset(range(len(documents))))


def _in_parts(records: list[variants.Record], path: Path) -> Iterator[Trial]:
    blocks = [record for record in records if variants.code(record) == variants.SCRIPT_BLOCK]
    if blocks:
        parts = [part for number, block in enumerate(blocks) for part in variants.in_parts(block, number)]
        yield Trial(_written(path, parts), frozenset(range(0, len(parts), 2)), frozenset(range(len(parts))))


def _written(path: Path, documents: Sequence[variants.Record]) -> Path:
    path.write_text("".join(json.dumps(document) + "\n" for document in documents), "utf-8")
    return path
