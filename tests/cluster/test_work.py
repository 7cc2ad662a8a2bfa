"""What the machines of a cluster do, with the rows passed on by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import orjson
import pyarrow as pa
import pytest
from tests.material import process, rule, script_block, write

from comtrap.alerts.build import build
from comtrap.alerts.store import Store
from comtrap.cluster.rows import ROWS, match_of, tally_of, tally_row
from comtrap.cluster.work import Fetch, Matching, Scan, files_of
from comtrap.events.problems import Problems
from comtrap.rules.compiled import compiled
from comtrap.scan import scan
from comtrap.scanning.part import Tally

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


def by_hand(paths, rules):
    """The alerts, as `cluster.run` has them made."""
    plan, _ = compiled(rules, ())
    tasks = [pa.record_batch({"number": [n], "path": [p]}) for n, p in enumerate(paths)]
    found = [row for task in tasks for row in rows(Scan(plan)(iter([task])))]
    tally = Tally()
    for row in found:
        if row["what"] == "tally":
            tally.add(tally_of(row["content"]))
    matches = [match_of(row["query"], row["content"]) for row in found if row["what"] == "match"]
    groups = {}
    for row in found:
        if row["what"] == "hits":
            groups.setdefault((row["query"], row["bucket"]), []).append(row)
    for group in groups.values():
        told = Matching(plan)(pa.Table.from_pylist(group, ROWS)).to_pylist()
        matches += [match_of(row["query"], row["content"]) for row in told]
    store = Store()
    chosen = files_of({e for m in matches for e in m.events if e is not None})
    for number, events in chosen.items():
        task = pa.record_batch({"number": [number], "path": [paths[number]], "events": [orjson.dumps(events).decode()]})
        for row in rows(Fetch(plan)(iter([task]))):
            store.imported(row["content"])
    matches.sort(key=lambda m: (m.query, [-1 if e is None else e for e in reversed(m.events)]))
    return build(rules, plan, store, None, matches), tally


def told(alerts):
    return [(a.id, a.key, a.count, a.evidence, a.why) for a in alerts]


def test_the_alerts_are_those_of_one_machine(paths):
    alerts, tally = by_hand(paths, RULES)
    expected = scan(paths, RULES)
    assert told(alerts) == told(expected.alerts)
    assert {a.rule.name for a in alerts} == {f"Rule {n}" for n in range(1, 7)}
    assert (tally.events, tally.reached) == (expected.tally.events, expected.tally.reached)
    assert tally.sources == expected.tally.sources


def test_hits_of_one_key_are_in_one_bucket_whatever_machine_finds_them(paths):
    plan, _ = compiled(RULES, ())
    buckets = {}
    for number, path in enumerate(paths):
        for row in rows(Scan(plan)(iter([pa.record_batch({"number": [number], "path": [path]})]))):
            if row["what"] == "hits" and row["query"] == 1:
                for key in pa.ipc.open_stream(row["content"]).read_all().column("key").to_pylist():
                    buckets.setdefault(tuple(key), set()).add(row["bucket"])
    assert set(buckets) == {("h0",), ("h1",)}
    assert all(len(found) == 1 for found in buckets.values())


def test_too_many_hits_of_a_key_are_refused_with_what_to_do(paths, monkeypatch):
    plan, _ = compiled(RULES, ())
    found = rows(Scan(plan)(iter([pa.record_batch({"number": [0], "path": [paths[0]]})])))
    hits = [row for row in found if row["what"] == "hits" and row["query"] == 1][:1]
    monkeypatch.setattr("comtrap.cluster.work.MOST", 3)
    with pytest.raises(ValueError, match="more than 3: narrow its stages"):
        Matching(plan)(pa.Table.from_pylist(hits, ROWS))


def test_a_tally_arrives_as_it_was():
    problems = Problems(Counter(a=1), Counter(b=2), {"x": "y"}, 3, ["z"])
    tally = Tally(5, 4, Counter(sysmon=5), {(1, 0)}, Counter({7: 2}), problems)
    assert {field.name for field in fields(Tally)} == {"read", "reached", "sources", "met", "failures", "problems"}
    again = tally_of(tally_row(tally)[3])
    assert again == tally
    assert again.problems.fallback == 3
