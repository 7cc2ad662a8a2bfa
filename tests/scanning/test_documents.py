"""Records as the documents that are written of them."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from tests.normalise.build import POWERSHELL, SYSMON, raw, record

from comtrap.events.problems import Problems
from comtrap.events.raw import ECS, Origin, RawBatch
from comtrap.scanning import documents
from comtrap.scanning.documents import json_of, written


def told(batch, problems=None):
    return [(number, json.loads(text)) for number, text in written(batch, problems or Problems())]


def test_a_document_has_ecs_ours_what_is_left_and_where_it_was_read():
    values = {"ProcessId": "7", "Image": r"C:\Windows\cmd.exe", "IntegrityLevel": "High"}
    ((number, document),) = told(
        raw((SYSMON, 1), [record((SYSMON, 1), values, **{"winlog.record_id": "5"})], 3 << 40, [9])
    )

    assert number == (3 << 40) + 9
    assert document["process"]["pid"] == 7
    assert document["event"]["category"] == ["process"]
    assert document["comtrap"]["source"] == "sysmon"
    assert document["winlog"]["event_data"] == {"IntegrityLevel": "High"}
    assert document["comtrap"]["origin"] == {"path": "log.evtx", "position": 9}


def test_moments_keep_all_their_digits():
    ((_, document),) = told(raw((POWERSHELL, 4104), [record((POWERSHELL, 4104), {"ScriptBlockText": "x"})]))

    assert document["@timestamp"] == "2024-03-01T10:00:00.1234567Z"


def test_only_a_record_without_number_is_told_by_its_fields():
    with_number = record((SYSMON, 5), {"ProcessId": "1"}, **{"winlog.record_id": "1"})
    without = record((SYSMON, 5), {"ProcessId": "1"})
    (_, first), (_, second), (_, third) = told(raw((SYSMON, 5), [with_number, without, without]))

    assert "digest" not in first["comtrap"]["origin"]
    assert len(second["comtrap"]["origin"]["digest"]) == 64
    assert second["comtrap"]["origin"]["digest"] == third["comtrap"]["origin"]["digest"]


def test_many_records_are_taken_apart_a_few_at_a_time():
    asked = []
    frame = pa.table({"_position": pa.array(range(10_000), pa.uint64())})

    def whole(rows):
        asked.append(len(rows))
        return RawBatch(
            ECS, pa.table({"_position": pa.array(rows.astype(np.uint64)), "n": [str(r) for r in rows]}), Origin("", "a")
        )

    found = told(RawBatch(ECS, frame, Origin("", "a"), whole))

    assert [document["n"] for _, document in found] == [str(n) for n in range(10_000)]
    assert asked == [4_096, 4_096, 1_808]


def test_a_joined_script_that_makes_the_line_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr(documents, "SIZE_BYTES", 3_000)
    name = "comtrap.powershell.script_block_text"
    records = [record((POWERSHELL, 4104), {"ScriptBlockText": "x"}, **{name: "y" * size}) for size in (100, 5_000)]
    problems = Problems()
    (_, short), (_, long) = told(raw((POWERSHELL, 4104), records), problems)

    assert short["comtrap"]["powershell"]["script_block_text"] == "y" * 100
    assert "powershell" not in long["comtrap"]
    assert problems.notes == {"joined script left out": 1}


@pytest.mark.parametrize("value", [1 << 70, -(1 << 70), "\ud800", {"a": ["\udfff", None, 1.5]}])
def test_whatever_json_can_hold_is_written(value):
    assert json.loads(json_of({"a": value})) == {"a": value}
    assert b"\n" not in json_of({"a": value})
