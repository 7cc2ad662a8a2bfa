"""Rules to the plan that runs, from the cache where it is there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import json

from comtrap.check import typed
from comtrap.plan.optimise import optimise
from comtrap.plan.plan import stages
from comtrap.plan.shape import walk
from comtrap.plan.written import read_plan, write_plan
from comtrap.rules import cache
from comtrap.rules.compile import compile_rules
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from comtrap.errors import RuleError
    from comtrap.plan.plan import Plan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule

KIND = "plan"


def compiled(rules: Sequence[Rule], exceptions: Sequence[ExceptionItem] = ()) -> tuple[Plan, list[RuleError]]:
    """The optimised plan of rules over Windows telemetry, and what is wrong with rules; see `compile_rules`.

    Only a plan of rules that are all right is kept, so that what is wrong is always said.
    """
    key = cache.key_of(_parts(rules, exceptions))
    kept = cache.read(KIND, key)
    if kept is not None:
        try:
            return _checked(read_plan(kept), rules), []
        except ValueError:
            pass  # not what we write: it is written anew
    plan, errors = compile_rules(rules, telemetry(), exceptions)
    plan = optimise(plan)
    if key is not None and not errors:
        with suppress(ValueError):  # of a form that cannot be kept
            cache.write(KIND, key, write_plan(plan))
    return plan, errors


def _parts(rules: Sequence[Rule], exceptions: Sequence[ExceptionItem]) -> Iterator[bytes]:
    """All that a plan follows from."""
    yield json.encode([(str(rule.id), rule.index, rule.text) for rule in rules])
    yield json.encode([(item.rules, item.entries) for item in exceptions])


def _checked(plan: Plan, rules: Sequence[Rule]) -> Plan:
    """The plan, if it is one of these rules and its regular expressions are such.

    Raises:
        ValueError: it is not.
    """
    if [query.name for query in plan.queries] != [str(rule.id) for rule in rules]:
        raise ValueError("a plan of other rules")
    every = (stage.predicate for query in plan.queries for stage in stages(query))
    leaves = {each for tree in every for each in walk(tree) if isinstance(each, typed.Matches) and each.regex}
    for regex in {pattern for leaf in leaves for pattern in leaf.patterns}:
        pc.match_substring_regex(pa.array([""]), pattern=regex)
    return plan
