"""What the rules catch where comtrap's own fields are not, as in Elastic: all hits but those that only these fields show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.golden import check_golden
from tests.packs.running import alerting, in_elastic, pack

from comtrap.lang import ast
from comtrap.proof.samples import plan_of
from comtrap.rules.samples import samples

NEEDS_COMTRAP = Path(__file__).parent / "needs_comtrap.json"
RULES = [rule for rule in pack()[0] if isinstance(rule.query.body, ast.EventQuery)]


def test_hits_are_hits_in_elastic_but_for_those_listed():
    """Listed are encoded commands, carets, script blocks in parts: by sample, the numbers of the records."""
    missed = {}
    for rule in RULES:
        plan = in_elastic(plan_of(rule))
        for sample in (sample for sample in samples(rule) if sample.hit):
            seen = alerting(plan, sample.path)[0]
            rows = [row for row in range(len(sample.path.read_text("utf-8").splitlines())) if row not in seen]
            missed |= {f"{rule.path.stem}/{sample.path.name}": rows} if rows else {}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rows)}" for name, rows in sorted(missed.items()))
    check_golden(NEEDS_COMTRAP, f"{{\n{lines}\n}}\n")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.path.stem)
def test_near_misses_are_near_misses_in_elastic(rule):
    plan = in_elastic(plan_of(rule))
    found = {s.path.name: alerting(plan, s.path)[0] for s in samples(rule) if not s.hit}
    assert {name: rows for name, rows in found.items() if rows} == {}
