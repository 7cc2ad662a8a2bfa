"""Rules run over files of raw records, the way a scan does, in one process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from comtrap.events.concat import concat
from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.execute.execute import execute
from comtrap.match.match import match
from comtrap.normalise.normalise import raw_columns, to_events
from comtrap.normalise.script_blocks import ScriptBlocks
from comtrap.plan.optimise import optimise
from comtrap.rules.compile import compile_rules
from comtrap.rules.load import load
from comtrap.schema.telemetry import telemetry
from comtrap.sources.read import read

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


def alerts(path: Path, where: Path = PACK) -> list[tuple[str, tuple[int, ...]]]:
    """What fires on a file: the rule's file name without suffix, and the positions of the events."""
    rules, plan = pack(where)
    problems, blocks = Problems(), ScriptBlocks()
    wanted = plan.columns | {plan.category_field}
    raws = [part for raw in read(str(path), 0, Wanted(raw_columns(wanted)), problems) for part in blocks.feed(raw)]
    raws += blocks.flush()
    assert not problems.skipped
    assert not problems.failed
    hits = execute(plan, concat([to_events(raw, wanted, problems) for raw in raws]))
    out = []
    for number, query in enumerate(plan.queries):
        out.extend(
            (rules[number].path.stem, tuple(event for event in found.events if event is not None))
            for found in match(query, number, hits.filter(pc.equal(hits["query"], number)))
        )
    return out
