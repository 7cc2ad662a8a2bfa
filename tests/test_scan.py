from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.material import process, rule, script_block, write
from tests.stopping import Stopping

import comtrap
from comtrap.alerts.document import document
from comtrap.scan import scan

SEQUENCE = """
sequence by host.id with maxspan=1m
  [process where process.name : "first.exe"]
  [process where process.name : "second.exe"]
"""


def found(paths, *rules, **more):
    """Rule numbers, and positions of the events, of each alert."""
    result = scan(list(map(str, paths)), rules or (rule(),), **more)
    return [(a.rule.id.int, [e.position for e in a.evidence]) for a in result.alerts]


def ids(path, *rules):
    return [a.id for a in scan([str(path)], rules or (rule(),)).alerts]


def test_an_event_that_a_rule_describes_is_an_alert(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(0, 1, parent="explorer.exe"), process(1, 2)])
    (alert,) = scan([path], [rule()]).alerts
    (evidence,) = alert.evidence
    assert (evidence.path, evidence.member, evidence.position) == (path, None, 1)
    assert (evidence.record_id, evidence.host, evidence.stage) == ("2", "host1", 0)
    assert evidence.channel == "Microsoft-Windows-Sysmon/Operational"
    assert evidence.event["process"]["name"] == "cmd.exe"


def test_scan_is_public():
    assert comtrap.scan is scan


def test_alerts_are_sorted_by_time_whatever_the_order_of_records(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(9, 1), process(3, 2), process(6, 3)])
    assert found([path]) == [(1, [1]), (1, [2]), (1, [0])]


def test_alerts_of_one_time_are_sorted_by_rule(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(0, 1)])
    assert found([path], rule(number=7), rule(number=3)) == [(3, [0]), (7, [0])]


def test_a_sequence_may_span_files_and_its_evidence_is_in_stage_order(tmp_path):
    write(tmp_path / "b.ndjson", [process(1, 1, "first.exe")])
    write(tmp_path / "a.ndjson", [process(0, 2, "other.exe"), process(2, 3, "second.exe")])
    (alert,) = scan([str(tmp_path)], [rule(SEQUENCE)]).alerts
    assert [(Path(e.path).name, e.position, e.stage) for e in alert.evidence] == [
        ("b.ndjson", 0, 0),
        ("a.ndjson", 1, 1),
    ]


def test_a_stage_that_is_missing_events_has_no_evidence(tmp_path):
    query = """sequence by host.id with maxspan=1m
      [process where process.name : "first.exe"] ![process where process.name : "no.exe"] [process where process.name : "second.exe"]"""
    path = write(tmp_path / "a.ndjson", [process(1, 1, "first.exe"), process(2, 2, "second.exe")])
    (alert,) = scan([path], [rule(query)]).alerts
    assert [e.stage for e in alert.evidence] == [0, 2]
    assert {c.stage for c in alert.why.clauses} == {0, 2}


def test_the_further_parts_of_a_script_block_come_with_its_first(tmp_path):
    parts = [
        script_block(0, 1, "New-Object ", 1, 3),
        script_block(1, 2, "-Com", 2, 3),
        script_block(2, 3, "Object x", 3, 3),
    ]
    path = write(tmp_path / "a.ndjson", [process(0, 9), *parts])
    query = 'any where comtrap.powershell.script_block_text : "*new-object -comobject*"'
    (alert,) = scan([path], [rule(query)]).alerts
    assert [(e.position, e.part, e.stage) for e in alert.evidence] == [(1, None, 0), (2, 2, 0), (3, 3, 0)]
    assert "script_block_parts" not in str(alert.evidence[0].event)
    assert alert.evidence[0].event["comtrap"]["powershell"]["script_block_text"] == "New-Object -ComObject x"


def test_ids_are_the_same_in_a_second_run_and_from_a_moved_copy(tmp_path):
    events = [process(0, 1), process(1, 2), process(2, None)]
    first = ids(write(tmp_path / "a.ndjson", events))
    assert len(set(first)) == 3
    assert ids(tmp_path / "a.ndjson") == first
    moved = write(tmp_path / "elsewhere" / "b.ndjson", [process(0, 7, parent="explorer.exe"), *events])
    assert ids(moved) == first


def test_ids_differ_between_rules_records_hosts_and_times(tmp_path):
    events = [process(0, 1), process(0, 2), process(0, 1, host="host2"), process(1, 1)]
    path = write(tmp_path / "a.ndjson", events)
    assert len(set(ids(path, rule(), rule(number=2)))) == 8


def test_without_a_record_id_the_content_tells_events_apart(tmp_path):
    events = [process(0, None, CommandLine="a"), process(0, None, CommandLine="b"), process(0, None, CommandLine="a")]
    alerts = scan([write(tmp_path / "a.ndjson", events)], [rule()]).alerts
    assert sorted(a.count for a in alerts) == [1, 2]


