"""Rules to one plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.check.check import check
from comtrap.errors import CheckError, RuleError
from comtrap.plan.build import build, query_plan
from comtrap.plan.plan import EventPlan, with_predicates
from comtrap.rules.read import placed
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.rules.rule import Rule
    from comtrap.schema.schema import Schema

INDEX = typed.Column("_index", Type.KEYWORD)
"""The index an event would have had in Elastic: part of every batch of a scan, and of no document."""

NOTHING = EventPlan("", typed.Stage(None, typed.Constant(value=False, type=Type.BOOLEAN)))


def compile_rules(rules: Sequence[Rule], schema: Schema) -> tuple[Plan, list[RuleError]]:
    """A plan of rules; a query's number is the rule's index, and it sees events of the rule's indices only.

    A rule that the schema does not bear keeps its number, matches nothing, and is among the errors.
    """
    queries: list[QueryPlan] = []
    errors: list[RuleError] = []
    for rule in rules:
        try:
            queries.append(compile_rule(rule, schema))
        except RuleError as error:
            errors.append(error)
            queries.append(NOTHING)
    plan = build(queries)
    return replace(plan, columns=plan.columns - {INDEX.name}), errors


def compile_rule(rule: Rule, schema: Schema) -> QueryPlan:
    """The plan of one rule.

    Raises:
        RuleError: its query is not true of the schema.
    """
    try:
        checked = check(rule.query, schema, rule.text)
    except CheckError as error:
        text = rule.path.read_text("utf-8").replace("\r\n", "\n") if rule.path.is_file() else rule.text
        raise RuleError(tuple(placed(error.diagnostics, text, rule.text)), str(rule.path), text) from None
    guard = typed.Matches(INDEX, rule.index, ignore_case=False)
    return with_predicates(query_plan(str(rule.id), checked), lambda predicate: typed.AllOf((guard, predicate)))
