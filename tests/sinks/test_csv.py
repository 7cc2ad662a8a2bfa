from __future__ import annotations

import csv
import io

import pytest
from tests.material import process, rule, write

from comtrap.scan import scan
from comtrap.sinks.csv import Sink
from comtrap.sinks.row import COLUMNS


def table(tmp_path, *events, query="process where true"):
    out = io.StringIO()
    with Sink(out) as sink:
        for alert in scan([write(tmp_path / "a.ndjson", events)], [rule(query)]).alerts:
            sink.write(alert)
    return list(csv.reader(io.StringIO(out.getvalue())))


def test_the_first_line_names_the_columns_also_without_alerts(tmp_path):
    assert table(tmp_path, process(1, 1), query="process where false") == [list(COLUMNS)]


def test_an_alert_is_one_row_whatever_its_values_hold(tmp_path):
    line = 'a,"b"\r\nc;d\x00\x1b[31m'
    head, found = table(tmp_path, process(1, 1, CommandLine=line))
    assert dict(zip(head, found, strict=True))["command_line"] == 'a,"b" c;d\\u{0}\\u{1b}[31m'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\u00a0=", "\uff1d", "\r\n="])
def test_no_cell_starts_a_formula(tmp_path, start):
    line = f"{start}cmd|' /C calc'!A0"
    for cell in table(tmp_path, process(1, 1, "x.exe", CommandLine=line, User=line, ParentCommandLine=line))[1]:
        assert cell.strip()[:1] not in {"=", "+", "-", "@", "\uff1d"}