def test_copies_of_a_log_give_each_alert_once_with_its_count(tmp_path):
    for name in ("a", "b", "c"):
        write(tmp_path / f"{name}.ndjson", [process(0, 1)])
    (alert,) = scan([str(tmp_path)], [rule()]).alerts
    assert alert.count == 3
    assert alert.evidence[0].path.endswith("a.ndjson")


def test_positions_in_a_member_count_from_its_start(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for number, name in enumerate(("one.json", "two.json")):
            events = [process(0, 1, parent="explorer.exe"), process(1, 10 + number)]
            packed.writestr(name, "".join(json.dumps(e) + "\n" for e in events))
    alerts = scan([str(tmp_path / "a.zip")], [rule()]).alerts
    assert {(e.member, e.position) for a in alerts for e in a.evidence} == {("one.json", 1), ("two.json", 1)}


def test_the_counts_say_what_was_seen(tmp_path):
    write(tmp_path / "a.ndjson", [process(0, 1), process(1, 2, parent="explorer.exe"), script_block(2, 3, "x")])
    (tmp_path / "b.ndjson").write_text('{"a": \n' + "not json\n", "utf-8")
    result = scan([str(tmp_path)], [rule()])
    stats = result.stats
    assert (stats["files"], stats["alerts"]) == (2, 1)
    assert stats["events"] == 3 + sum(stats["skipped"].values())
    assert stats["sources"] == {"powershell": 1, "sysmon": 2}
    assert stats["reached"] == 2  # the script block is no process start
    assert not stats["interrupted"]


def test_a_rule_reaches_the_events_of_its_indices_and_categories_only(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(0, 1), script_block(2, 3, "x")])
    assert scan([path], [rule(index=("logs-endpoint.*",))]).stats["reached"] == 0
    assert scan([path], [rule("registry where true")]).stats["reached"] == 0
    assert scan([path], [rule("any where true")]).stats["reached"] == 2


def test_a_condition_that_fails_is_counted_under_its_rule_and_others_run(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(0, 1, CommandLine="12"), process(1, 2, CommandLine="x")])
    failing = rule("process where number(process.command_line) == 12", number=2)
    result = scan([path], [rule(), failing])
    assert [(a.rule.id.int, a.evidence[0].position) for a in result.alerts] == [(1, 0), (2, 0), (1, 1)]
    assert result.failures == {str(failing.id): 1}


def test_a_rule_that_the_schema_does_not_bear_is_reported_and_others_run(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(0, 1)])
    result = scan([path], [rule("process where no.such.field == 1"), rule(number=2)])
    assert [a.rule.id.int for a in result.alerts] == [2]
    assert [d.code for e in result.rule_errors for d in e.diagnostics] == ["E201"]


def test_alerts_can_be_asked_for_again_and_by_number(tmp_path):
    alerts = scan([write(tmp_path / "a.ndjson", [process(n, n) for n in range(5)])], [rule()]).alerts
    assert len(alerts) == 5
    assert list(alerts) == list(alerts)
    assert alerts[-1] == list(alerts)[4]
    assert alerts[1:3] == list(alerts)[1:3]
    with pytest.raises(IndexError):
        alerts[5]


def test_more_alerts_than_are_made_at_once_are_all_there_in_order(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(600)])
    times = [a.time_ns for a in scan([path], [rule()]).alerts]
    assert len(times) == 600
    assert times == sorted(times)


def test_no_input_gives_no_alerts(tmp_path):
    result = scan([str(tmp_path)], [rule()])
    assert (len(result.alerts), result.files, result.tally.events) == (0, 0, 0)


def test_what_was_found_before_an_interruption_is_given(tmp_path):
    write(tmp_path / "a.ndjson", [process(0, 1)])
    write(tmp_path / "b.ndjson", [process(1, 2)])
    result = scan([str(tmp_path)], [rule()], progress=Stopping(lambda progress: progress.events >= 1))
    assert result.interrupted
    assert [a.evidence[0].record_id for a in result.alerts] == ["1"]


def test_every_alert_has_a_document(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(1, 1, "first.exe"), process(2, 2, "second.exe")])
    for alert in scan([path], [rule(), rule(SEQUENCE, 2)]).alerts:
        assert document(alert)["kibana.alert.uuid"] == alert.id


@pytest.mark.parametrize("parts", [["x", -5, 1 << 80], "7", [[1]], {"a": 1}, True])
def test_numbers_of_parts_that_a_document_claims_are_not_believed(tmp_path, parts):
    claimed = process(0, 1) | {"comtrap": {"powershell": {"script_block_parts": parts}}}
    (alert,) = scan([write(tmp_path / "a.ndjson", [claimed])], [rule()]).alerts
    assert [evidence.part for evidence in alert.evidence] == [None]
