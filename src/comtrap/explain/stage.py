"""One stage while the input is read: its condition, its counts, and what events are on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.explain.condition import Kind, Node, Reader, clauses, guarded
from comtrap.explain.explanation import AtStage, KeyLack, NearMiss, Shown, StageCount
from comtrap.explain.funnel import Funnel
from comtrap.explain.judge import Given, Judged, judge
from comtrap.explain.reading import with_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.check import typed
    from comtrap.execute.condition import Conditions
    from comtrap.execute.execute import Categories
    from comtrap.explain.reading import Chunk
    from comtrap.explain.sighting import Sighting
    from comtrap.explain.subject import Subject
    from comtrap.lang import ast

TOLD = 3  # fields of an event that are named where it stands in a line


@dataclass(slots=True)
class Stage:
    """A stage as written.

    Attributes:
        number: as it is shown: from 1, 0 for ``until``.
        checked: what it means.
        keys: its keys as written.
        node: its condition with the rule's indices.
    """

    number: int
    checked: typed.Stage
    keys: tuple[ast.Field, ...]
    node: Node
    reader: Reader
    funnel: Funnel = field(init=False)
    _lacking: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Begin at zero."""
        self.funnel = Funnel(self.checked.category, self.node)

    @property
    def columns(self) -> frozenset[str]:
        """All fields that the condition names, whether they decide anything or not."""
        uses = (use for node in clauses(self.node) if node.kind is Kind.CLAUSE for use in node.fields)
        return frozenset(use.column for use in uses if use.column is not None)

    def add(self, chunk: Chunk, conditions: Conditions, categories: Categories) -> None:
        """Count a chunk's events."""
        held = self.funnel.add(chunk, conditions, categories.rows(self.checked.category))
        for written, key in zip(self.keys, self.checked.keys, strict=True):
            if not key.optional and key.column is not None and held.size:
                column = chunk.batch.column(key.column.name).take(pa.array(held))
                self._lacking[written.name] += held.size - with_value(column)

    def shown(self, sighting: Sighting) -> Shown:
        """An event with the verdicts on it."""
        return Shown(sighting.event, judge(self.node, sighting.batch, self.reader))

    def at(self, sighting: Sighting) -> AtStage:
        """A given event here."""
        category = self.checked.category
        fits = category is None or category in sighting.event.category
        return AtStage(self.number, category, fits, judge(self.node, sighting.batch, self.reader))

    def excepted(self, sighting: Sighting) -> tuple[str, ...]:
        """The exceptions that take an event away."""
        judged = judge(self.node, sighting.batch, self.reader)
        return tuple(p.node.text for p in judged.parts if p.node.kind is Kind.EXCEPTION and not p.verdict.holds)

    def told(self, sighting: Sighting) -> tuple[Given, ...]:
        """What an event has in the fields on which the condition rests, the most telling first."""
        judged = judge(self.node, sighting.batch, self.reader)
        found = {given.name: given for part in judged.parts for given in _given(part) if given.values}
        telling = [given for given in found.values() if not given.name.startswith("event.")]
        return tuple((telling or list(found.values()))[:TOLD])

    def count(self, most: int) -> StageCount:
        """What was counted, with the nearest misses."""
        funnel, near = self.funnel, self.funnel.nearest
        return StageCount(
            number=self.number,
            category=funnel.category,
            of_category=funnel.of_category,
            held=funnel.held,
            clauses=funnel.counts,
            fields=funnel.fields,
            indices=tuple(funnel.indices.most_common()),
            lacking=tuple(KeyLack(name, count) for name, count in self._lacking.items() if count),
            distance=near.level,
            near=near.events,
            nearest=tuple(NearMiss(self.shown(each.first), each.missed, each.count) for each in near.found(most)),
        )


def stages_of(subject: Subject) -> list[Stage]:
    """The stages of a query as written, until last."""
    index = () if subject.rule is None else subject.rule.index
    reader = Reader(subject.text)
    return [
        Stage(
            number=0 if number == subject.until else number + 1,
            checked=subject.stages[number],
            keys=(*subject.by, *written.by),
            node=guarded(written, subject.text, index, subject.exceptions),
            reader=reader,
        )
        for number, written in subject.placed
    ]


def _given(judged: Judged) -> Iterator[Given]:
    """The values of the clauses that hold."""
    if judged.node.kind in {Kind.INDEX, Kind.EXCEPTION} or not judged.verdict.holds:
        return
    yield from judged.values
    for part in judged.parts if judged.node.kind is not Kind.NOT else ():
        yield from _given(part)
