from __future__ import annotations

from tests.plan.rewrites.fixtures import plan

from comtrap.plan.rewrites.tuples_first import tuples_first


def test_tuples_first_changes_how_a_plan_is_run_and_nothing_else():
    before = plan('k == "a"')

    after = tuples_first(before)

    assert not before.tuples_first
    assert after.tuples_first
    assert (after.queries, after.columns) == (before.queries, before.columns)
