"""What published queries catch of known attacks and, clause by clause, why they miss the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from comtrap.errors import PluginError
from comtrap.explain.condition import Kind
from comtrap.explain.reading import Seen, chunks, positions
from comtrap.explain.sighting import COLUMNS, sightings
from comtrap.explain.stage import stages_of
from comtrap.explain.subject import of_rule
from comtrap.proof.attack_events import Place
from comtrap.rules.load import load_rules
from comtrap.sources.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from comtrap.explain.condition import Node
    from comtrap.explain.explanation import AtStage
    from comtrap.explain.judge import Judged
    from comtrap.explain.sighting import Event, Sighting
    from comtrap.explain.stage import Stage
    from comtrap.proof.attack_events import Attack
    from comtrap.rules.rule import Rule

FOLDER = "published"
"""Where in a pack the queries stand that it is compared with."""


@dataclass(frozen=True, slots=True)
class Missed:
    """The event of an attack that came nearest to a query.

    Attributes:
        query: the query's file name without suffix.
        event: the event.
        at: the verdict on it.
        lost: the clauses that did not hold, those of an ``and`` each for itself; none where only the category is another.
    """

    query: str
    event: Event
    at: AtStage
    lost: tuple[Judged, ...]

    @property
    def distance(self) -> tuple[bool, int]:
        """How far it is from a match; less is nearer."""
        return not self.at.of_category, len(self.lost)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the queries make of an attack.

    Attributes:
        caught_by: the queries that match an event which shows it.
        nearest: of each other query the event that came nearest, the nearest query first; none without such events.
        wrong: why nothing can be said.
    """

    attack: Attack
    caught_by: tuple[str, ...]
    nearest: tuple[Missed, ...]
    wrong: str | None = None


@dataclass(slots=True)
class ClauseLoss:
    """How many missed attacks a clause lost, among those that came nearest to its query.

    Attributes:
        node: the clause; None for the category asked for.
        lost: attacks of which it does not hold on the nearest event.
        alone: those of which every other clause holds there.
    """

    node: Node | None
    lost: int = 0
    alone: int = 0


@dataclass(slots=True)
class QueryLoss:
    """What one query catches and loses.

    Attributes:
        caught: attacks that it catches.
        nearest: attacks that no query catches and that came nearest to this one.
        category: which it asks for, None for any.
        clauses: by text; the category first, then in the order written.
    """

    query: str
    category: str | None
    caught: int = 0
    nearest: int = 0
    clauses: dict[str, ClauseLoss] = field(default_factory=dict)


class Published:
    """Queries over single events, ready to be asked of attacks."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Read the queries.

        Raises:
            RuleError: one is not true of the fields of telemetry.
            PluginError: one asks for several events.
        """
        self._stages: list[tuple[str, Stage]] = []
        for rule in rules:
            stages = stages_of(of_rule(rule))
            if len(stages) != 1:
                raise PluginError(f"{rule.path.name} asks for several events; only queries over one are compared")
            self._stages.append((rule.path.stem, stages[0]))
        named = {name for _, stage in self._stages for name in stage.columns}
        self._wanted = frozenset(COLUMNS | named | {"_index"})

    def judge(self, attack: Attack) -> Verdict:
        """Ask every query of every event that shows the attack."""
        if attack.wrong is not None:
            return Verdict(attack, (), (), attack.wrong)
        seen = Seen()
        wanted = frozenset(place.position for place in attack.shown_by)
        found: list[Sighting] = []
        for chunk in chunks([attack.path], self._wanted, seen, Progress()):
            at = positions(chunk, wanted)
            found += [one for one in sightings(chunk.batch, at.tolist(), chunk.raws) if _place(one) in attack.shown_by]
        if not found:
            failed = next(iter(seen.problems.failed.values()), "none of the events that show it is there")
            return Verdict(attack, (), (), failed)
        return self._judge(attack, found)

    def _judge(self, attack: Attack, found: list[Sighting]) -> Verdict:
        caught: list[str] = []
        nearest: list[Missed] = []
        for query, stage in self._stages:
            told = [(one.event, stage.at(one)) for one in found]
            if any(at.of_category and at.judged.verdict.holds for _, at in told):
                caught.append(query)
            else:
                missed = [Missed(query, event, at, tuple(_lost(at.judged))) for event, at in told]
                nearest.append(min(missed, key=lambda one: one.distance))
        return Verdict(attack, tuple(caught), tuple(sorted(nearest, key=lambda one: one.distance)))

    def losses(self, verdicts: Iterable[Verdict]) -> list[QueryLoss]:
        """What each query catches, and what its clauses lose."""
        every = {}
        for query, stage in self._stages:
            category = stage.checked.category
            clauses = {} if category is None else {_named(category): ClauseLoss(None)}
            clauses |= {part.text: ClauseLoss(part) for part in stage.node.parts}
            every[query] = QueryLoss(query, category, clauses=clauses)
        for verdict in verdicts:
            for query in verdict.caught_by:
                every[query].caught += 1
            if not verdict.caught_by and verdict.nearest:
                _count(every[verdict.nearest[0].query], verdict.nearest[0])
        return list(every.values())


def published_of(pack: Path) -> list[Rule]:
    """The queries that a pack is compared with.

    Raises:
        RuleError: one is wrong.
        PluginError: there are none.
    """
    folder = pack / FOLDER
    if not folder.is_dir():
        raise PluginError(f"{pack} has no folder `{FOLDER}` with queries to compare it with")
    return load_rules(folder)


def _count(loss: QueryLoss, missed: Missed) -> None:
    loss.nearest += 1
    texts = [part.node.text for part in missed.at.judged.parts if not part.verdict.holds]
    if not missed.at.of_category:
        texts.insert(0, _named(missed.at.category))
    for text in texts:
        loss.clauses[text].lost += 1
        loss.clauses[text].alone += len(texts) == 1


def _named(category: str | None) -> str:
    return f"category {category}"


def _lost(judged: Judged) -> Iterable[Judged]:
    """The parts of an ``and`` that do not hold, those of an ``and`` below it too."""
    for part in judged.parts:
        if not part.verdict.holds:
            yield from _lost(part) if part.node.kind is Kind.AND else (part,)


def _place(sighting: Sighting) -> Place:
    event = sighting.event
    return Place(event.path, event.member, event.position)
