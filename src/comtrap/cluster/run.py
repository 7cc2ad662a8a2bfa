"""The run on a cluster: the driver's part."""

from __future__ import annotations

import sys
import uuid
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from comtrap.alerts.store import Store
from comtrap.cluster.rows import DDL, match_of, tally_of
from comtrap.cluster.session import session_of
from comtrap.cluster.tasks import PIECE_BYTES, Task, placed, tasks
from comtrap.cluster.work import PATIENCE_S, Count, Fetch, Joining, Matching, Run, Scan, files_of, task_row
from comtrap.errors import PluginError, SourceError
from comtrap.match.keys import sortable
from comtrap.match.streamed import Room
from comtrap.remote.address import is_address
from comtrap.scan import Filled, run
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.progress import work_bytes
from comtrap.sources.read import FILE_BITS
from comtrap.sources.walk import STDIN, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from comtrap.match.hit import Match
    from comtrap.plan.plan import Plan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule
    from comtrap.rules.suppression import Suppression
    from comtrap.scan import Result
    from comtrap.scanning.part import Input, Tally

TASKS = 4_096  # partitions at most; tasks beyond that share one
ANSWERS = 64  # parts in which rows come back, at most


@dataclass(frozen=True, slots=True)
class Bounds:
    """How work is divided.

    Attributes:
        piece_bytes: larger files are read in pieces of this size.
        room: how many hits of a query may be held at once.
        patience_s: how long a file may give nothing.
    """

    piece_bytes: int = PIECE_BYTES
    room: Room = field(default_factory=Room)
    patience_s: float = PATIENCE_S


BOUNDS = Bounds()


def scan_on(
    cluster: str,
    paths: Iterable[str],
    rules: Sequence[Rule],
    *,
    exceptions: Sequence[ExceptionItem] = (),
    suppression: Suppression | None = None,
    manner: Manner = ORDINARY,
    bounds: Bounds = BOUNDS,
) -> Result:
    """Run every rule over every input, on Spark; the same alerts as `comtrap.scan`.

    The machines must reach files by the paths that this one has for them.

    Args:
        cluster: ``local[N]``, ``spark://HOST:PORT`` or ``sc://…``; a session that is active in this process is used instead.
        paths: files, folders and archives; not standard input, and no index of Elasticsearch.
        rules: what to look for.
        exceptions: events that rules are not to see.
        suppression: for rules that do not say so themselves.
        manner: how inputs are read.
        bounds: how work is divided.

    Raises:
        PluginError: Spark is not installed, or it is asked for what it cannot do.
        SourceError: the cluster cannot be reached, or has failed.
    """
    named = list(paths)
    if any(map(is_address, named)):
        raise PluginError("an index of Elasticsearch is read by one machine: it cannot be scanned with --cluster")
    if STDIN in named:
        raise PluginError("standard input is on this machine only: it cannot be scanned with --cluster")

    def filled(plan: Plan, inputs: list[Input], tally: Tally) -> Filled:
        store = Store()
        if not inputs:
            return Filled(store, [])
        work = Run(plan, manner, uuid.uuid4().hex, bounds.room, bounds.patience_s)
        with session_of(cluster) as session:
            divided = _divided(session, inputs, sys.maxsize if manner.slack else bounds.piece_bytes)
            matches = _spread(session, work, divided, (tally, store))
            _fetch(session, work, divided, matches, store)
        return Filled(store, _whole(matches, dict(inputs), (tally, store)))

    return run(named, rules, filled, exceptions=exceptions, suppression=suppression)


def _divided(session: Any, inputs: Sequence[Input], piece_bytes: int) -> list[Task]:
    """Inputs as tasks, the positions of pieces told."""
    work = tasks(inputs, {path: work_bytes(path) or 0 for _, path in inputs}, piece_bytes)
    cut = [task for task in work if task.piece is not None]
    if not cut:
        return work
    told = session.createDataFrame(_table(cut)).repartitionByRange(min(len(cut), TASKS), "number")
    rows = told.mapInArrow(_plain(Count()), DDL).collect()
    counts = {cut[row["query"]]: orjson.loads(bytes(row["content"])) for row in rows}

    def count(task: Task) -> int:
        if counts[task] < 0:
            raise SourceError("cannot be counted")
        return int(counts[task])

    return placed(work, count)


def _spread(session: Any, work: Run, divided: Sequence[Task], into: tuple[Tally, Store]) -> list[Match]:
    """Read all files and match all hits."""
    kept = [found := _kept(_mapped(session, Scan(work), divided))]
    if any(task.piece is not None for task in divided):
        parts = found.where("what = 'parts'").repartition("bucket").sortWithinPartitions("bucket", "event")
        kept.append(whole := _kept(parts.groupBy("bucket").applyInArrow(_iterating(Joining(work)), DDL)))
        found = found.union(whole)
    kept.append(matched := _kept(_matched(found.where("what = 'hits'"), work)))
    matches = [m for rows in (found, matched) for m in _taken(rows, *into)]
    for rows in kept:
        rows.unpersist()
    # As one machine finds them.
    return sorted(
        matches, key=lambda m: (m.query, [-1 if e is None else e for e in reversed(m.events)], sortable(m.key))
    )


