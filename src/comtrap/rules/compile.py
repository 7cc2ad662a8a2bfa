"""Rules to one plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.check.check import check
from comtrap.errors import CheckError, RuleError
from comtrap.plan.build import build, query_plan
from comtrap.plan.plan import EventPlan, with_predicates
from comtrap.rules.exception_condition import item_condition
from comtrap.rules.read import placed
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from comtrap.plan.plan import Plan, QueryPlan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule
    from comtrap.schema.schema import Schema

INDEX = typed.Column("_index", Type.KEYWORD)
"""The index an event would have had in Elastic: part of every batch of a scan, and of no document."""

NOTHING = EventPlan("", typed.Stage(None, typed.Constant(value=False, type=Type.BOOLEAN)))


def compile_rules(
    rules: Sequence[Rule], schema: Schema, exceptions: Iterable[ExceptionItem] = ()
) -> tuple[Plan, list[RuleError]]:
    """A plan of rules; a query's number is the rule's index, and it sees events of the rule's indices only.

    A rule that the schema does not bear keeps its number, matches nothing, and is among the errors. An exception that it
    does not bear removes nothing, and is among them too.
    """
    queries: list[QueryPlan] = []
    excepted, errors = _conditions(exceptions, schema)
    for rule in rules:
        try:
            queries.append(compile_rule(rule, schema, excepted.get(rule.id, ())))
        except RuleError as error:
            errors.append(error)
            queries.append(NOTHING)
    plan = build(queries)
    return replace(plan, columns=plan.columns - {INDEX.name}), errors


def _conditions(
    items: Iterable[ExceptionItem], schema: Schema
) -> tuple[Mapping[UUID, tuple[typed.Expr, ...]], list[RuleError]]:
    """What exceptions take away from rules, by the rule's id, and what is wrong with others."""
    found: dict[UUID, tuple[typed.Expr, ...]] = {}
    errors: list[RuleError] = []
    for item in items:
        try:
            condition = item_condition(item, schema)
        except RuleError as error:
            errors.append(error)
            continue
        for rule in item.rules:
            found[rule] = (*found.get(rule, ()), condition)
    return found, errors


def compile_rule(rule: Rule, schema: Schema, excepted: tuple[typed.Expr, ...] = ()) -> QueryPlan:
    """The plan of one rule.

    Args:
        rule: the rule.
        schema: the fields of the data.
        excepted: conditions on events that no stage may see, ``until`` and what must be missing included.

    Raises:
        RuleError: its query is not true of the schema.
    """
    quiet = tuple(typed.Not(condition) for condition in excepted)
    return _narrowed(rule, schema, quiet)


def compile_excepted(rule: Rule, schema: Schema, condition: typed.Expr) -> QueryPlan:
    """The plan of the events that a rule's stages do not see for an exception's condition.

    Raises:
        RuleError: its query is not true of the schema.
    """
    return _narrowed(rule, schema, (condition,))


def _narrowed(rule: Rule, schema: Schema, conditions: tuple[typed.Expr, ...]) -> QueryPlan:
    """The plan of a rule of which every stage has further conditions."""
    try:
        checked = check(rule.query, schema, rule.text)
    except CheckError as error:
        text = rule.path.read_text("utf-8").replace("\r\n", "\n") if rule.path.is_file() else rule.text
        raise RuleError(tuple(placed(error.diagnostics, text, rule.text)), str(rule.path), text) from None
    guard = typed.Matches(INDEX, rule.index, ignore_case=False)
    whole = query_plan(str(rule.id), checked)
    return with_predicates(whole, lambda predicate: typed.AllOf((guard, predicate, *conditions)))
