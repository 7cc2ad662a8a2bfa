from __future__ import annotations

from comtrap.check import typed
from comtrap.plan.build import build, query_plan
from comtrap.plan.plan import EventPlan, SamplePlan, SequencePlan, stages
from comtrap.schema.types import Type

K = typed.Column("k", Type.KEYWORD)
N = typed.Column("n", Type.LONG)
TRUE = typed.Constant(True, Type.BOOLEAN)
IS_A = typed.Compare("==", K, typed.Constant("a", Type.KEYWORD))
FIRST = typed.Stage("c", IS_A, (typed.Key(N),))
SECOND = typed.Stage(None, TRUE, (typed.Key(None, optional=True),))


def test_an_event_query():
    pipes = (typed.Pipe("head", 1),)

    assert query_plan("q", typed.Query(typed.EventQuery(FIRST), pipes)) == EventPlan("q", FIRST, pipes)


def test_a_sequence_whose_until_is_its_last_stage():
    made = query_plan("q", typed.Query(typed.Sequence((FIRST, SECOND), until=FIRST, maxspan_ns=5)))

    assert made == SequencePlan("q", (FIRST, SECOND), FIRST, 5)
    assert [*stages(made)] == [FIRST, SECOND, FIRST]


def test_a_sample():
    made = query_plan("q", typed.Query(typed.Sample((FIRST, SECOND))))

    assert made == SamplePlan("q", (FIRST, SECOND))
    assert [*stages(made)] == [FIRST, SECOND]


def test_a_plan_wants_the_columns_of_conditions_keys_and_the_category():
    plan = build([SequencePlan("q", (FIRST, SECOND))], "kind")

    assert plan.columns == {"k", "n", "kind"}
    assert plan.category_field == "kind"


def test_no_category_asked_for_no_category_wanted():
    assert build([EventPlan("q", SECOND)]).columns == frozenset()
    assert build([]).columns == frozenset()
