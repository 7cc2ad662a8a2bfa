"""Why a query finds nothing: what there was to find something in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.events.raw import Origin, RawBatch
from comtrap.normalise.ours import source
from comtrap.normalise.tables import kinds
from comtrap.plan.plan import EventPlan, stages
from comtrap.rules.rule import SOURCES
from comtrap.scanning.asked import CATEGORIES, Witness
from comtrap.scanning.fill import fill
from comtrap.scanning.kinds import Kinds
from comtrap.scanning.part import Part, Tally
from comtrap.scanning.picked import Pick, Picked
from comtrap.sources.manner import ORDINARY, Manner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from comtrap.scanning.asked import Asked
    from comtrap.scanning.query import Answer
    from comtrap.sources.progress import Progress


@dataclass(frozen=True, slots=True)
class Silence:
    """What there was, for a query that found nothing.

    Attributes:
        met: by the number of a stage that needs an event, how many events met it.
        categories: events of each category that stages which none met ask for; None is any.
        empty: by category, the fields that such stages ask for and no event of the category has.
        present: how many events there are of other categories of ECS, where one that is asked for is not there at all.
        absent: event sources that could have such events and are not there.
    """

    met: Mapping[int, int]
    categories: Mapping[str | None, int]
    empty: Mapping[str | None, Sequence[str]]
    present: Mapping[str, int]
    absent: tuple[str, ...]

    @property
    def unmet(self) -> bool:
        """Whether some stage was met by no event; else events were there, and did not belong together."""
        return not all(self.met.values())


def silence(answer: Answer, *, jobs: int, progress: Progress, manner: Manner = ORDINARY) -> Silence:
    """Look for the reasons: in what was counted, or in a second reading where nothing was.

    Args:
        answer: of a query that found nothing.
        jobs: how many processes may be used.
        progress: told what is read, as it is read.
        manner: how inputs are read.
    """
    asked = answer.asked
    every = list(enumerate(stages(asked.body)))
    if not isinstance(asked.body, EventPlan) and getattr(asked.body, "until", None) is not None:
        every.pop()
    needed = {number: stage for number, stage in every if not stage.missing}
    met = {number: answer.counts[0, number] for number in needed}
    unmet = [stage for number, stage in needed.items() if not met[number]]
    counted = _counted(answer, jobs, progress, manner) if unmet else {}
    asking = dict.fromkeys(stage.category for stage in unmet)
    categories = {name: answer.tally.read if name is None else counted.get(Witness(name), 0) for name in asking}
    wanted = asked.witnesses(unmet)
    empty = {
        name: [w.column for w in wanted if w.category == name and w.column is not None and not counted.get(w)]
        for name in asking
        if categories[name]
    }
    others = {name: counted[Witness(name)] for name in CATEGORIES if counted.get(Witness(name))}
    present = others if not all(categories.values()) else {}
    return Silence(met, categories, {k: v for k, v in empty.items() if v}, present, _absent(asked, answer.tally))


def _counted(answer: Answer, jobs: int, progress: Progress, manner: Manner) -> Mapping[Witness, int]:
    """How many events there are of each witness."""
    witnesses, counts = answer.witnesses, answer.counts
    if not witnesses:
        witnesses = answer.asked.witnesses()
        with Picked(pick=Pick(most=0)) as store:
            part = Part(answer.asked.plan(witnesses), store, Tally(), manner)
            if fill(part, answer.inputs, jobs, progress):
                raise KeyboardInterrupt  # half a count would say what is not so
            counts = store.counts
    return {witness: counts[number, 0] for number, witness in enumerate(witnesses, 1)}


def _absent(asked: Asked, tally: Tally) -> tuple[str, ...]:
    """Sources of Windows' own logs with events of a kind that could meet some stage, none of which was read."""
    uses = Kinds(asked.plan())
    nothing = pa.table({"_position": pa.array([], pa.uint64())})
    found = set()
    for kind in kinds():
        if uses.of(RawBatch(kind, nothing, Origin("evtx", ""))).reads:
            named = source(kind[0], None, None, None)
            found.add(source(kind[0], "System", None, None) if named not in SOURCES else named)
    return tuple(name for name in SOURCES if name in found and name not in tally.sources)
