from __future__ import annotations

import io
import json

import orjson
from tests.material import process, rule, write

from comtrap.alerts.document import document
from comtrap.scan import scan
from comtrap.sinks.ndjson import Sink

SEQUENCE = (
    'sequence by host.id with maxspan=1m [process where process.name : "f.exe"] [process where process.name : "s.exe"]'
)


def lines(tmp_path, *rules, **options):
    path = write(tmp_path / "a.ndjson", [process(1, 1, "f.exe"), process(2, 2, "s.exe")])
    out = io.StringIO()
    with Sink(out, **options) as sink:
        for alert in scan([path], rules).alerts:
            sink.write(alert)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_alert_is_one_line(tmp_path):
    assert [e["stage"] for (made,) in [lines(tmp_path, rule(SEQUENCE))] for e in made["comtrap.evidence"]] == [0, 1]


def test_building_blocks_come_before_their_sequence_if_asked_for(tmp_path):
    made = lines(tmp_path, rule(SEQUENCE), blocks=True)
    assert [line.get("kibana.alert.group.index") for line in made] == [0, 1, None]


def test_no_alerts_are_no_lines(tmp_path):
    assert lines(tmp_path, rule("process where false")) == []


def test_a_file_gets_what_any_other_output_gets(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(1, 1, "füñ.exe"), process(2, 2, "s.exe")])
    alerts = scan([path], [rule("process where true")]).alerts
    text = io.StringIO()
    with (tmp_path / "out").open("w", encoding="utf-8", newline="\n") as file:
        file.write("before\n")
        with Sink(file) as one, Sink(text) as other:
            for alert in alerts:
                one.write(alert)
                other.write(alert)
    assert (tmp_path / "out").read_bytes() == b"before\n" + text.getvalue().encode()


def test_a_line_is_the_document_of_its_alert(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(1, 1, "f.exe")])
    out = io.StringIO()
    (alert,) = scan([path], [rule("process where true")]).alerts
    Sink(out).write(alert)
    assert out.getvalue() == orjson.dumps(document(alert), default=str).decode() + "\n"


def test_a_file_in_another_encoding_keeps_it(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(1, 1, "füñ.exe")])
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "utf-16-le")
    with Sink(out) as sink:
        for alert in scan([path], [rule("process where true")]).alerts:
            sink.write(alert)
    assert "füñ.exe".encode("utf-16-le") in raw.getvalue()
