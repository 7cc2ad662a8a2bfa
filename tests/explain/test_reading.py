"""Reading batch by batch, and counting what was there."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from tests.explain.material import starts
from tests.material import event, write

from comtrap.explain import reading
from comtrap.explain.reading import Seen, chunks, positions, tally, with_value
from comtrap.explain.sighting import COLUMNS, sightings
from comtrap.sources.progress import Progress


def all_chunks(*paths: str) -> tuple[list[reading.Chunk], Seen]:
    seen = Seen()
    return list(chunks(paths, COLUMNS, seen, Progress())), seen


@pytest.mark.parametrize("rows", [1, 3, 50_000])
def test_events_come_in_the_order_of_their_numbers(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(reading, "ROWS", rows)
    found, seen = all_chunks(write(tmp_path / "a.ndjson", starts()), write(tmp_path / "b.ndjson", starts()))

    assert sum(len(chunk.batch) for chunk in found) == seen.read == 16
    assert seen.files == 2


def test_what_was_there_is_counted(tmp_path):
    odd = event(13, 60, 9, TargetObject="a")
    seen = all_chunks(write(tmp_path / "a.ndjson", [*starts(), odd]))[1]

    assert seen.categories == {"process": 8, "configuration": 1, "registry": 1}
    assert seen.indices == {"logs-windows.sysmon_operational-default": 9}
    assert seen.last_ns == 1767600060 * 1_000_000_000


def test_what_cannot_be_read_is_unusable_alone(tmp_path):
    good = write(tmp_path / "a.ndjson", [])
    assert not all_chunks(str(tmp_path / "none"))[1].usable
    assert all_chunks(str(tmp_path / "none"), good)[1].usable


def test_only_so_many_values_are_told_apart(monkeypatch):
    monkeypatch.setattr(reading, "KINDS", 2)
    counts: Counter[str] = Counter()
    tally(counts, pa.array(["a", "b", "c", None, "a"]))
    tally(counts, pa.array([["b", "d"], None, []]))
    assert (len(counts), counts["a"], counts["b"]) == (2, 2, 2)


def test_rows_with_a_value_are_counted():
    assert with_value(pa.array(["a", None, ""])) == 2
    assert with_value(pa.array([["a", "b"], [], None])) == 1
    assert with_value(pa.array([], pa.string())) == 0


def test_positions_are_those_of_files(tmp_path):
    (chunk,), _ = all_chunks(write(tmp_path / "a.ndjson", starts()), write(tmp_path / "b.ndjson", starts()))
    rows = positions(chunk, frozenset({2, 5, 99}))

    assert [(e.event.path[-8:], e.event.position) for e in sightings(chunk.batch, rows.tolist(), chunk.raws)] == [
        ("a.ndjson", 2),
        ("a.ndjson", 5),
        ("b.ndjson", 2),
        ("b.ndjson", 5),
    ]


def test_an_event_is_told_by_its_place_host_and_source(tmp_path):
    (chunk,), _ = all_chunks(write(tmp_path / "a.ndjson", starts()))
    (one,) = sightings(chunk.batch, [0], chunk.raws)

    assert one.event.place == f"{tmp_path / 'a.ndjson'} #0, record 1"
    assert (one.event.host, one.event.provider, one.event.code) == ("host1", "Microsoft-Windows-Sysmon", "1")
    assert one.event.category == ("process",)
    assert len(one.batch) == 1
