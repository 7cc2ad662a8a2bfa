"""A million events of many hosts, and rules whose sequences have their events in several files; the same every time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.material import rule

START_NS = 1_767_600_000 * 10**9
NAMES = np.array(["svchost.exe", "a.exe", "b.exe", "c.exe", "d.exe", "e.exe"])
SHARES = (0.9698, 0.01, 0.01, 0.01, 0.0001, 0.0001)
A, B, C, D, E = (f'[process where process.name : "{letter}.exe"]' for letter in "abcde")
RULES = {
    "a sequence": f"sequence by host.id with maxspan=2m {A} {B}",
    "a sequence of two keys": f"sequence by host.id, user.name with maxspan=20m {A} {B} {C}",
    "a sequence that something ends": f"sequence by host.id with maxspan=10m {A} {B} {C} until {D}",
    "a sequence without maxspan": f"sequence by host.id {D} {E}",
    "a missing event between": f"sequence by host.id with maxspan=90s {A} !{C} {B}",
    "a missing event after": f"sequence by host.id with maxspan=5m {D} !{A}",
    "a missing event before": f"sequence by host.id with maxspan=5m !{B} {E}",
    "a sample": f"sample by host.id {D} {E}",
    "the last of sequences": f"sequence by host.id with maxspan=10m {B} {A} | tail 30",
    "a single event": 'process where process.name : "d.exe"',
}


def rules():
    return [rule(text, number, name=name) for number, (name, text) in enumerate(RULES.items(), 1)]


def estate(folder, count=1_000_000, hosts=200, files=10):
    """Parquet files of events, ten a second, each in another file than those before and after it; half are of one host."""
    chance = np.random.default_rng(8)
    host = np.where(chance.random(count) < 0.5, 0, chance.integers(1, hosts, count))
    # What rules look for is rarer on the host with half of all events.
    rare = (host > 0) | (chance.random(count) < 8 / hosts)
    name = np.where(rare, chance.choice(len(NAMES), count, p=SHARES), 0)
    time_ns = START_NS + np.arange(count) // 2 * 200_000_000  # two of each time
    frame = {
        "@timestamp": pa.array(time_ns, pa.timestamp("ns", "UTC")),
        "event.category": pa.repeat("process", count),
        "event.type": pa.repeat("start", count),
        "event.kind": pa.repeat("event", count),
        "host.id": pa.array([f"h{n:03d}" for n in range(hosts)]).take(pa.array(host)),
        "host.name": pa.array([f"h{n:03d}" for n in range(hosts)]).take(pa.array(host)),
        "user.name": pa.array(["ann", "bob", "eve"]).take(pa.array(chance.integers(0, 3, count))),
        "process.name": pa.array(NAMES).take(pa.array(name)),
        "process.pid": pa.array(np.arange(count) % 60_000),
    }
    table = pa.table(frame)
    folder.mkdir()
    for number in range(files):
        rows = table.take(pa.array(np.arange(number, count, files)))
        pq.write_table(rows, folder / f"{number}.parquet", row_group_size=-(-count // files // 4))
    return folder
