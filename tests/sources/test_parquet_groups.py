"""Row groups: which of their columns are decoded, counted; and files in pieces of them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.material import START, rule

from comtrap.alerts.store import Store
from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.plan.extent import Extent
from comtrap.rules.compiled import compiled
from comtrap.scan import scan
from comtrap.scanning import part as part_of_run
from comtrap.scanning.part import Part, Tally
from comtrap.sources import parquet, parquet_rows
from comtrap.sources.child import packed
from comtrap.sources.pieces import pieces, positions
from comtrap.sources.read import read

CATEGORIES = ["process", "registry", "network", None, ["file", "process"], "registry"]
"""One row group each."""
EACH = 100


def logs(folder, categories=CATEGORIES, code="9999"):
    """A file of so many row groups, an hour each."""
    count = len(categories) * EACH
    listed = [c if isinstance(c, list) else None if c is None else [c] for c in categories for _ in range(EACH)]
    columns = {
        "@timestamp": pa.array([START + timedelta(hours=n // EACH, seconds=n % EACH) for n in range(count)], pa.timestamp("ms", "UTC")),
        "event.category": pa.array(listed, pa.list_(pa.string())),
        "event.code": [code] * count,
        "event.kind": ["event"] * count,
        "host.id": [f"h{n % 3}" for n in range(count)],
        "process.name": [f"{n % 7}.exe" for n in range(count)],
        "process.command_line": [f"{n} " * 20 for n in range(count)],
        "registry.path": [f"HKLM\\{n}" for n in range(count)],
    }  # fmt: skip
    path = folder / "logs.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=EACH)
    return str(path)


def decoded(path, query, monkeypatch):
    """Which columns are decoded of which row groups to run a query, categories and codes alone left out."""
    plan, _ = compiled([rule(query)], ())
    with Store() as store:
        wanted = Part(plan, store, Tally()).wanted
    names = orjson.loads(parquet_rows.described(os.fsencode(path)))["names"]
    asked = frozenset(names) & (wanted.columns | parquet.ALWAYS)
    told = []
    once = pq.ParquetFile.iter_batches

    def spied(file, rows, groups, columns=None):
        told.append((groups[0], frozenset(columns)))
        return once(file, rows, groups, columns)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spied)
    request = orjson.dumps([0, None, sorted(asked), parquet._others(wanted, asked)])
    list(parquet_rows.frames(packed([os.fsencode(path), request])))
    monkeypatch.undo()
    return {g: frozenset().union(*(c for _, c in some)) for g, some in groupby(told, key=lambda one: one[0])}


def test_only_columns_of_the_plan_are_decoded(tmp_path, monkeypatch):
    found = decoded(logs(tmp_path), 'any where process.name : "1.exe"', monkeypatch)
    assert len(found) == len(CATEGORIES)
    assert all("process.name" in columns for columns in found.values())
    assert not any(columns & {"process.command_line", "registry.path"} for columns in found.values())


def test_row_groups_of_other_categories_are_only_counted(tmp_path, monkeypatch):
    found = decoded(logs(tmp_path), 'process where process.name : "1.exe"', monkeypatch)
    assert [g for g, columns in found.items() if "process.name" in columns] == [0, 3, 4]


def test_row_groups_of_other_times_are_only_counted(tmp_path, monkeypatch):
    query = 'any where process.name : "1.exe" and @timestamp >= "2026-01-05T09:00:00Z" and @timestamp < "2026-01-05T10:30:00Z"'
    found = decoded(logs(tmp_path), query, monkeypatch)
    assert [g for g, columns in found.items() if "process.name" in columns] == [1, 2]


def test_row_groups_with_parts_of_scripts_are_read_whatever_their_times(tmp_path, monkeypatch):
    query = 'any where process.name : "1.exe" and @timestamp < "2026-01-05T08:30:00Z"'
    found = decoded(logs(tmp_path, code="4104"), query, monkeypatch)
    assert all("process.name" in columns for columns in found.values())


@pytest.mark.parametrize(
    "query",
    [
        'process where process.name : "1.exe"',
        'process where process.name : "1.exe" and @timestamp >= "2026-01-05T12:00:00Z"',
        'sequence by host.id with maxspan=9s [process where process.name : "1.exe"] [process where process.name : "4.exe"]',
    ],
)
def test_alerts_and_counts_are_those_of_everything_decoded(tmp_path, monkeypatch, query):
    path = logs(tmp_path)
    found = scan([path], [rule(query)])
    monkeypatch.setattr(part_of_run, "extent", lambda _plan: Extent(None, None, None))
    expected = scan([path], [rule(query)])
    assert [(a.id, a.evidence) for a in found.alerts] == [(a.id, a.evidence) for a in expected.alerts]
    assert len(found.alerts) > 10
    assert found.tally == expected.tally
    assert found.tally.events == len(CATEGORIES) * EACH


def placed(path, size_bytes):
    """A file's pieces, their positions told."""
    cut = pieces(path, size_bytes)
    counts = [positions(path, piece) for piece in cut]
    return [replace(piece, position=sum(counts[:n])) for n, piece in enumerate(cut)]


@pytest.mark.parametrize("wanted", [None, Wanted(frozenset({"process.name"}))])
@pytest.mark.parametrize("size_bytes", [500, 5_000, 20_000])
def test_each_row_is_in_one_piece_and_keeps_its_number(tmp_path, size_bytes, wanted):
    path = logs(tmp_path)
    cut = placed(path, size_bytes)
    assert len(cut) > 1
    raws = [raw for piece in cut for raw in read(path, 0, wanted, Problems(), piece)]
    found = {
        at: name
        for raw in raws
        for at, name in zip(*(raw.frame.column(n).to_pylist() for n in ("_position", "process.name")), strict=True)
    }
    assert found == {n: f"{n % 7}.exe" for n in range(len(CATEGORIES) * EACH)}
    assert sum(len(raw.frame) for raw in raws) == len(found)


def test_so_do_rows_of_other_forms(tmp_path):
    path = str(tmp_path / "other.parquet")
    rows = [{"event_id": str(n), "provider_name": "p"} for n in range(300)]
    pq.write_table(pa.table({"winlog": rows}), path, row_group_size=50)
    problems = Problems()
    raws = [raw for piece in placed(path, 1_000) for raw in read(path, 0, None, problems, piece)]
    found = {
        at: name
        for raw in raws
        for at, name in zip(*(raw.frame.column(n).to_pylist() for n in ("_position", "winlog.event_id")), strict=True)
    }
    assert found == {n: str(n) for n in range(300)}
    assert not problems.failed
