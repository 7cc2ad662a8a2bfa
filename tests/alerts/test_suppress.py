"""Which alerts stand for which, over whole runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.material import process, rule, write

from comtrap.alerts.document import document
from comtrap.rules.suppression import Suppression
from comtrap.scan import scan

QUERY = "process where true"
SEQUENCE = (
    'sequence by host.id with maxspan=1m [process where process.name : "f.exe"] [process where process.name : "s.exe"]'
)


def found(tmp_path, events, how, query=QUERY, **more):
    result = scan([write(tmp_path / "a.ndjson", events)], [rule(query)], suppression=how, **more)
    return result, [(a.evidence[0].record_id, a.suppressed and a.suppressed.count) for a in result.alerts]


def test_without_suppression_every_alert_is_there(tmp_path):
    result, alerts = found(tmp_path, [process(1, 1), process(2, 2)], None)
    assert alerts == [("1", None), ("2", None)]
    assert result.stats["suppressed"] == 0


def test_the_first_of_those_that_agree_stands_for_all(tmp_path):
    events = [process(1, 1, "a.exe"), process(2, 2, "b.exe"), process(3, 3, "a.exe"), process(4, 4, "a.exe")]
    result, alerts = found(tmp_path, events, Suppression(("process.name",)))
    assert alerts == [("1", 2), ("2", 0)]
    assert (len(result.alerts), result.stats["alerts"], result.stats["suppressed"]) == (2, 2, 2)


def test_which_is_first_is_told_by_time_not_by_the_order_of_reading(tmp_path):
    _, alerts = found(tmp_path, [process(5, 1), process(1, 2)], Suppression(("host.name",)))
    assert alerts == [("2", 1)]


@pytest.mark.parametrize(("seconds", "expected"), [(59, [("1", 1)]), (60, [("1", 0), ("2", 0)])])
def test_the_time_begins_with_the_first_and_ends_before_its_end(tmp_path, seconds, expected):
    how = Suppression(("host.name",), timedelta(minutes=1))
    assert found(tmp_path, [process(0, 1), process(seconds, 2)], how)[1] == expected


def test_after_its_time_the_next_begins_anew(tmp_path):
    how = Suppression(("host.name",), timedelta(seconds=10))
    events = [process(n, n, "cmd.exe") for n in (1, 6, 11, 16, 21, 26)]
    assert found(tmp_path, events, how)[1] == [("1", 1), ("11", 1), ("21", 1)]


def test_events_that_lack_a_field_agree_in_that_or_stand_alone(tmp_path):
    events = [process(1, 1), process(2, 2)]
    assert found(tmp_path, events, Suppression(("file.name",)))[1] == [("1", 1)]
    alone = Suppression(("file.name",), missing="doNotSuppress")
    assert found(tmp_path, events, alone)[1] == [("1", None), ("2", None)]


def test_several_fields_must_all_agree(tmp_path):
    events = [process(1, 1, "a.exe"), process(2, 2, "b.exe"), process(3, 3, "b.exe", host="host2")]
    assert len(found(tmp_path, events, Suppression(("process.name", "host.name")))[1]) == 3


def test_several_values_agree_where_they_are_the_same_in_the_same_order(tmp_path):
    lines = ["x /a /b", "x /b /a", "x /a /b"]
    events = [process(n, n, CommandLine=line) for n, line in enumerate(lines, 1)]
    assert found(tmp_path, events, Suppression(("process.args",)))[1] == [("1", 1), ("2", 0)]


def test_of_a_sequence_only_what_its_events_share_has_a_value(tmp_path):
    events = [process(n, n, name) for n, name in enumerate(["f.exe", "s.exe", "f.exe", "s.exe"], 1)]
    assert found(tmp_path, events, Suppression(("host.name",)), SEQUENCE)[1] == [("1", 1)]
    differing = Suppression(("process.name",), missing="doNotSuppress")
    assert found(tmp_path, events, differing, SEQUENCE)[1] == [("1", None), ("3", None)]


def test_the_rules_own_suppression_goes_before_that_of_the_run(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(1, 1, "a.exe"), process(2, 2, "b.exe")])
    own = rule(QUERY, suppression=Suppression(("process.name",)))
    assert len(scan([path], [own], suppression=Suppression(("host.name",))).alerts) == 2


def test_the_document_says_what_it_stands_for_as_kibanas_does(tmp_path):
    result, _ = found(tmp_path, [process(1, 1), process(3, 2)], Suppression(("host.name", "file.name")))
    told = document(result.alerts[0])
    assert told["kibana.alert.suppression.terms"] == [
        {"field": "host.name", "value": "host1"},
        {"field": "file.name", "value": None},
    ]
    assert told["kibana.alert.suppression.docs_count"] == 1
    assert told["kibana.alert.suppression.start"] == "2026-01-05T08:00:01.000Z"
    assert told["kibana.alert.suppression.end"] == "2026-01-05T08:00:03.000Z"


def test_values_of_megabytes_are_compared_whole_and_not_told(tmp_path):
    events = [process(n, n, CommandLine="x" * 200_000 + end) for n, end in enumerate("aba", 1)]
    result, alerts = found(tmp_path, events, Suppression(("process.command_line",)))
    assert alerts == [("1", 1), ("2", 0)]
    assert result.alerts[0].suppressed.terms == ()
