"""Parquet files of ECS events, as they are read."""

from __future__ import annotations

import json
import os
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.sources.reading import field, file_rows

from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.sources import parquet, parquet_rows
from comtrap.sources.child import packed
from comtrap.sources.read import read

TIME = datetime(2026, 1, 5, 8, 0, 0, 123000, UTC)
SYSMON = "Microsoft-Windows-Sysmon"


def written(folder, columns, name="events.parquet", **options):
    path = folder / name
    pq.write_table(pa.table(columns), path, **options)
    return path


def events(path, wanted=None):
    """The rows that are read, and what was wrong."""
    problems = Problems()
    names = None if wanted is None else Wanted(frozenset(wanted))
    batches = list(read(str(path), 0, names, problems))
    found = [
        {"kind": b.kind, **{k: v for k, v in row.items() if v is not None and k != "_source"}}
        for b in batches
        for row in b.frame.to_pylist()
    ]
    return sorted(found, key=lambda row: row["_position"]), problems


ECS = {
    "@timestamp": pa.array([TIME, TIME, None], pa.timestamp("us", "UTC")),
    "winlog.provider_name": [SYSMON, None, None],
    "event.provider": [None, SYSMON.lower(), None],
    "event.code": ["1", "5", None],
    "event.category": [["process"], ["process", "x"], None],
    "process.pid": pa.array([7, None, 9], pa.int32()),
    "process.name": ["a.exe", "b.exe", "c.exe"],
}


@pytest.mark.parametrize("wanted", [None, ["process.name", "process.pid", "event.category"]])
def test_dotted_columns_are_read_and_kinds_told(tmp_path, wanted):
    found, problems = events(written(tmp_path, ECS), wanted)

    assert field(found, "kind") == [(SYSMON, 1), (SYSMON, 5), ("", 0)]
    assert field(found, "process.name") == ["a.exe", "b.exe", "c.exe"]
    assert field(found, "process.pid") == ["7", None, "9"]
    assert field(found, "event.category") == [["process"], ["process", "x"], None]
    assert field(found, "_position") == [0, 1, 2]
    assert problems == Problems()


@pytest.mark.parametrize("wanted", [None, ["process.name", "process.pid", "process.args", "dns.answers.data"]])
def test_nested_columns_are_read_as_dotted_ones(tmp_path, wanted):
    process = [{"name": "a.exe", "pid": 7, "args": ["a", "b"]}, None, {"name": "c.exe", "pid": None, "args": None}]
    answers = [[{"data": "1"}, {"data": "2"}], [], None]
    path = written(
        tmp_path,
        {
            "@timestamp": ECS["@timestamp"],
            "event": [{"code": "1"}] * 3,
            "process": process,
            "dns": [{"answers": a} for a in answers],
        },
    )
    found, _ = events(path, wanted)

    assert field(found, "process.name") == ["a.exe", None, "c.exe"]
    assert field(found, "process.pid") == ["7", None, None]
    assert field(found, "process.args") == [["a", "b"], None, None]
    assert field(found, "dns.answers.data") == [["1", "2"], None, None]


def test_only_what_is_wanted_is_decoded_and_whole_records_can_be_fetched(tmp_path):
    path = written(tmp_path, ECS)
    problems = Problems()
    batches = list(read(str(path), 0, Wanted(frozenset({"process.name"})), problems))

    assert not any("process.pid" in batch.frame.schema.names for batch in batches)
    (first,) = [batch for batch in batches if batch.kind == (SYSMON, 1)]
    whole = first.fetch(np.array([0])).frame
    assert whole["process.pid"].to_pylist() == ["7"]
    assert json.loads(whole["_source"][0].as_py()) == {
        "@timestamp": "2026-01-05T08:00:00.123Z",
        "winlog": {"provider_name": SYSMON},
        "event": {"code": "1", "category": ["process"]},
        "process": {"pid": 7, "name": "a.exe"},
    }


def test_a_file_that_is_gone_when_evidence_is_asked_for_costs_the_evidence_only(tmp_path):
    path = written(tmp_path, ECS)
    problems = Problems()
    first, *_ = read(str(path), 0, Wanted(frozenset({"process.name"})), problems)
    path.unlink()

    assert first.fetch(np.array([0])).frame["process.name"].to_pylist() == ["a.exe"]
    assert problems.notes == {"evidence cut short": 1}


