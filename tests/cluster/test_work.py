"""What the machines of a cluster do, with the rows passed on by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pytest
from tests.material import process, rule, script_block, write

from comtrap.alerts.build import build
from comtrap.alerts.store import Store
from comtrap.cluster.rows import ROWS, match_of, tally_of, tally_row
from comtrap.cluster.run import _tasks_of
from comtrap.cluster.tasks import Task, placed, tasks
from comtrap.cluster.work import Count, Fetch, Joining, Matching, Run, Scan, files_of, task_row
from comtrap.events.parcel import unpacked
from comtrap.events.problems import Problems
from comtrap.rules.compiled import compiled
from comtrap.scan import scan
from comtrap.scanning.part import Tally
from comtrap.sources.pieces import Piece

RULES = (
    rule('process where process.name : "a.exe"', 1),
    rule(
        'sequence by host.id with maxspan=20s [process where process.name : "a.exe"] [process where process.name : "b.exe"]',
        2,
    ),
    rule(
        'sequence by host.id with maxspan=15s [process where process.name : "a.exe"] ![process where process.name : "c.exe"]',
        3,
    ),
    rule('sample by host.id [process where process.name : "a.exe"] [process where process.name : "c.exe"]', 4),
    rule("any where comtrap.powershell.script_block_text : \"*needle*\"", 5),
    rule('process where process.name : "b.exe" | tail 3', 6),
)  # fmt: skip


@pytest.fixture
def paths(tmp_path):
    """Three files whose events interleave in time, so that sequences go from one to another."""
    names = ["a.exe", "b.exe", "c.exe"]
    out = []
    for number in range(3):
        events = [process(n * 3 + number, n * 3 + number, names[(n + number) % 3], host=f"h{n % 2}") for n in range(30)]
        events += [script_block(n, 900 + n, "nee" if n == 1 else "dle", n, 2) for n in (1, 2)]
        out.append(write(tmp_path / f"{number}.ndjson", events))
    return out


def rows(batches):
    return pa.Table.from_batches(list(batches), ROWS).to_pylist()


def tasks_of(paths):
    """Each file as a task of its own."""
    return [Task(((number, path),)) for number, path in enumerate(paths)]


def done(work, *tasks):
    """The rows that a step makes of (task, events)."""
    listed = {"number": list(range(len(tasks))), "task": [task_row(*task) for task in tasks]}
    return rows(work(iter([pa.record_batch(listed)])))


def by_hand(tasks, rules):
    """The alerts, as `cluster.run` has them made."""
    plan, _ = compiled(rules, ())
    run = Run(plan)
    found = [row for task in tasks for row in done(Scan(run), (task,))]
    parts = sorted((row for row in found if row["what"] == "parts"), key=lambda row: row["event"])
    for _, group in groupby(parts, key=lambda row: row["bucket"]):
        found += rows(Joining(run)(iter(pa.Table.from_pylist(list(group), ROWS).to_batches())))
    hits = sorted((row for row in found if row["what"] == "hits"), key=bucket_of)
    for _, group in groupby(hits, key=bucket_of):
        in_time = sorted(group, key=lambda row: row["time_ns"])
        found += rows(Matching(run)(iter(pa.Table.from_pylist(in_time, ROWS).to_batches(max_chunksize=5))))
    store, tally = Store(), Tally()
    matches = list(_taken(found, tally, store))
    lacking = {e for m in matches for e in m.events if e is not None}
    for task, events in _tasks_of(tasks, files_of(lacking)):
        for row in done(Fetch(run), (task, events)):
            store.imported(row["content"])
    matches.sort(key=lambda m: (m.query, [-1 if e is None else e for e in reversed(m.events)]))
    return build(rules, plan, store, None, matches), tally


def _taken(found, tally, store):
    for row in found:
        if row["what"] == "tally":
            tally.add(tally_of(row["content"]))
        elif row["what"] == "record":
            store.imported(row["content"])
        elif row["what"] == "match":
            yield match_of(row["query"], row["content"])


def bucket_of(row):
    return row["query"], row["bucket"]


def told(alerts):
    return [(a.id, a.key, a.count, a.evidence, a.why) for a in alerts]


def cut(paths, piece_bytes):
    """Files in pieces, their positions told."""
    work = tasks(list(enumerate(paths)), {path: Path(path).stat().st_size for path in paths}, piece_bytes)
    counts = [row["content"] for row in done(Count(), *((task,) for task in work))]
    return placed(work, lambda task: int(counts[work.index(task)]))


@pytest.mark.parametrize("piece_bytes", [1 << 30, 2_000])
def test_the_alerts_are_those_of_one_machine(paths, piece_bytes):
    work = cut(paths, piece_bytes)
    assert any(task.piece for task in work) == (piece_bytes == 2_000)
    alerts, tally = by_hand(work, RULES)
    expected = scan(paths, RULES)
    assert told(alerts) == told(expected.alerts)
    assert {a.rule.name for a in alerts} == {f"Rule {n}" for n in range(1, 7)}
    assert (tally.events, tally.reached) == (expected.tally.events, expected.tally.reached)
    assert tally.sources == expected.tally.sources


def test_records_are_fetched_for_matches_of_several_events_only(paths):
    plan, _ = compiled(RULES, ())
    found = done(Scan(Run(plan)), (tasks_of(paths)[0],))
    single = {e for row in found if row["what"] == "match" for e in match_of(row["query"], row["content"]).events}
    sent = {event for row in found if row["what"] == "record" for event, _ in unpacked(row["content"])[1]}
    assert single
    assert sent - single == {31}  # the other part of a script block


def test_hits_of_one_key_are_in_one_bucket_whatever_machine_finds_them(paths):
    plan, _ = compiled(RULES, ())
    buckets = {}
    for task in tasks_of(paths):
        for row in done(Scan(Run(plan)), (task,)):
            if row["what"] == "hits" and row["query"] == 1:
                buckets.setdefault(tuple(row["key"]), set()).add(row["bucket"])
    assert set(buckets) == {("h0",), ("h1",)}
    assert all(len(found) == 1 for found in buckets.values())


def test_a_piece_that_cannot_be_counted_is_told(tmp_path):
    assert done(Count(), (Task(((0, str(tmp_path / "gone")),), Piece(0, 5)),))[0]["content"] == b"-1"


def test_a_tally_arrives_as_it_was():
    problems = Problems(Counter(a=1), Counter(b=2), {"x": "y"}, 3, ["z"])
    tally = Tally(5, 4, Counter(sysmon=5), {(1, 0)}, Counter({7: 2}), Counter({8: 3}), problems)
    told = {"read", "reached", "sources", "met", "failures", "removed", "problems"}
    assert {field.name for field in fields(Tally)} == told
    again = tally_of(tally_row(tally))
    assert again == tally
    assert again.problems.fallback == 3
