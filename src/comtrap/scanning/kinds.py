"""What a run does with each kind of event: which rules, which fields, which raw columns.

Most events of a log are of kinds that no rule can match, and each of the others concerns a few rules. What follows from
an event's kind alone (its category, its action, fields it never has) is put into the rules once, and what is left is
all that is read and run for events of that kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from comtrap.execute.specialise import Specialiser
from comtrap.normalise.cast import typed
from comtrap.normalise.known import PLAIN, known
from comtrap.normalise.normalise import raw_columns
from comtrap.normalise.source import SOURCE, source_columns
from comtrap.rules.reach import Reach, Watch, reach, watches
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from comtrap.events.raw import Kind, RawBatch
    from comtrap.normalise.known import Values
    from comtrap.plan.plan import Plan

PLAIN_SOURCES = frozenset({"evtx"})
"""Formats whose records bring no ECS fields, and name provider and event id as their kind does."""

_MOST = 4_096  # uses remembered; documents may bring any fields


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """What is done with events of one kind.

    Attributes:
        plan: the rules, as far as such events could meet them.
        fields: the fields to compute.
        reads: the events of these that rules look at; none if the kind concerns no rule.
        watches: the stages that such events could fill.
    """

    plan: Plan
    fields: frozenset[str]
    reads: Reach
    watches: tuple[Watch, ...]


@dataclass(slots=True)
class Kinds:
    """The uses of one run's kinds, each made when first asked for."""

    plan: Plan
    _specialiser: Specialiser = field(init=False)
    _uses: dict[tuple[Kind, frozenset[str], bool], Use] = field(default_factory=dict)
    _raw: dict[tuple[Kind, frozenset[str]], frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the plan's conditions apart for the scan's schema."""
        self._specialiser = Specialiser(self.plan, telemetry())

    def of(self, raw: RawBatch) -> Use:
        """The use of a batch's kind; what its records bring along may be anything."""
        if raw.origin.source in PLAIN_SOURCES:
            return self._use(raw.kind, PLAIN, plain=True)
        names = raw.frame.schema.names
        named = {name: text for name, text in _names(raw.kind).items() if name in names}
        same = {name for name, text in named.items() if _is_always(raw.frame.column(name), text)}
        brought = frozenset(name for name in names if not name.startswith(("_", "winlog.")))
        return self._use(raw.kind, brought - same, plain=same == named.keys())

    def raw(self, kind: Kind, brought: frozenset[str] = frozenset()) -> frozenset[str]:
        """The raw columns that plain events of a kind are read for; none if they need only be counted.

        Args:
            kind: provider and event id.
            brought: the ECS fields that such events may bring along.
        """
        key = (kind, brought)
        if key not in self._raw:
            use = self._use(kind, PLAIN | brought, plain=True)
            self._raw[key] = raw_columns(use.fields, kind) if use.reads else source_columns(kind)
        return self._raw[key]

    def _use(self, kind: Kind, brought: frozenset[str], *, plain: bool) -> Use:
        key = (kind, brought, plain)
        if key not in self._uses:
            if len(self._uses) >= _MOST:
                self._uses.clear()
            values = known(kind, self.plan.columns, brought, plain=plain)
            made = self._specialiser.specialise({name: _column(name, each) for name, each in values.items()})
            fields = made.columns | {SOURCE, self.plan.category_field}
            self._uses[key] = Use(made, fields, reach(made), watches(made))
        return self._uses[key]


def _names(kind: Kind) -> dict[str, str]:
    """What a kind is told by, as records name it."""
    provider, code = kind
    return {
        "winlog.provider_name": provider,
        "event.provider": provider,
        "winlog.event_id": str(code),
        "event.code": str(code),
    }


def _is_always(column: pa.ChunkedArray, text: str) -> bool:
    if pa.types.is_list(column.type) or column.null_count:
        return False
    return pc.unique(column).to_pylist() == [text]


@cache
def _column(name: str, values: Values) -> pa.Array:
    """One row that has the values."""
    texts = pa.array([list(values) or None], pa.list_(pa.string()))
    return typed(texts, telemetry()[name].type)[0]
