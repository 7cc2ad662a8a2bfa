"""What is known of the fields of an event by its kind alone, before any of it is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from comtrap.normalise.script_blocks import JOINED, PARTS
from comtrap.normalise.tables import EXTENDED, plan
from comtrap.normalise.values import Constant, Each, First, Kept, Text
from comtrap.normalise.windows import OVERWRITING
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind
    from comtrap.normalise.tables import Plan
    from comtrap.normalise.values import Expr, Ref

Values: TypeAlias = tuple[str, ...]
"""All values of a field in every event of a kind; none for a field that never has one."""

PLAIN = frozenset({"@timestamp", "message"})
"""The fields that records of Windows' own log files bring along, beside those below ``winlog.``."""

_OURS = "winlog."  # below it every raw record has its columns


@lru_cache(1024)
def known(
    kind: Kind, fields: frozenset[str], brought: frozenset[str] = PLAIN, *, plain: bool = True
) -> Mapping[str, Values]:
    """Those of the fields whose values follow from the kind; nothing is said of the others.

    Args:
        kind: provider and event id.
        fields: names to look at.
        brought: ECS fields that records of the batch may have by themselves. Nothing is known of these.
        plain: whether the records name provider and event id just as the kind does, as Windows' own log files do.
    """
    told = {"winlog.provider_name": (kind[0],), "winlog.event_id": (str(kind[1]),)} if plain else {}
    use = plan(kind)
    search = _Search(use, brought, told)
    out: dict[str, Values] = {}
    for name in sorted(fields - {EXTENDED}):
        if name in use.removed:
            out[name] = ()
        elif (values := search.values(name)) is not None:
            out[name] = values
        elif search.empty(name):
            out[name] = ()
    return out


@dataclass(slots=True)
class _Search:
    """Looks through the expressions of one kind.

    A field's own expression means the raw column by the field's name, as in `Rows`.
    """

    use: Plan
    brought: frozenset[str]
    told: Mapping[str, Values]
    _open: set[str] = field(default_factory=set)

    def values(self, name: str) -> Values | None:
        """What the field is in every event, None if that is not known."""
        if name in self.brought and not self._is_overwritten(name):
            return None
        if name in self._open or not self._is_computed(name):
            return self.told.get(name)
        table = self.use.fields if name in self.use.fields else self.use.extensions
        self._open.add(name)
        found = self._of(table[name])
        self._open.discard(name)
        return found

    def _of(self, ref: Ref) -> Values | None:
        match ref:
            case str():
                return self.values(ref)
            case Constant():
                return (ref.value,) if isinstance(ref.value, str) else ref.value
            case Text():
                return self.values(ref.name)
            case First():
                return self._of(ref.of[0])
            case _:
                return None

    def empty(self, name: str) -> bool:
        """Whether no event has a value in the field."""
        if not self._is_absent(name):
            return False
        if name in self._open:
            return True
        self._open.add(name)
        tables = (self.use.fields, self.use.extensions)
        found = all(self._never(table[name]) for table in tables if name in table)
        self._open.discard(name)
        return found

    def _never(self, ref: Ref) -> bool:
        match ref:
            case str():
                return self.empty(ref)
            case Constant():
                return False
            case Text() | Kept():
                return self.empty(ref.name)
            case Each():
                return not ref.optional and self._never(ref.of[0])
            case First():
                return all(map(self._never, ref.of))
            case _:
                return self._never_inside(ref)

    def _never_inside(self, ref: Expr) -> bool:
        whole = getattr(ref, "whole", None)
        return self._never(whole) if whole is not None else all(map(self._never, getattr(ref, "of", ())))

    def _is_overwritten(self, name: str) -> bool:
        """Whether what is computed, if anything is, takes the place of what the records bring along."""
        return name in OVERWRITING and (name != "event.action" or "event.category" not in self.brought)

    def _is_computed(self, name: str) -> bool:
        return name in self.use.fields or name in self.use.extensions

    def _is_absent(self, name: str) -> bool:
        """Whether no raw column has the name, nor one that the name is a copy of."""
        if name.startswith(_OURS) or name in self.brought or name in {JOINED, PARTS}:
            return False
        known_as = telemetry().get(name)
        return known_as is None or known_as.copy_of is None or self.empty(known_as.copy_of)
