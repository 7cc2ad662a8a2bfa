"""Answers of a query as text: JSON as Elasticsearch has it, JSON a line each, a table for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from comtrap.cli.table import write_table
from comtrap.match.answer import frame, total
from comtrap.scanning.documents import json_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from comtrap.scanning.query import Answer


def write_json(answer: Answer, fields: Sequence[str], out: TextIO) -> None:
    """One object, in the shape of Elasticsearch's answer, an event or sequence a line."""
    del fields  # a document is whole
    counted = total(len(answer), answer.asked.request.size)
    hits = {"total": counted, "events" if answer.is_single else "sequences": []}
    whole = _dumped(frame(hits, int(answer.seconds * 1000), is_partial=answer.interrupted), out)
    begin, end = whole[: -len("]}}")], whole[-len("]}}") :]
    out.write(begin)
    between = "\n"
    for item in _items(answer):
        out.write(between + _dumped(item, out))
        between = ",\n"
    out.write(end + "\n" if between == "\n" else f"\n{end}\n")


def write_ndjson(answer: Answer, fields: Sequence[str], out: TextIO) -> None:
    """An event, sequence or sample a line."""
    del fields
    out.writelines(f"{_dumped(item, out)}\n" for item in _items(answer))


FORMATS: dict[str, Callable[[Answer, Sequence[str], TextIO], None]] = {
    "json": write_json,
    "ndjson": write_ndjson,
    "table": write_table,
}


def _items(answer: Answer) -> Iterator[dict[str, Any]]:
    for row in answer.rows():
        yield row.events[0] if row.keys is None else {"join_keys": list(row.keys), "events": row.events}


def _dumped(value: Any, out: TextIO) -> str:
    """JSON on one line; for a terminal in ASCII, so that what a log holds does nothing to it."""
    return json.dumps(value) if out.isatty() else json_of(value).decode()
