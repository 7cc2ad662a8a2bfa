from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.material import process, rule, write

from comtrap.alerts import document as of_alerts
from comtrap.alerts.alert import Clause, Why
from comtrap.alerts.document import _clause as clause_of
from comtrap.alerts.document import building_blocks, document, lines, shared, threat
from comtrap.execute.text import moment
from comtrap.rules.attack import technique
from comtrap.scan import scan

SEQUENCE = """sequence by host.id with maxspan=1m
  [process where process.name : "first.exe"] [process where process.name : "second.exe"]"""


@pytest.fixture
def single(tmp_path):
    (alert,) = scan([write(tmp_path / "a.ndjson", [process(0, 1)])], [rule()]).alerts
    return alert


@pytest.fixture
def sequence(tmp_path):
    events = [process(1, 1, "first.exe"), process(2, 2, "second.exe")]
    (alert,) = scan([write(tmp_path / "a.ndjson", events)], [rule(SEQUENCE)]).alerts
    return alert


def test_an_alert_has_the_event_and_what_elastic_says_of_an_alert(single):
    made = document(single)
    assert made["process"]["name"] == "cmd.exe"
    assert made["event"]["kind"] == "signal"
    assert made["kibana.alert.original_event.kind"] == "event"
    assert made["event"]["code"] == "1"
    assert made["@timestamp"] == made["kibana.alert.original_time"] == "2026-01-05T08:00:00.000Z"
    assert made["kibana.alert.uuid"] == single.id
    assert (made["kibana.alert.severity"], made["kibana.alert.risk_score"]) == ("high", 73)
    assert (made["kibana.alert.status"], made["kibana.alert.workflow_status"]) == ("active", "open")
    assert made["kibana.alert.depth"] == 1
    assert made["kibana.alert.ancestors"] == [
        {"id": single.evidence[0].id, "type": "event", "index": "logs-windows.sysmon_operational-default", "depth": 0}
    ]
    assert made["kibana.alert.reason"].startswith(
        "process event with process cmd.exe, parent process dllhost.exe, by user1 on host1"
    )
    assert "kibana.alert.group.id" not in made


def test_the_rule_is_told_by_its_rule_id(single):
    made = document(single)
    assert made["kibana.alert.rule.uuid"] == made["kibana.alert.rule.rule_id"] == str(single.rule.id)
    assert made["kibana.alert.rule.name"] == "Rule 1"
    assert made["kibana.alert.rule.type"] == "eql"
    assert made["kibana.alert.rule.parameters"]["query"] == single.rule.text


def test_the_evidence_says_where_to_find_it_again(single):
    (evidence,) = document(single)["comtrap.evidence"]
    assert {k: v for k, v in evidence.items() if k not in {"path", "event"}} == {
        "member": None,
        "position": 0,
        "record_id": "1",
        "channel": "Microsoft-Windows-Sysmon/Operational",
        "host": "host1",
        "@timestamp": "2026-01-05T08:00:00.000Z",
        "stage": 0,
    }
    assert evidence["path"].endswith("a.ndjson")
    assert evidence["event"]["process"]["parent"]["name"] == "dllhost.exe"


def test_keys_of_comtrap_are_flat(single):
    made = document(single)
    assert "comtrap" not in made
    assert made["comtrap.source"] == "sysmon"
    assert made["comtrap.process.parent.plain_command_line"].startswith("dllhost.exe /Processid:")
    assert made["comtrap.count"] == 1


def test_why_tells_clauses_values_and_known_objects(single):
    why = document(single)["comtrap.why"]
    assert {
        "stage": 0,
        "clause": 'process.parent.name : "dllhost.exe"',
        "held": 'process.parent.name : "dllhost.exe"',
        "values": {"process.parent.name": "dllhost.exe"},
    } in why["clauses"]
    assert [o["name"] for o in why["objects"]] == ["CMSTPLUA"]


def test_of_a_sequence_the_fields_all_events_share_are_left(sequence):
    made = document(sequence)
    assert made["host"]["name"] == "host1"
    assert "name" not in made["process"]
    assert made["process"]["parent"]["name"] == "dllhost.exe"
    assert made["@timestamp"] == "2026-01-05T08:00:02.000Z"
    assert [e["stage"] for e in made["comtrap.evidence"]] == [0, 1]