def _matched(hits: Any, work: Run) -> Any:
    """Hits, wherever they are, to matches: those of one query and bucket go to one machine, and are sorted there."""
    together = hits.repartition("query", "bucket").sortWithinPartitions("query", "bucket", "time_ns")
    return together.groupBy("query", "bucket").applyInArrow(_iterating(Matching(work)), DDL)


def _taken(rows: Any, tally: Tally, store: Store) -> Iterator[Match]:
    """Gives matches; all else is taken in."""
    for what, query, content in _collected(rows.where("what not in ('hits', 'parts')")):
        if what == "match":
            yield match_of(query, content)
        elif what == "tally":
            tally.add(tally_of(content))
        else:
            store.imported(content)


def _fetch(session: Any, work: Run, divided: Iterable[Task], matches: Iterable[Match], store: Store) -> None:
    """Fetch the whole records of matches that are not there yet."""
    lacking = _lacking(matches, store)
    if not lacking:
        return
    listed = [(task, events) for task, events in _tasks_of(divided, files_of(lacking))]
    rows = _kept(_mapped(session, Fetch(work), *zip(*listed, strict=True)))
    for _, _, content in _collected(rows):
        store.imported(content)
    rows.unpersist()


def _lacking(matches: Iterable[Match], store: Store) -> set[int]:
    """The events of matches of which there are no records."""
    known = {event for (event,) in store.database.execute("select event from event")}
    return {event for match in matches for event in match.events if event is not None} - known


def _tasks_of(divided: Iterable[Task], wanted: Mapping[int, list[int]]) -> Iterator[tuple[Task, list[int]]]:
    """What to read, and which events of it, for some events by file."""
    cut: dict[int, list[Task]] = {}
    for task in divided:
        for number, path in task.inputs:
            if task.piece is not None:
                cut.setdefault(number, []).append(task)
            elif number in wanted:
                yield Task(((number, path),)), wanted[number]
    for number, pieces in cut.items():
        pieces.sort(key=lambda task: task.piece.start if task.piece else 0)
        starts = [task.piece.position if task.piece else 0 for task in pieces]
        found: dict[int, list[int]] = {}
        for event in wanted.get(number, ()):
            found.setdefault(bisect_right(starts, event - (number << FILE_BITS)) - 1, []).append(event)
        yield from ((pieces[at], events) for at, events in found.items())


def _whole(matches: list[Match], paths: Mapping[int, str], into: tuple[Tally, Store]) -> list[Match]:
    """Without matches of records that could not be read again."""
    tally, store = into
    lacking = _lacking(matches, store)
    for number in files_of(lacking):
        why = "was not the same when it was read again for its records; their alerts are missing"
        tally.problems.fail(printable(paths[number]), why)
    return [m for m in matches if lacking.isdisjoint(m.events)] if lacking else matches


def _mapped(session: Any, work: Any, divided: Sequence[Task], events: Sequence[list[int]] = ()) -> Any:
    """Rows that a step makes of tasks, each in a partition of its own."""
    listed = session.createDataFrame(_table(divided, events))
    return listed.repartitionByRange(min(len(divided), TASKS), "number").mapInArrow(_plain(work), DDL)


def _table(divided: Sequence[Task], events: Sequence[list[int]] = ()) -> pa.Table:
    told = [task_row(task, events[at] if events else ()) for at, task in enumerate(divided)]
    return pa.table({"number": pa.array(range(len(told)), pa.int64()), "task": told})


def _kept(rows: Any) -> Any:
    """Rows, made now, all at once: asked for one after the other they would also be made so."""
    rows = rows.persist()
    rows.count()
    return rows


def _plain(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function, as Spark wants it: it counts the parameters of what it is given, and would count `self`."""

    def plain(given: Any) -> Any:
        return work(given)

    return plain


def _iterating(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same, that says as Spark reads it that it takes and gives batches one by one."""
    from collections.abc import Iterator as Batches  # noqa: PLC0415 - Spark looks at the annotations themselves

    def plain(given: Any) -> Any:
        yield from work(given)

    plain.__annotations__ = {"given": Batches[pa.RecordBatch], "return": Batches[pa.RecordBatch]}
    return plain


def _collected(rows: Any) -> Iterator[tuple[str, int, bytes]]:
    for row in rows.select("what", "query", "content").coalesce(ANSWERS).toLocalIterator():
        yield row["what"], row["query"], bytes(row["content"])
