"""What is known of the COM objects that an alert's events name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from comtrap.com.catalogue import catalogue, named_in
from comtrap.com.page import table
from comtrap.normalise.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from comtrap.alerts.alert import Clause

SHOWN = 12
# Where an event may name them, and in which order they are told.
_OBJECTS = (
    "comtrap.com.clsid",
    "comtrap.com.appid",
    "process.command_line",
    "process.parent.command_line",
    "comtrap.process.decoded_command",
    "comtrap.process.parent.decoded_command",
    "registry.path",
    "registry.data.strings",
    "comtrap.powershell.script_block_text",
    "powershell.file.script_block_text",
    "winlog.event_data.Payload",
    "process.Ext.api.parameters.buffer",
)


def naming(events: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The texts of each event that may name objects."""
    fields = Fields(events)
    columns = [column for name in _OBJECTS if any(column := fields.values(name))]
    return [[text for value in row if value for text in _strings(value)] for row in zip(*columns, strict=True)] or [
        [] for _ in events
    ]


def objects(texts: Iterable[str], clauses: Iterable[Clause]) -> tuple[Mapping[str, Any], ...]:
    """The objects of the catalogue that the clauses' values or the events name, at most `SHOWN`.

    Those known to be abused come first, then in the order they are named.

    Args:
        texts: of the events, as `naming` gives them.
        clauses: that held on them.
    """
    found = named_in([*_values(clauses), *texts])
    known = sorted(found, key=lambda o: o.ordinary)[:SHOWN]
    return tuple(_tables()[id(o)] for o in known)


@cache
def _tables() -> Mapping[int, Mapping[str, Any]]:
    """What is told of each object, by what stands for it: all that it holds is dear to hash."""
    return {id(known): table(known) for known in catalogue()}


def _values(clauses: Iterable[Clause]) -> Iterator[str]:
    for clause in clauses:
        # What an event was not is no reason.
        if not clause.text.startswith("not "):
            for value in clause.values.values():
                yield from _strings(value)


def _strings(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else ()
