"""Every rule of the pack alerts on its hits and not on its near misses, per event source it claims."""

from __future__ import annotations

import re

import pytest
from tests.packs.running import PACK, alerts, pack

from comtrap.lang import ast
from comtrap.lang.parse import parse
from comtrap.lang.unparse import unparse
from comtrap.rules.samples import samples

RULES = pack()[0]
SAMPLES = [(rule, sample) for rule in RULES for sample in samples(rule)]


def _name(value):
    return value.path.stem


@pytest.mark.parametrize(("rule", "sample"), SAMPLES, ids=[f"{r.path.stem}/{s.path.stem}" for r, s in SAMPLES])
def test_hits_alert_and_near_misses_do_not(rule, sample):
    found = [events for slug, events in alerts(sample.path) if slug == rule.path.stem]
    if sample.hit and isinstance(rule.query.body, ast.EventQuery):
        assert sorted(found) == [(row,) for row in range(len(sample.path.read_text().splitlines()))]
    else:
        assert bool(found) == sample.hit


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_a_rule_has_hits_and_near_misses_of_every_source_it_claims(rule):
    found = {(s.source, s.hit) for s in samples(rule)}
    assert found >= {(source, hit) for source in rule.sources for hit in (True, False)}


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_a_rule_says_what_it_knows(rule):
    assert rule.references
    assert rule.false_positives
    assert rule.techniques
    assert rule.setup
    assert rule.risk_reason.lower().startswith(f"{rule.severity.word}:")
    assert "## Investigation" in rule.note
    assert "## Response" in rule.response
    assert re.search(r"^actors = ", rule.path.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("guide", sorted((PACK / "guides").glob("*.md")), ids=lambda p: p.stem)
def test_every_guide_belongs_to_a_behaviour(guide):
    assert guide.stem in {rule.behaviour for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_the_query_of_a_rule_survives_being_written_again(rule):
    assert parse(unparse(rule.query)) == rule.query


def test_no_two_rules_share_a_name_or_an_id():
    assert len({r.name for r in RULES}) == len({r.id for r in RULES}) == len(RULES)
