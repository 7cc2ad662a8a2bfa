"""A query over files, and the same query by `comtrap.search` over the documents that the files' records become."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from comtrap.alerts.records import records
from comtrap.events.problems import Problems
from comtrap.normalise.script_blocks import joined
from comtrap.scanning.asked import Request, ask
from comtrap.scanning.query import query
from comtrap.schema.telemetry import telemetry
from comtrap.search import Index, search
from comtrap.sources.read import FILE_BITS, read
from comtrap.sources.walk import files

ASKED = frozenset({
    "event.category", "event.code", "event.created", "event.type", "host.id", "process.args_count", "process.entity_id",
    "process.name", "process.parent.name", "process.pid", "registry.path", "user.name", "winlog.record_id",
})  # fmt: skip
"""What tests ask for; mapped whether a file has it or not, as all of Windows telemetry is for `query`."""
SAME = {
    "samples_per_key": "max_samples_per_key",
    "position": "result_position",
    "category_field": "event_category_field",
}


def queried(text: str, paths: Any, **request: Any) -> list[tuple[tuple[Any, ...] | None, list[int | None]]]:
    """What `query` finds: join keys (None for an event), and the events by file and position."""
    order = {path: number for number, path in enumerate(files(paths, Problems()))}
    with query(ask(text, Request(**request)), paths) as answer:
        return [(row.keys, [_number(event, order) for event in row.events]) for row in answer.rows()]


def searched(text: str, paths: Any, **request: Any) -> list[tuple[tuple[Any, ...] | None, list[int | None]]]:
    """The same of `search`."""
    request = {SAME.get(name, name): value for name, value in request.items()}
    hits = search(text, [_index(tuple(paths))], **request)["hits"]
    if "events" in hits:
        return [(None, [int(event["_id"])]) for event in hits["events"]]
    return [
        (tuple(found["join_keys"]), [None if event.get("missing") else int(event["_id"]) for event in found["events"]])
        for found in hits["sequences"]
    ]


def _number(event: dict[str, Any], order: dict[str, int]) -> int | None:
    if event.get("missing"):
        return None
    origin = event["_source"]["comtrap"]["origin"]
    return (order[origin["path"]] << FILE_BITS) + origin["position"]


@cache
def _index(paths: tuple[str, ...]) -> Index:
    """All records of the files as documents, in reading order; mapped as Windows telemetry is."""
    found: dict[int, dict[str, Any]] = {}
    for number, path in enumerate(files(paths, Problems())):
        for raw in joined(read(path, number, None, Problems())):
            for record in records(raw.fetch(np.arange(raw.frame.num_rows))):
                source = {name: value for name, value in record.evidence.event.items() if not name.startswith("_")}
                # A scan orders events by all the digits of their time, of which a document has those of milliseconds.
                moment = str(np.datetime64(record.evidence.time_ns, "ns"))
                found[record.event] = {"_id": str(record.event), **source, "@timestamp": f"{moment}Z"}
    documents = [found[event] for event in sorted(found)]
    names = {name for document in documents for name in _leaves(document, "")}
    mapping = _mapping((names & telemetry().keys()) | ASKED)
    mapping["properties"]["@timestamp"] = {"type": "date_nanos"}
    return Index("all", documents, mapping)


def _leaves(value: Any, path: str) -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {leaf for name, inner in value.items() for leaf in _leaves(inner, f"{path}.{name}" if path else name)}


def _mapping(names: set[str]) -> dict[str, Any]:
    root: dict[str, Any] = {"properties": {}}
    for name in sorted(names):
        at = root
        *way, leaf = name.split(".")
        for part in way:
            at = at["properties"].setdefault(part, {"properties": {}})
            at.setdefault("properties", {})
        at["properties"].setdefault(leaf, {})["type"] = telemetry()[name].written or telemetry()[name].type.value
    return root
