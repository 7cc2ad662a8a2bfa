from __future__ import annotations

import pytest
from tests.material import rule

from comtrap.check import typed
from comtrap.errors import RuleError
from comtrap.plan.plan import stages
from comtrap.rules.compile import INDEX, NOTHING, compile_rule, compile_rules
from comtrap.schema.telemetry import telemetry

SEQUENCE = """sequence by host.id with maxspan=1m
  [process where process.name : "a"] [process where process.name : "b"] until [process where process.name : "c"]"""


@pytest.mark.parametrize("query", ['process where process.name : "a"', SEQUENCE])
def test_every_stage_sees_the_rules_indices_only(query):
    one = rule(query)
    for stage in stages(compile_rule(one, telemetry())):
        assert isinstance(stage.predicate, typed.AllOf)
        assert stage.predicate.operands[0] == typed.Matches(INDEX, one.index, ignore_case=False)


def test_a_query_has_the_number_of_its_rule_even_if_another_is_wrong():
    plan, errors = compile_rules([rule("any where no.such == 1"), rule(number=2)], telemetry())
    assert plan.queries[0] == NOTHING
    assert plan.queries[1].name.endswith("2")
    assert [e.diagnostics[0].code for e in errors] == ["E201"]


def test_the_index_is_no_field_that_a_source_must_supply():
    plan, _ = compile_rules([rule('process where process.name : "a"')], telemetry())
    assert "process.name" in plan.columns
    assert INDEX.name not in plan.columns


def test_a_rule_that_the_schema_does_not_bear_says_where():
    with pytest.raises(RuleError, match="no\\.such"):
        compile_rule(rule("any where no.such == 1"), telemetry())
