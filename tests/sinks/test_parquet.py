from __future__ import annotations

import io
import json

import pyarrow.parquet as pq
import pytest
from tests.material import START, process, rule, write

from comtrap.errors import PluginError
from comtrap.scan import scan
from comtrap.sinks import ndjson, parquet
from comtrap.sinks.row import row


def alerts(tmp_path, count=5):
    events = [process(n, n, f"{n}.exe") for n in range(count)]
    return scan([write(tmp_path / "a.ndjson", events)], [rule("process where true")]).alerts


def table(path, found, sink=parquet.Sink):
    with path.open("w", encoding="utf-8") as out:
        with sink(out) as writer:
            for alert in found:
                writer.write(alert)
        assert not out.closed
    return pq.read_table(path) if sink is parquet.Sink else path.read_text("utf-8").splitlines()


def test_an_alert_is_a_row_with_its_document(tmp_path):
    found = alerts(tmp_path)
    made = table(tmp_path / "alerts.parquet", found)
    assert made.num_rows == 5
    lines = table(tmp_path / "alerts.ndjson", found, ndjson.Sink)
    assert [json.loads(text) for text in made.column("document").to_pylist()] == [json.loads(line) for line in lines]
    assert made.column("alert_id").to_pylist() == [a.id for a in found]
    assert made.column("process").to_pylist() == [row(a)["process"] for a in found]


def test_times_and_numbers_are_no_text(tmp_path):
    made = table(tmp_path / "alerts.parquet", alerts(tmp_path))
    assert made.column("time")[0].as_py() == START
    assert made.column("position").to_pylist() == list(range(5))


def test_no_alerts_give_a_table_without_rows(tmp_path):
    made = table(tmp_path / "alerts.parquet", [])
    assert made.schema.equals(parquet.SCHEMA)
    assert made.num_rows == 0


def test_row_groups_are_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS", 2)
    made = table(tmp_path / "alerts.parquet", alerts(tmp_path))
    assert made.num_rows == 5
    assert pq.ParquetFile(tmp_path / "alerts.parquet").num_row_groups == 3


def test_what_takes_text_only_is_refused():
    with pytest.raises(PluginError, match="write it to a file, with --output FILE"):
        parquet.Sink(io.StringIO())
