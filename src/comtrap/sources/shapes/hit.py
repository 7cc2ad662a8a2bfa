"""Search hits of Elasticsearch: a document in an envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def unwrapped(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The document of a hit, with its `_index` and `_id`; None for anything else.

    Where there is no `_source`, the retrieved `fields`; those are lists always, so that one value is taken for itself.
    """
    source = record.get("_source")
    if type(source) is dict and source:
        document = dict(source)
    elif type(fields := record.get("fields")) is dict and ("_index" in record or "_id" in record):
        document = {name: v[0] if type(v) is list and len(v) == 1 else v for name, v in fields.items()}
    else:
        return None
    for name in ("_index", "_id"):
        if isinstance(told := record.get(name), str):
            document[name] = told
    return document
