from __future__ import annotations

from comtrap.check.typed import Constant, Stage
from comtrap.plan.plan import EventPlan, Plan, SamplePlan, SequencePlan, stages, with_all_predicates
from comtrap.schema.types import Type

TRUE, FALSE = Constant(True, Type.BOOLEAN), Constant(False, Type.BOOLEAN)
STAGE = Stage("c", TRUE)


def test_with_predicates_reaches_every_stage():
    plan = Plan(
        (
            EventPlan("a", STAGE),
            SequencePlan("b", (STAGE, STAGE), STAGE),
            SequencePlan("d", (STAGE,)),
            SamplePlan("c", (STAGE,)),
        ),
        frozenset(),
    )

    changed = with_all_predicates(plan, lambda _: FALSE)

    assert [stage.predicate for query in changed.queries for stage in stages(query)] == [FALSE] * 6
    assert [query.name for query in changed.queries] == ["a", "b", "d", "c"]
    assert with_all_predicates(plan, lambda expr: expr) == plan
