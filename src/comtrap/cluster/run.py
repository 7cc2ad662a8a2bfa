"""The run on a cluster: the driver's part."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from comtrap.alerts.store import Store
from comtrap.cluster.rows import DDL, match_of, tally_of
from comtrap.cluster.work import Fetch, Matching, Scan, files_of
from comtrap.errors import PluginError, SourceError
from comtrap.scan import Filled, run
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.walk import STDIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from comtrap.match.hit import Match
    from comtrap.plan.plan import Plan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule
    from comtrap.rules.suppression import Suppression
    from comtrap.scan import Result
    from comtrap.scanning.part import Input, Tally

_RAISED = re.compile(r"(?:Caused by: )?([\w.]*(?:Error|Exception)): (.+)")
TASKS = 4_096  # partitions at most; files beyond that share one


def scan_on(
    cluster: str,
    paths: Iterable[str],
    rules: Sequence[Rule],
    *,
    exceptions: Sequence[ExceptionItem] = (),
    suppression: Suppression | None = None,
    manner: Manner = ORDINARY,
) -> Result:
    """Run every rule over every input, on Spark; the same alerts as `comtrap.scan`.

    A file is what one task reads; the machines must reach it by the path that this one has for it.

    Args:
        cluster: ``local[N]``, ``spark://HOST:PORT`` or ``sc://…``.
        paths: files, folders and archives; not standard input.
        rules: what to look for.
        exceptions: events that rules are not to see.
        suppression: for rules that do not say so themselves.
        manner: how inputs are read.

    Raises:
        PluginError: Spark is not installed, or it is asked for what it cannot do.
        SourceError: the cluster cannot be reached, or has failed.
    """
    named = list(paths)
    if STDIN in named:
        raise PluginError("standard input is on this machine only: it cannot be scanned with --cluster")

    def filled(plan: Plan, inputs: list[Input], tally: Tally) -> Filled:
        session = _session(cluster)
        store = Store()
        try:
            matches = _spread(session, (plan, manner), inputs, tally)
            _fetch(session, (plan, manner), dict(inputs), matches, store)
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in {"pyspark", "py4j", "grpc"}:
                raise
            raise SourceError(f"the cluster failed: {_reason(error)}") from error
        finally:
            session.stop()
        return Filled(store, matches)

    return run(named, rules, filled, exceptions=exceptions, suppression=suppression)


def _session(cluster: str) -> Any:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - large, and an extra of ours
    except ImportError:
        raise PluginError("--cluster needs Spark: pip install 'comtrap[spark]'") from None
    # The machines run this very Python where they are this machine; elsewhere the same one has to be set up.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder: Any = SparkSession.builder
    remote = cluster.startswith("sc://")
    builder = builder.remote(cluster) if remote else builder.master(cluster)
    settings = {
        "spark.app.name": "comtrap",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
        "spark.sql.shuffle.partitions": "64",
        "spark.task.maxFailures": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    for name, value in settings.items() if not remote else ():
        builder = builder.config(name, os.environ.get(f"COMTRAP_{name}", value))
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise SourceError(f"{cluster} cannot be used as a cluster: {_reason(error)}") from error


def _spread(session: Any, work: tuple[Any, ...], inputs: list[tuple[int, str]], tally: Tally) -> list[Match]:
    """Scan all files and match all hits; gives matches by query and last event."""
    if not inputs:
        return []
    listed = pa.table({"number": [n for n, _ in inputs], "path": [p for _, p in inputs]})
    tasks = session.createDataFrame(listed).repartitionByRange(min(len(inputs), TASKS), "number")
    found = tasks.mapInArrow(_plain(Scan(*work)), DDL).persist()
    matches: list[Match] = []
    for what, query, content in _collected(found.where("what <> 'hits'")):
        if what == "tally":
            tally.add(tally_of(content))
        else:
            matches.append(match_of(query, content))
    groups = found.where("what = 'hits'").groupBy("query", "bucket")
    matched = groups.applyInArrow(_plain(Matching(work[0])), DDL)
    matches += [match_of(query, content) for _, query, content in _collected(matched)]
    found.unpersist()
    return sorted(matches, key=lambda m: (m.query, [-1 if e is None else e for e in reversed(m.events)]))


def _fetch(session: Any, work: tuple[Any, ...], paths: dict[int, str], matches: Iterable[Match], store: Store) -> None:
    """Fetch the whole records of matches."""
    files = files_of({event for match in matches for event in match.events if event is not None})
    if not files:
        return
    told = [orjson.dumps(events).decode() for events in files.values()]
    listed = pa.table({"number": list(files), "path": [paths[number] for number in files], "events": told})
    tasks = session.createDataFrame(listed).repartitionByRange(min(len(files), TASKS), "number")
    for _, _, content in _collected(tasks.mapInArrow(_plain(Fetch(*work)), DDL)):
        store.imported(content)


def _plain(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function, as Spark wants it: it counts the parameters of what it is given, and would count `self`."""

    def plain(given: Any) -> Any:
        return work(given)

    return plain


def _collected(rows: Any) -> Iterator[tuple[str, int, bytes]]:
    for row in rows.toLocalIterator():
        yield row["what"], row["query"], bytes(row["content"])


def _reason(error: BaseException) -> str:
    """The line of an error of Spark that says what went wrong: what Python raised on a machine, before what Java says."""
    found = [m for line in str(error).splitlines() if (m := _RAISED.match(line.strip()))]
    python = [m[2] for m in found if "." not in m[1]]
    told = python or [m[2] for m in found] or str(error).strip().splitlines() or [type(error).__name__]
    return told[0][:300]
