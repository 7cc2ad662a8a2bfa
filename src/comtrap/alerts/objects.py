"""What is known of the COM objects that an alert's events name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.com.catalogue import named_in
from comtrap.com.page import table
from comtrap.normalise import document as documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from comtrap.alerts.alert import Clause, Evidence

SHOWN = 12
# Where an event may name them, and in which order they are told.
_OBJECTS = (
    ("comtrap.com", ("clsid", "appid")),
    ("process", ("command_line",)),
    ("process.parent", ("command_line",)),
    ("comtrap.process", ("decoded_command",)),
    ("comtrap.process.parent", ("decoded_command",)),
    ("registry", ("path",)),
    ("registry.data", ("strings",)),
    ("comtrap.powershell", ("script_block_text",)),
    ("powershell.file", ("script_block_text",)),
    ("winlog.event_data", ("Payload",)),
    ("process.Ext.api.parameters", ("buffer",)),
)


def objects(evidence: Iterable[Evidence], clauses: Iterable[Clause]) -> tuple[Mapping[str, Any], ...]:
    """The objects of the catalogue that the clauses' values or the events name, at most `SHOWN`.

    Those known to be abused come first, then in the order they are named.
    """
    found = named_in([*_values(clauses), *_texts(evidence)])
    known = sorted(found, key=lambda o: o.ordinary)[:SHOWN]
    return tuple(map(table, known))


def _values(clauses: Iterable[Clause]) -> Iterator[str]:
    for clause in clauses:
        # What an event was not is no reason.
        if not clause.text.startswith("not "):
            for value in clause.values.values():
                yield from _strings(value)


def _texts(evidence: Iterable[Evidence]) -> Iterator[str]:
    for one in evidence:
        for parent, lasts in _OBJECTS:
            node = documents.get(one.event, parent)
            if isinstance(node, dict):
                for last in lasts:
                    yield from _strings(node.get(last))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (v for v in value if isinstance(v, str))
