"""A whole pack run over files of raw records."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.plan.optimise import optimise
from comtrap.proof.run import fired
from comtrap.rules.compile import compile_rules
from comtrap.rules.load import load
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from comtrap.plan.plan import Plan
    from comtrap.rules.rule import Rule

PACK = Path(__file__).parents[2] / "src" / "comtrap" / "packs" / "com_abuse"


@cache
def pack(path: Path = PACK) -> tuple[tuple[Rule, ...], Plan]:
    """The rules of a pack and their plan."""
    rules, wrong = load([path])
    assert not wrong, "\n".join(map(str, wrong))
    plan, wrong = compile_rules(rules, telemetry())
    assert not wrong, "\n".join(map(str, wrong))
    return tuple(rules), optimise(plan)


def in_elastic(plan: Plan) -> Plan:
    """The plan as it runs where comtrap's own fields are not."""
    return replace(plan, columns=frozenset(name for name in plan.columns if not name.startswith("comtrap.")))


def alerts(path: Path, where: Path = PACK) -> list[tuple[str, tuple[int, ...]]]:
    """What fires on a file: the rule's file name without suffix, and the positions of the events."""
    rules, plan = pack(where)
    return [(rules[one.query].path.stem, one.events) for one in fired(plan, path)]


def alerting(plan: Plan, path: Path) -> dict[int, set[int]]:
    """The positions of the events in alerts, by the query's number."""
    seen: dict[int, set[int]] = defaultdict(set)
    for one in fired(plan, path):
        seen[one.query] |= set(one.events)
    return seen
