"""The pack's own tests notice nearly every mistake in its rules; those they do not are listed, each with the reason."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from tests.packs.mutants import mutants
from tests.packs.mutation import survivors
from tests.packs.running import pack

HERE = Path(__file__).parent
REASONS = tomllib.loads((HERE / "survivors.toml").read_text("utf-8"))["reason"]
LISTED = [mutant for reason in REASONS for mutant in reason["mutants"]]
NEEDS_COMTRAP = json.loads((HERE / "needs_comtrap.json").read_text("utf-8"))
RULES = pack()[0]
NOTICED = 0.95  # of all mutants, at least


def test_at_least_95_percent_of_mistakes_are_noticed():
    total = sum(1 for rule in RULES for _ in mutants(rule.query))
    assert 1 - len(LISTED) / total >= NOTICED


def test_every_survivor_has_a_reason_and_stands_there_once():
    assert all(reason["text"] for reason in REASONS)
    assert len(set(LISTED)) == len(LISTED)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.path.stem)
def test_the_mistakes_that_go_unnoticed_are_those_listed(rule, tmp_path):
    name = rule.path.stem
    needs = {
        (sample.partition("/")[2], row)
        for sample, rows in NEEDS_COMTRAP.items()
        for row in rows
        if sample.partition("/")[0] == name
    }
    found = {f"{name}: {what}" for what in survivors(rule, frozenset(needs), tmp_path)}
    assert found == {mutant for mutant in LISTED if mutant.partition(": ")[0] == name}


def test_every_rule_listed_is_there():
    assert {mutant.partition(": ")[0] for mutant in LISTED} <= {rule.path.stem for rule in RULES}
