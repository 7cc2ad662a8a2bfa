from __future__ import annotations

from pathlib import Path

from tests.material import process, rule, write

from comtrap.scan import scan
from comtrap.sinks.row import COLUMNS, LONGEST, row, rows

SEQUENCE = (
    'sequence by host.id with maxspan=1m [process where process.name : "f.exe"] [process where process.name : "s.exe"]'
)


def alerts(tmp_path, query, *events):
    return list(scan([write(tmp_path / "a.ndjson", events)], [rule(query)]).alerts)


def test_every_row_has_every_column_in_order(tmp_path):
    (alert,) = alerts(tmp_path, "process where true", process(1, 1))
    assert tuple(row(alert)) == COLUMNS


def test_a_row_says_what_happened_where_and_why(tmp_path):
    (alert,) = alerts(tmp_path, 'process where process.name : "cmd.exe" and not process.name : "x"', process(1, 7))
    told = row(alert)
    assert (told["time"], told["severity"], told["host"]) == ("2026-01-05T08:00:01.000Z", "high", "host1")
    assert (told["process"], told["parent"]) == (r"C:\Windows\System32\cmd.exe", r"C:\Windows\System32\dllhost.exe")
    assert (told["process_id"], told["record_id"], told["position"]) == (1007, "7", 0)
    assert told["why"] == 'process.name : "cmd.exe"'
    assert told["registry_path"] is None


def test_of_a_sequence_a_field_is_that_of_the_last_event_that_has_it(tmp_path):
    (alert,) = alerts(tmp_path, SEQUENCE, process(1, 1, "f.exe"), process(2, 2, "s.exe"))
    told = row(alert)
    assert (told["events"], told["process"]) == (2, r"C:\Windows\System32\s.exe")
    assert [one["process"] for one in rows(alert)] == [r"C:\Windows\System32\f.exe", r"C:\Windows\System32\s.exe"]


def test_a_value_of_megabytes_is_cut(tmp_path):
    (alert,) = alerts(tmp_path, "process where true", process(1, 1, CommandLine="x" * 1_000_000))
    assert row(alert)["command_line"] == "x" * (LONGEST - 1) + "…"


def test_what_would_turn_text_round_is_written_out(tmp_path):
    (alert,) = alerts(tmp_path, "process where true", process(1, 1, CommandLine="a\u202eb\nc"))
    assert row(alert)["command_line"] == "a\\u{202e}b c"


def test_the_page_on_outputs_tells_of_every_column():
    page = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text("utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in page] == []
