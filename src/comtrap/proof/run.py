"""Rules run over one small file of raw records, the way a scan does, in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow.compute as pc

from comtrap.errors import SourceError
from comtrap.events.concat import concat
from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.execute.execute import execute
from comtrap.match.match import match
from comtrap.normalise.normalise import raw_columns, to_events
from comtrap.normalise.script_blocks import ScriptBlocks
from comtrap.sources.read import read

if TYPE_CHECKING:
    from pathlib import Path

    from comtrap.plan.plan import Plan


class Fired(NamedTuple):
    """One alert: the query's number in the plan, and the positions of its events in the file, in stage order."""

    query: int
    events: tuple[int, ...]


def fired(plan: Plan, path: Path) -> list[Fired]:
    """What a plan finds in a file.

    Raises:
        SourceError: the file, or a record of it, cannot be read: a sample that is not read proves nothing.
    """
    problems, blocks = Problems(), ScriptBlocks()
    wanted = plan.columns | {plan.category_field}
    raws = [part for raw in read(str(path), 0, Wanted(raw_columns(wanted)), problems) for part in blocks.feed(raw)]
    raws += blocks.flush()
    wrong = [*problems.failed.values(), *problems.skipped]
    if wrong or not path.is_file():
        raise SourceError(f"{path} cannot be read whole: {wrong[0] if wrong else 'there is no such file'}")
    if not raws:
        return []
    hits = execute(plan, concat([to_events(raw, wanted, problems) for raw in raws]))
    return [
        Fired(number, tuple(event for event in found.events if event is not None))
        for number, query in enumerate(plan.queries)
        for found in match(query, number, hits.filter(pc.equal(hits["query"], number)))
    ]
