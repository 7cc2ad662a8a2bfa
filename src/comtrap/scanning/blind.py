"""Rules that a run had no event for: their silence says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.plan.plan import SequencePlan, stages
from comtrap.rules.rule import SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.check.typed import Stage
    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.rules.rule import Rule
    from comtrap.scanning.part import Tally


def blind(rules: Sequence[Rule], plan: Plan, tally: Tally) -> list[tuple[Rule, str]]:
    """The rules that could not have matched for want of events, in order, with what they need.

    Args:
        rules: by query number.
        plan: what ran; a query that could not be compiled has no stage to wait for.
        tally: what the run met.
    """
    out = []
    for number, (rule, query) in enumerate(zip(rules, plan.queries, strict=True)):
        wanting = [stage for place, stage in _needed(query) if (number, place) not in tally.met]
        if wanting:
            out.append((rule, _needs(rule, wanting, tally)))
    return out


def _needed(query: QueryPlan) -> list[tuple[int, Stage]]:
    """The stages that a match cannot do without, with their places."""
    numbered = list(enumerate(stages(query)))
    if isinstance(query, SequencePlan) and query.until is not None:
        numbered.pop()
    return [(place, stage) for place, stage in numbered if not stage.missing]


def _needs(rule: Rule, wanting: Sequence[Stage], tally: Tally) -> str:
    claimed = [source for source in SOURCES if source in rule.sources]
    if not any(source in tally.sources for source in claimed):
        return f"{' or '.join(claimed)} events" if claimed else "events of an index it reads"
    categories = list(dict.fromkeys(stage.category for stage in wanting if stage.category is not None))
    of = " or ".join(claimed)
    return f"{' and '.join(categories)} events of {of}" if categories else f"other events of {of}"
