"""The fields of Windows telemetry, whatever wrote it: what a scan's queries may name."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.schema.elastic import field
from comtrap.schema.schema import Schema

if TYPE_CHECKING:
    from comtrap.schema.schema import Field

_DATA = Path(__file__).parent / "data"
_ELASTIC = ("ecs.json", "endpoint.json", "winlog.json")
OPEN = ("winlog.event_data.", "winlog.user_data.")
"""Windows lets every provider name its own data, so below these every name is mapped."""


@cache
def telemetry() -> Schema:
    """The union of ECS, Elastic Endpoint, Elastic's Windows integrations and comtrap's own fields.

    A field that the data lacks is mapped all the same, so that one query means one thing over every file.
    Multi-fields are names too: ``process.name.caseless`` reads ``process.name`` without regard to case; a ``.text``
    one cannot be compared, as in Elasticsearch.
    """
    fields: dict[str, Field] = {}
    for name in _ELASTIC:
        _add(fields, json.loads((_DATA / name).read_text("utf-8")))
    ours = tomllib.loads((_DATA / "ours.toml").read_text("utf-8"))
    fields |= dict.fromkeys(ours["fields"], field("keyword"))
    fields |= {name: field(kind) for name, (kind, _) in ours["types"].items()}
    return Schema("the fields of Windows telemetry", fields, OPEN)


def _add(fields: dict[str, Field], data: dict[str, dict[str, dict[str, list[str]] | list[str]]]) -> None:
    """Add one file's fields: ``types`` has names by type, ``multi`` by sub-field and its type."""
    for kind, names in data["types"].items():
        fields |= dict.fromkeys(names, field(kind))
    for suffix, kinds in data["multi"].items():
        assert isinstance(kinds, dict)
        for kind, names in kinds.items():
            like = replace(field(kind), folded=suffix == "caseless")
            fields |= {f"{name}.{suffix}": replace(like, copy_of=name) for name in names}
