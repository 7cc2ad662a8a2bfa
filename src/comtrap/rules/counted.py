"""What exceptions take away, counted: beside the rules, queries for the events that these do not see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from comtrap.errors import RuleError
from comtrap.plan.build import build
from comtrap.plan.optimise import optimise
from comtrap.rules.compile import INDEX, compile_excepted
from comtrap.rules.exception_condition import item_condition
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Counting:
    """A plan that also counts what exceptions take away.

    Attributes:
        plan: the rules', then a query for each exception and each rule it applies to.
        asked: of these further queries, in order, the exception's label and the rule's id.
        labels: of all exceptions.
    """

    plan: Plan
    asked: tuple[tuple[str, UUID], ...]
    labels: tuple[str, ...]

    def told(self, removed: Mapping[int, int]) -> dict[str, dict[str, int]]:
        """By exception, by rule: the events taken away. An exception that took nothing away has no rule.

        Args:
            removed: events by query; see `Tally.removed`.
        """
        out: dict[str, dict[str, int]] = {label: {} for label in self.labels}
        first = len(self.plan.queries) - self.plan.counted
        for number, (label, rule) in enumerate(self.asked, first):
            if count := removed.get(number, 0):
                own = out[label]
                own[str(rule)] = own.get(str(rule), 0) + count
        return out


def counting(plan: Plan, rules: Sequence[Rule], exceptions: Sequence[ExceptionItem]) -> Counting:
    """The plan of some rules, with what counts the events that exceptions take away from them.

    Args:
        plan: as `compiled` gives it. What could not be compiled there is left out here too.
        rules: by query number.
        exceptions: those that apply.
    """
    by_id = {rule.id: rule for rule in rules}
    queries: list[QueryPlan] = []
    asked: list[tuple[str, UUID]] = []
    for item in exceptions:
        for rule in (by_id[name] for name in item.rules if name in by_id):
            try:
                queries.append(compile_excepted(rule, telemetry(), item_condition(item, telemetry())))
            except RuleError:  # told where the rules were compiled
                continue
            asked.append((item.label, rule.id))
    labels = tuple(item.label for item in exceptions)
    if not queries:
        return Counting(plan, (), labels)
    more = optimise(build(queries))
    columns = plan.columns | (more.columns - {INDEX.name})
    whole = replace(plan, queries=(*plan.queries, *more.queries), columns=columns, counted=len(queries))
    return Counting(whole, tuple(asked), labels)
