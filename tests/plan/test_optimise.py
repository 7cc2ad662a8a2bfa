from __future__ import annotations

from pathlib import Path

from tests.plan.rewrites.fixtures import condition, plan

import comtrap.plan.rewrites
from comtrap.plan.optimise import REWRITES, optimise
from comtrap.plan.plan import stages


def test_every_rewrite_is_applied():
    files = {path.stem for path in Path(comtrap.plan.rewrites.__path__[0]).glob("*.py")} - {"__init__"}

    assert [rewrite.__name__ for rewrite in REWRITES] == sorted(files, key=[r.__name__ for r in REWRITES].index)
    assert {rewrite.__name__ for rewrite in REWRITES} == files


def test_rewrites_build_on_each_other():
    optimised = optimise(plan('process.command_line : "*a*" and (k : "a" or false or k : "b") and true'))

    (stage,) = stages(optimised.queries[0])
    assert stage.predicate == condition('k : ("a", "b") and process.command_line : "*a*"')
    assert optimised.tuples_first
