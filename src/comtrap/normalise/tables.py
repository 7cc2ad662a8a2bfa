"""All tables as one: what is computed for a kind of event, in which form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from comtrap.events.raw import ECS
from comtrap.normalise.event import ANY, Event
from comtrap.normalise.extensions import EXTENSIONS, HOST, WINDOWS
from comtrap.normalise.index import INDEX
from comtrap.normalise.ours import OURS
from comtrap.normalise.values import Constant, Each, First, Kept, Leaf, Objects, Part, Text, Union
from comtrap.normalise.windows import COMMON, USER_ID
from comtrap.registry import every
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind
    from comtrap.normalise.values import Expr

EXTENDED = "comtrap.extended"
INTEGRATION, WINLOGBEAT = "integration", "winlogbeat"
_UNKNOWN = Event({**COMMON, **USER_ID})


@dataclass(frozen=True, slots=True)
class Plan:
    """How one kind of event is computed in one form.

    Attributes:
        fields: field to expression: Elastic's, ours, and the leaves of objects.
        extensions: field to expression, for fields that are still empty.
        removed: raw columns that are no fields of the event.
        moved: raw columns that are fields only where they hold a blank.
        blank: texts in event data that are no values.
    """

    fields: Mapping[str, Expr]
    extensions: Mapping[str, Expr]
    removed: frozenset[str]
    moved: frozenset[str]
    blank: frozenset[str]

    def reads(self, wanted: frozenset[str]) -> frozenset[str]:
        """The raw columns that fields need, the fields' own names among them."""
        found: set[str] = set()
        open_names = list(wanted)
        while open_names:
            name = open_names.pop()
            if name in found:
                continue
            found.add(name)
            for table in (self.fields, self.extensions):
                if name in table:
                    open_names += table[name].names
        return frozenset(found)

    def free(self, names: frozenset[str]) -> bool:
        """Whether one of the fields has values without any raw column."""
        return any(_is_free(table[n]) for table in (self.fields, self.extensions) for n in names if n in table)


def _is_free(expr: Expr) -> bool:
    match expr:
        case Constant():
            return True
        case Each(optional=optional, of=of):
            return optional or any(_is_free(ref) for ref in of if not isinstance(ref, str))
        case First(of=of) | Union(of=of):
            return any(_is_free(ref) for ref in of if not isinstance(ref, str))
        case Part(whole=whole) | Objects(whole=whole) | Leaf(whole=whole):
            return _is_free(whole)
        case Text() | Kept():
            return False


@lru_cache(4096)
def possible(kind: Kind, wanted: frozenset[str], present: frozenset[str]) -> tuple[str, ...]:
    """Those of the wanted fields, ascending, that can have a value in a batch that has these raw columns."""
    use, schema = plan(kind), telemetry()
    out = []
    for name in sorted(wanted):
        known = schema.get(name)
        reads = use.reads(frozenset((name, (known and known.copy_of) or name)))
        if name == EXTENDED or not present.isdisjoint(reads) or use.free(reads):
            out.append(name)
    return tuple(out)


@cache
def table() -> Mapping[Kind, Event]:
    """Every line of every table; `ANY` stands for the events of a provider that have none."""
    out: dict[Kind, Event] = {}
    # `comtrap.normalise` as an attribute is the public function of that name.
    for _, module in every(import_module("comtrap.normalise"), "TABLE"):
        out.update(module.TABLE)
    return out


@cache
def kinds() -> frozenset[Kind]:
    """Every kind that some table names, and one that none does."""
    return frozenset({*table(), *EXTENSIONS, ("", ANY)})


@cache
def plan(kind: Kind, dialect: str = INTEGRATION, *, extended: bool = True) -> Plan:
    """What is computed for a kind of event.

    Args:
        kind: provider and event id.
        dialect: whose pipeline is followed.
        extended: whether empty ECS fields are filled and the index is told, as a scan does.
    """
    lines = table()
    event = lines.get(kind) or lines.get((kind[0], ANY)) or _UNKNOWN
    fields: dict[str, Expr] = {**OURS, **event.fields, **getattr(event, dialect)}
    for name, expr in list(fields.items()):
        if isinstance(expr, Objects):
            fields |= {f"{name}.{leaf}": Leaf(expr, leaf) for leaf in expr.leaves}
    extensions: dict[str, Expr] = {}
    if extended:
        fields["_index"] = INDEX
        extensions = {**HOST, **({} if kind == ECS else WINDOWS), **EXTENSIONS.get(kind, {})}
    return Plan(fields, extensions, event.removed - fields.keys() - extensions.keys(), event.moved, event.blank)