VALUES = {
    "moment in nanoseconds": (pa.array([1_767_600_000_123_456_700], pa.timestamp("ns", "UTC")), "2026-01-05T08:00:00.1234567Z"),
    "moment in milliseconds": (pa.array([1_767_600_000_100], pa.timestamp("ms")), "2026-01-05T08:00:00.100Z"),
    "moment in seconds": (pa.array([1_767_600_000], pa.timestamp("s", "Europe/Berlin")), "2026-01-05T08:00:00.000Z"),
    "moment long ago": (pa.array([-62_135_596_800], pa.timestamp("s")), "0001-01-01T00:00:00.000Z"),
    "date": (pa.array([date(2026, 1, 5)]), "2026-01-05"),
    "boolean": (pa.array([True]), "true"),
    "double": (pa.array([1.5]), "1.5"),
    "long": (pa.array([-(1 << 63)]), str(-(1 << 63))),
    "decimal": (pa.array([Decimal("1.50")]), "1.50"),
    "bytes that are text": (pa.array([b"a\xc3\xa9"]), "a\u00e9"),
    "bytes": (pa.array([b"\xff"]), "/w=="),
    "dictionary": (pa.array(["x"]).dictionary_encode(), "x"),
    "large text": (pa.array(["x"], pa.large_string()), "x"),
    "list of numbers": (pa.array([[1, None, 2]]), ["1", None, "2"]),
    "list of lists": (pa.array([[["a"], [], ["b", "c"]]]), ["a", "b", "c"]),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_every_type_has_a_text(tmp_path, name):
    column, expected = VALUES[name]
    path = written(tmp_path, {"@timestamp": ["2026-01-05T08:00:00Z"], "event.code": ["1"], "x": column})
    found, problems = events(path, ["x", "x.key"])
    whole, _ = events(path)

    assert found[0].get("x") == expected
    assert len(whole) == 1
    assert not problems.failed


def test_maps_are_lists_of_keys_and_values(tmp_path):
    pairs = pa.array([[("k", 1), ("l", None)], None, []], pa.map_(pa.string(), pa.int64()))
    found, _ = events(
        written(tmp_path, {"@timestamp": ["x"] * 3, "event.code": ["1"] * 3, "x": pairs}), ["x.key", "x.value"]
    )

    assert field(found, "x.key") == [["k", "l"], None, None]
    assert field(found, "x.value") == [["1", None], None, None]


def test_records_of_other_forms_are_told_by_what_they_have(tmp_path):
    path = written(
        tmp_path, {"Channel": ["Security"], "EventID": [4688], "Hostname": ["host1"], "NewProcessName": ["a.exe"]}
    )
    found, _ = events(path)

    assert found[0]["kind"] == ("Microsoft-Windows-Security-Auditing", 4688)
    assert found[0]["winlog.event_data.NewProcessName"] == "a.exe"


def test_positions_run_on_over_row_groups_and_kinds_come_together(tmp_path):
    count = 5_000
    codes = [str(n % 3) for n in range(count)]
    path = written(
        tmp_path,
        {
            "@timestamp": [TIME] * count,
            "event.provider": [SYSMON] * count,
            "event.code": codes,
            "n": list(map(str, range(count))),
        },
        row_group_size=700,
    )
    batches = list(read(str(path), 3, Wanted(frozenset({"n"})), Problems()))

    assert sorted(batch.kind[1] for batch in batches) == [0, 1, 2]
    for batch in batches:
        assert batch.frame["_position"].to_pylist() == list(range(batch.kind[1], count, 3))
        assert batch.frame["n"].to_pylist() == [str(n) for n in range(batch.kind[1], count, 3)]


def test_a_member_of_an_archive_is_read_and_no_copy_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "temporary").mkdir()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(written(tmp_path, ECS), "b.parquet")
    batches = list(read(str(tmp_path / "a.zip"), 0, Wanted(frozenset()), Problems()))

    assert {batch.origin.member for batch in batches} == {"b.parquet"}
    assert batches[0].fetch(np.array([0])).frame["process.name"].to_pylist() == ["a.exe"]
    batches.clear()
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("part", [5, 0.3, 0.9])
def test_a_file_that_is_cut_off_is_said(tmp_path, part):
    data = written(tmp_path, ECS).read_bytes()
    found, problems = file_rows(tmp_path, data[: int(part if part > 1 else len(data) * part)])

    assert found == []
    assert "broken Parquet file" in problems.failed[f"{tmp_path}/events"]


def test_damage_within_costs_the_file_only(tmp_path):
    data = bytearray(written(tmp_path, {**ECS, "process.name": [os.urandom(200).hex() for _ in range(3)]}).read_bytes())
    for at in range(4, len(data) // 2, 7):
        data[at] ^= 0xFF
    _, problems = file_rows(tmp_path, bytes(data))

    assert list(problems.failed) == [f"{tmp_path}/events"]


def test_more_rows_than_bytes_are_not_read(tmp_path):
    path = written(tmp_path, {"@timestamp": pa.nulls(50_000), "event.code": pa.nulls(50_000)})
    _, problems = events(path)

    assert "claims 50,000 rows" in problems.failed[str(path)]


def test_a_row_that_is_too_long_costs_itself(tmp_path):
    long = ["x", "y" * (17 << 20), "z"]
    for wanted in (None, ["process.name"]):
        found, problems = events(written(tmp_path, {**ECS, "process.name": long}), wanted)

        assert field(found, "process.name") == ["x", "z"]
        assert field(found, "_position") == [0, 2]
        assert problems.skipped == {"too long": 1}


def test_a_text_that_repeats_in_every_row_is_never_unpacked_all_at_once(tmp_path):
    count = 600
    text = "a" * (1 << 20)
    names = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([text]))
    path = written(tmp_path, {"@timestamp": [TIME] * count, "event.code": ["1"] * count, "process.name": names})
    assert path.stat().st_size < 1 << 20
    request = packed([os.fsencode(path), b'[0, null, ["process.name"], null]'])
    sizes = [len(answer) for answer in parquet_rows.frames(request)]

    assert len(sizes) > 10
    assert max(sizes) < parquet_rows.TOGETHER_BYTES + (2 << 20)


def test_values_that_did_not_fit_their_column_are_found_again(tmp_path):
    unfit = ['{"process.pid": "0x1F"}', '{"process.name": ["a", "b"], "event.code": 7}', "not json"]
    columns = {
        **ECS,
        "process.pid": pa.nulls(3, pa.int64()),
        "process.name": [None, None, "c.exe"],
        parquet.UNFIT: unfit,
    }
    found, _ = events(written(tmp_path, columns), ["process.pid", "process.name"])

    assert field(found, "process.pid") == ["0x1F", None, None]
    assert field(found, "process.name") == [None, ["a", "b"], ["c.exe"]]


def test_too_many_columns_are_not_read(tmp_path, monkeypatch):
    path = written(tmp_path, {f"c{n}": ["x"] for n in range(50)})
    monkeypatch.setattr(parquet_rows, "COLUMNS", 40)
    with pytest.raises(Exception, match="Parquet file"):
        parquet_rows.described(os.fsencode(path))
