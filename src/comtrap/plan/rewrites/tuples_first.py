"""Conditions decided for kinds of events before events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comtrap.plan.plan import Plan


def tuples_first(plan: Plan) -> Plan:
    """Conditions are decided on the distinct tuples of cheap columns first; see `execute.tuples`.

    Few columns tell most events of a batch apart by kind (a million process starts have hundreds of kinds), and most
    conditions are false of most kinds whatever their dear columns hold. So only events of the other kinds are looked at.
    """
    return replace(plan, tuples_first=True)
