"""Documents as Parquet."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from comtrap.errors import SourceError
from comtrap.scanning.writers import parquet
from comtrap.scanning.writers.parquet import Writer
from comtrap.scanning.writers.writer import Target
from comtrap.sources.parquet_rows import REST, UNFIT

DOCUMENTS = [
    {
        "@timestamp": "2026-01-05T08:00:00.1234567Z",
        "event": {"code": "1", "category": ["process"]},
        "process": {"pid": 7, "name": "a.exe", "args": ["a", "b"]},
        "winlog": {"event_data": {"Own": "x"}},
    },
    {
        "@timestamp": "2026-01-05T08:00:01Z",
        "event": {"category": "file"},
        "process": {"pid": "x7", "name": ["b", "c"]},
    },
    {
        "unknown": {"list": [{"a": 1}], "n": 1.5},
        "process": {"name": ["d"]},
        "dns": {"answers": [{"data": "1"}, {"data": "2"}]},
    },
]


def write(folder, documents, name="out.parquet"):
    writer = Writer(Target.of(f"{folder}/{name}", []))
    writer.write(json.dumps(document).encode() for document in documents)
    writer.close()
    return folder / name


def test_a_column_has_the_type_of_its_field(tmp_path):
    schema = pq.read_schema(write(tmp_path, DOCUMENTS))

    assert schema.field("@timestamp").type == pa.timestamp("ns", "UTC")
    assert schema.field("process.pid").type == pa.int64()
    assert schema.field("process.name").type == pa.string()
    assert schema.field("event.category").type == pa.list_(pa.field("element", pa.string()))
    assert schema.field("winlog.event_data.Own").type == pa.string()
    assert "unknown.n" not in schema.names
    assert schema.names == [*sorted(schema.names[:-2]), UNFIT, REST]


def test_values_are_in_their_columns_and_what_does_not_fit_beside_them(tmp_path):
    table = pq.read_table(write(tmp_path, DOCUMENTS))

    assert table["@timestamp"].cast(pa.int64()).to_pylist() == [
        1_767_600_000_123_456_700,
        1_767_600_001_000_000_000,
        None,
    ]
    assert table["process.pid"].to_pylist() == [7, None, None]
    assert table["process.name"].to_pylist() == ["a.exe", None, "d"]
    assert table["event.category"].to_pylist() == [["process"], ["file"], None]
    assert table["process.args"].to_pylist() == [["a", "b"], None, None]
    assert table["dns.answers.data"].to_pylist() == [None, None, ["1", "2"]]
    assert [v and json.loads(v) for v in table[UNFIT].to_pylist()] == [
        None,
        {"process.pid": "x7", "process.name": ["b", "c"]},
        None,
    ]
    assert json.loads(table[REST][2].as_py()) == {
        "unknown": DOCUMENTS[2]["unknown"],
        "dns": {"answers": [{"data": "1"}, {"data": "2"}]},
    }


def test_the_type_of_a_column_does_not_depend_on_the_data(tmp_path):
    one = pq.read_schema(write(tmp_path, [DOCUMENTS[0]], "one.parquet"))
    two = pq.read_schema(write(tmp_path, [DOCUMENTS[1]], "two.parquet"))

    assert pa.unify_schemas([one, two])


def test_row_groups_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS", 100)
    file = pq.ParquetFile(write(tmp_path, [{"process": {"pid": n}} for n in range(250)]))
    monkeypatch.setattr(parquet, "TEXT_BYTES", 5_000)
    small = pq.ParquetFile(write(tmp_path, [{"process": {"name": "x" * 1_000}} for _ in range(12)], "small.parquet"))

    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [100, 100, 50]
    assert [small.metadata.row_group(n).num_rows for n in range(small.num_row_groups)] == [4, 4, 4]


def test_names_that_providers_choose_have_so_many_columns_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "NAMES", 5)
    documents = [{"winlog": {"event_data": {f"Own{n}": str(n)}}, "process": {"name": "a"}} for n in range(8)]
    table = pq.read_table(write(tmp_path, documents))

    assert len([name for name in table.schema.names if "event_data" in name]) == 5
    assert json.loads(table[UNFIT][7].as_py()) == {"winlog.event_data.Own7": "7"}
    assert table["process.name"].to_pylist() == ["a"] * 8


def test_a_folder_gets_files_of_one_schema(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS", 2)
    monkeypatch.setattr("comtrap.scanning.writers.writer.PART_EVENTS", 4)
    write(tmp_path, [{"process": {"pid": n}} if n % 2 else {"event": {"code": str(n)}} for n in range(10)], "out/")
    paths = sorted((tmp_path / "out").iterdir())

    assert [(p.name, pq.read_metadata(p).num_rows) for p in paths] == [
        ("part-00000.parquet", 4),
        ("part-00001.parquet", 4),
        ("part-00002.parquet", 2),
    ]
    assert len({str(pq.read_schema(p)) for p in paths}) == 1


def test_nothing_gives_a_file_without_rows(tmp_path):
    assert pq.read_metadata(write(tmp_path, [])).num_rows == 0


@pytest.mark.parametrize("value", [1 << 70, "\ud800", True, 1e300, float("inf"), "", {}, []])
def test_odd_values_end_nothing(tmp_path, value):
    documents = [{"process": {"pid": value, "name": value, "args": [value]}, "@timestamp": value, "x": value}]

    assert pq.read_metadata(write(tmp_path, documents)).num_rows == 1


def test_a_stream_is_refused(tmp_path):
    with pytest.raises(SourceError, match="needs a file"), (tmp_path / "x").open("wb") as out:
        Writer(Target(None, stream=out))