def test_a_sequence_is_above_its_events_and_their_building_blocks(sequence):
    made, blocks = document(sequence), building_blocks(sequence)
    assert made["kibana.alert.depth"] == 2
    assert [(a["type"], a["depth"]) for a in made["kibana.alert.ancestors"]] == [("event", 0)] * 2 + [("signal", 1)] * 2
    assert [a["id"] for a in made["kibana.alert.ancestors"][2:]] == [b["kibana.alert.uuid"] for b in blocks]
    assert [b["kibana.alert.group.index"] for b in blocks] == [0, 1]
    assert {b["kibana.alert.group.id"] for b in blocks} == {made["kibana.alert.group.id"]}
    assert {b["kibana.alert.building_block_type"] for b in blocks} == {"default"}
    assert [b["process"]["name"] for b in blocks] == ["first.exe", "second.exe"]
    assert len({made["kibana.alert.uuid"], *(b["kibana.alert.uuid"] for b in blocks)}) == 3


def test_a_single_event_has_no_building_blocks(single):
    assert building_blocks(single) == []


def test_techniques_stand_below_their_tactics_and_parents():
    written = ("T1559.001", "T1559", "T1546.015", "T1546.015/TA0004")
    (execution, persistence, escalation) = threat(rule(techniques=tuple(map(technique, written))))
    assert execution["tactic"] == {
        "id": "TA0002",
        "name": "Execution",
        "reference": "https://attack.mitre.org/tactics/TA0002/",
    }
    (parent,) = execution["technique"]
    assert (parent["id"], parent["name"]) == ("T1559", "Inter-Process Communication")
    assert [s["reference"] for s in parent["subtechnique"]] == ["https://attack.mitre.org/techniques/T1559/001/"]
    assert [t["tactic"]["id"] for t in (persistence, escalation)] == ["TA0003", "TA0004"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.dictionaries(st.sampled_from("abc"), JSON))
def test_what_is_shared_is_in_both(one, other):
    def within(part, whole):
        if isinstance(part, dict):
            return all(key in whole and within(value, whole[key]) for key, value in part.items())
        return all(value in whole for value in part) if isinstance(part, list) else part == whole

    both = shared(one, other)
    assert within(both, one)
    assert within(both, other)


def test_times_before_the_epoch_and_far_ahead_are_written():
    assert moment(-1_000_000) == "1969-12-31T23:59:59.999Z"
    assert moment((1 << 63) - 1) == "2262-04-11T23:47:16.854Z"


def test_a_document_is_json(single, sequence):
    for alert in (single, sequence):
        assert json.loads(json.dumps(document(alert))) == document(alert)


def test_its_text_is_the_same_document_in_the_same_order(single, sequence):
    for alert in (single, sequence):
        ((name, text),) = lines(alert)
        assert name == alert.id
        assert list(json.loads(text).items()) == list(json.loads(json.dumps(document(alert))).items())
        assert text.endswith(b"}\n")


def test_the_texts_of_a_sequences_events_come_before_it(sequence):
    *blocks, (whole, _) = lines(sequence, blocks=True)
    assert whole == sequence.id
    assert [json.loads(text) for _, text in blocks] == building_blocks(sequence)
    assert [name for name, _ in blocks] == [block["kibana.alert.uuid"] for block in building_blocks(sequence)]
    assert [each["id"] for each in document(sequence)["kibana.alert.ancestors"][2:]] == [name for name, _ in blocks]


def test_what_alerts_say_alike_becomes_text_once(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(of_alerts, "_clause", lambda clause: written.append(clause) or clause_of(clause))
    log = write(tmp_path / "a.ndjson", [process(second, second + 1) for second in range(50)])
    texts = [text for alert in scan([log], [rule()]).alerts for _, text in lines(alert)]
    assert len(texts) == 50
    assert all(json.loads(text)["comtrap.why"]["clauses"] for text in texts)
    assert len(written) == len(json.loads(texts[0])["comtrap.why"]["clauses"])


def test_two_rules_of_one_id_are_told_apart(single):
    other = replace(single, rule=rule(name="Another"))
    told = [json.loads(text)["kibana.alert.rule.name"] for alert in (single, other) for _, text in lines(alert)]
    assert told == ["Rule 1", "Another"]


def test_no_more_texts_are_kept_than_a_bound(single, monkeypatch):
    monkeypatch.setattr(of_alerts, "_KEPT", 2)
    for number in range(9):
        clause = Clause(0, f"clause {number}", {})
        ((_, text),) = lines(replace(single, why=Why((clause,)), rule=rule(name=f"Rule {number}")))
        assert json.loads(text)["comtrap.why"]["clauses"][0]["clause"] == f"clause {number}"
        assert max(len(of_alerts._TEXTS), len(of_alerts._TOLD)) <= 2
