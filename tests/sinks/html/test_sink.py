from __future__ import annotations

import io
from dataclasses import replace

import pytest
from tests.material import process, rule, write
from tests.sinks.html.many import many
from tests.sinks.html.material import Page

from comtrap.alerts.alert import Suppressed
from comtrap.rules.rule import Severity
from comtrap.scan import scan
from comtrap.sinks.html import Sink
from comtrap.sinks.summary import Summarised


@pytest.fixture
def alerts(tmp_path):
    low = rule("process where true", 2, severity=Severity.LOW, name="Low")
    return list(scan([write(tmp_path / "a.ndjson", [process(0, 1)])], [rule(), low]).alerts)


def written(alerts, **options):
    out = io.StringIO()
    with Sink(out, **options) as sink:
        for alert in alerts:
            sink.write(alert)
    return out.getvalue()


def test_it_takes_a_summary():
    assert isinstance(Sink(io.StringIO()), Summarised)


def test_without_a_summary_there_is_no_word_of_what_was_read(alerts):
    page = Page(written(alerts))
    assert page.wrong == []
    assert "What the input could show" not in page.text


def test_without_alerts_or_summary_it_says_no_alerts():
    assert "No alerts." in Page(written([])).text


def test_nothing_is_written_when_the_run_failed(alerts):
    out = io.StringIO()
    sink = Sink(out)
    sink.write(alerts[0])
    sink.__exit__(ValueError, ValueError("stop"), None)
    assert out.getvalue() == ""


def test_of_too_many_the_worst_are_kept_in_order(alerts):
    page = Page(written(many(alerts, 40), most=20))
    assert "20 alerts more than a report shows" in page.text
    assert {tag["data-n"] for tag in page.of("details") if "data-n" in tag} == {str(n) for n in range(20)}
    assert [tag["class"] for tag in page.of("details") if tag.get("class") == "rule"] == ["rule"]


def test_alerts_that_were_suppressed_are_counted(alerts):
    standing = replace(alerts[0], suppressed=Suppressed((), alerts[0].time_ns, alerts[0].time_ns, 7))
    assert "It stands for 7 alerts that were suppressed." in Page(written([standing])).text
