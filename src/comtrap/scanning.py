"""One input of a scan: from its bytes to hits, and the events that they are of."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.alerts.store import Kept
from comtrap.errors import SourceError
from comtrap.events.concat import concat
from comtrap.events.problems import Problems
from comtrap.execute.execute import execute
from comtrap.execute.hits import HITS
from comtrap.normalise.normalise import raw_columns, to_documents, to_events
from comtrap.normalise.script_blocks import PARTS, ScriptBlocks
from comtrap.sources.read import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.batch import EventBatch
    from comtrap.events.raw import RawBatch
    from comtrap.plan.plan import Plan

ROWS = 50_000  # events put together before the rules run over them
MORE = frozenset({PARTS})  # fields a scan needs whatever the rules read


@dataclass(slots=True)
class Part:
    """What a stretch of one input gave."""

    path: str
    hits: pa.Table = field(default_factory=HITS.empty_table)
    kept: list[Kept] = field(default_factory=list)
    events: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    problems: Problems = field(default_factory=Problems)
    failures: Counter[int] = field(default_factory=Counter)


def scan_file(path: str, number: int, plan: Plan) -> Iterator[Part]:
    """Run a plan over one input, part by part; what cannot be read is in the parts' problems.

    Args:
        path: a file, or ``-``.
        number: the input's place in the run; its events are numbered from ``number << 40``.
    """
    problems = Problems()
    pairs: list[tuple[RawBatch, EventBatch]] = []
    rows = 0
    columns = plan.columns | MORE
    try:
        for raw in _joined(path, number, raw_columns(columns), problems):
            pairs.append((raw, to_events(raw, columns, problems)))
            rows += raw.frame.num_rows
            if rows >= ROWS:
                yield _part(path, plan, pairs, problems)
                pairs, rows, problems = [], 0, _emptied(problems)
    except SourceError as error:
        problems.fail(path, str(error))
    yield _part(path, plan, pairs, problems)


def _emptied(problems: Problems) -> Problems:
    """The counts so far go with the part they belong to; readers keep adding to the object they were given."""
    problems.skipped, problems.notes = Counter(), Counter()
    problems.failed, problems.first = {}, []
    return problems


def _joined(path: str, number: int, wanted: frozenset[str], problems: Problems) -> Iterator[RawBatch]:
    blocks = ScriptBlocks()
    for raw in read(path, number, wanted, problems):
        yield from blocks.feed(raw)
    yield from blocks.flush()


def _part(path: str, plan: Plan, pairs: list[tuple[RawBatch, EventBatch]], problems: Problems) -> Part:
    part = Part(path)
    part.problems.add(problems)
    part.events = sum(problems.skipped.values())
    if not pairs:
        return part
    batch = concat([events for _, events in pairs])
    part.events += len(batch)
    for count in pc.value_counts(batch.column("_index")):
        part.kinds[str(count["values"])] += count["counts"].as_py()
    part.hits = execute(plan, batch, part.failures)
    wanted = set(part.hits.column("event").to_pylist())
    if wanted:
        first = 0
        for raw, events in pairs:
            part.kept += _kept(raw, batch.frame.slice(first, len(events)), wanted)
            first += len(events)
    return part


def _kept(raw: RawBatch, frame: pa.Table, wanted: set[int]) -> Iterator[Kept]:
    """The events of a batch that hits are of, and the other parts of script blocks among them."""
    numbers = np.asarray(frame.column("_event").combine_chunks())
    hit = np.isin(numbers, np.fromiter(wanted, np.uint64, len(wanted)))
    rows = np.flatnonzero(hit)
    if not rows.size:
        return
    more = np.flatnonzero(np.isin(numbers, _parts_of(frame, rows)) & ~hit)
    times = np.asarray(frame.column("@timestamp").combine_chunks().cast(pa.int64()))
    rows = np.sort(np.concatenate([rows, more]))
    for row, document in zip(rows.tolist(), to_documents(raw.fetch(rows)), strict=True):
        event = int(numbers[row])
        yield Kept(
            event=event,
            path=raw.origin.path,
            member=raw.origin.member,
            position=event - raw.origin.first,
            time_ns=int(times[row]),
            document=_json(document),
            row=_row(frame.slice(row, 1)) if hit[row] else b"",
        )


def _parts_of(frame: pa.Table, rows: np.ndarray) -> np.ndarray:
    if PARTS not in frame.schema.names:
        return np.array([], np.uint64)
    column = frame.column(PARTS).combine_chunks().take(rows)
    flat = column.flatten() if pa.types.is_list(column.type) else column
    return np.asarray(flat.drop_null()).astype(np.uint64)


def _row(frame: pa.Table) -> bytes:
    frame = frame.select([n for n in frame.schema.names if frame.column(n).null_count == 0])
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, frame.schema) as writer:
        writer.write_table(frame)
    return bytes(out.getvalue())


def _json(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:  # an integer beyond 64 bits, which JSON allows and orjson does not
        return json.dumps(document, default=str).encode("utf-8", "replace")
