from __future__ import annotations

import io

from tests.material import process, rule, write

from comtrap.scan import scan
from comtrap.sinks.line import LONGEST, Sink


def lines(tmp_path, *events):
    out = io.StringIO()
    with Sink(out) as sink:
        for alert in scan([write(tmp_path / "a.ndjson", events)], [rule("process where true")]).alerts:
            sink.write(alert)
    return out.getvalue().splitlines()


def test_an_alert_is_one_line(tmp_path):
    assert lines(tmp_path, process(1, 1)) == ["2026-01-05T08:00:01.000Z  HIGH      host1  Rule 1: cmd.exe /c whoami"]


def test_a_value_cannot_forge_a_line_and_a_long_one_is_cut(tmp_path):
    (line,) = lines(tmp_path, process(1, 1, CommandLine="x\n2026 forged " + "y" * 1_000))
    assert line.endswith("y…")
    assert len(line) < LONGEST + 100
