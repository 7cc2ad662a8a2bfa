"""Rewriting a plan so that it runs faster and gives the same."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from comtrap.plan.rewrites.cheap_first import cheap_first
from comtrap.plan.rewrites.fold_constants import fold_constants
from comtrap.plan.rewrites.merge_alternatives import merge_alternatives
from comtrap.plan.rewrites.tuples_first import tuples_first

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.plan.plan import Plan

REWRITES: tuple[Callable[[Plan], Plan], ...] = (fold_constants, merge_alternatives, cheap_first, tuples_first)
"""In the order they apply: what is folded away needs no merging, and what is merged changes what is cheap."""


def optimise(plan: Plan) -> Plan:
    """The plan after every rewrite: the same hits, and the same failures, in less time."""
    return reduce(lambda so_far, rewrite: rewrite(so_far), REWRITES, plan)
