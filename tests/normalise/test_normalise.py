from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.normalise.build import POWERSHELL, SECURITY, SYSMON, at, data, event, events, raw, record

import comtrap
from comtrap.events.arrays import CODED
from comtrap.events.batch import ARROW
from comtrap.events.problems import Problems
from comtrap.events.raw import ECS, Origin, RawBatch
from comtrap.normalise.normalise import normalise, raw_columns, to_documents, to_events
from comtrap.schema.telemetry import telemetry

START = (SYSMON, 1)
SET = (SYSMON, 13)


def test_only_wanted_columns_are_computed():
    found = events(START, [record(START, {"Image": "C:\\a.exe", "CommandLine": "a"})], frozenset({"process.name"}))
    assert found.keys() == {"@timestamp", "_event", "_index", "event.category", "host.id", "process.name"}
    assert found["process.name"] == ["a.exe"]


def test_columns_have_the_types_of_the_schema():
    batch = to_events(
        raw(START, [record(START, {"ProcessId": "5", "Image": "x", "CommandLine": "a b"})]), None, Problems()
    )
    for name in batch.frame.schema.names:
        if not name.startswith("_"):
            kind = ARROW[telemetry()[name].type]
            assert batch.column(name).type in {kind, pa.list_(kind)}, name
            held = CODED if kind == pa.string() else kind
            assert batch.held(name).type in {kind, pa.list_(kind), held, pa.list_(held)}, name


def test_a_column_is_flat_where_no_row_has_two_values():
    one = to_events(raw(START, [record(START)]), None, Problems()).frame
    two = to_events(raw(SET, [record(SET)]), None, Problems()).frame
    assert one.schema.field("event.category").type == pa.string()
    assert two.schema.field("event.category").type == pa.list_(pa.string())


def test_numbers_of_events_begin_at_the_files_first():
    batch = to_events(raw(START, [record(START)] * 2, first=3 << 40, positions=[4, 9]), frozenset(), Problems())
    assert batch.frame.column("_event").to_pylist() == [(3 << 40) + 4, (3 << 40) + 9]
    assert batch.frame.schema.field("_event").type == pa.uint64()


def test_sysmons_own_time_wins():
    found = events(START, [record(START, {"UtcTime": "2024-03-01 09:00:00.500"})])
    assert found["@timestamp"] == [datetime(2024, 3, 1, 9, 0, 0, 500_000, UTC)]


@pytest.mark.parametrize("written", ["-", "", "2024-03-01T09:00:00.500", "2024-03-01 09:00:00", "x"])
def test_a_time_of_sysmon_in_another_form_is_not_read(written):
    found = events(START, [record(START, {"UtcTime": written})])
    assert found["@timestamp"] == [datetime(2024, 3, 1, 10, 0, 0, 123_456, UTC)]


def test_times_keep_their_nanoseconds_in_columns_and_milliseconds_in_documents():
    kind = (SECURITY, 4688)
    given_record = record(kind, **{"winlog.time_created": "2024-03-01T10:00:00.1234567Z"})
    frame = to_events(raw(kind, [given_record]), frozenset(), Problems()).frame
    assert frame.column("@timestamp")[0].value % 1_000_000_000 == 123_456_700
    assert at(normalise({"@timestamp": "x", "winlog": {"provider_name": SECURITY, "event_id": "4688",
                         "time_created": "2024-03-01T10:00:00.1234567Z"}}), "@timestamp") == "2024-03-01T10:00:00.123Z"  # fmt: skip


def test_a_record_without_a_readable_time_is_noted_and_of_1970():
    problems = Problems()
    records = [record(START), record(START) | {"@timestamp": "x"}, record(START) | {"@timestamp": None}]
    found = events(START, records, frozenset(), problems)
    assert [time.year for time in found["@timestamp"]] == [2024, 1970, 1970]
    assert problems.notes["no time"] == 2


def test_a_value_of_a_wrong_type_is_null_and_noted():
    problems = Problems()
    found = events(START, [record(START, {"ProcessId": pid}) for pid in ("1", "x", "0x10", "y")], None, problems)
    assert found["process.pid"] == [1, None, 16, None]
    assert problems.notes == {"wrong type": 2}


def test_what_is_renamed_is_gone_and_what_is_copied_stays():
    found = events(START, [record(START, {"Image": "C:\\a.exe", "Company": "x", "IntegrityLevel": "High"})])
    assert "winlog.event_data.Image" not in found
    assert found["winlog.event_data.Company"] == found["process.pe.company"] == ["x"]
    assert found["winlog.event_data.IntegrityLevel"] == ["High"]


def test_what_is_moved_stays_where_it_is_blank():
    kind = (SECURITY, 4624)
    found = events(kind, [record(kind, {"IpAddress": ip}) for ip in ("-", "192.0.2.1")])
    assert found["winlog.event_data.IpAddress"] == ["-", None]
    assert found["source.ip"] == [None, "192.0.2.1"]


def test_the_details_of_a_value_stay_in_a_scan():
    document = {"winlog": {"provider_name": SYSMON, "event_id": 13, "event_data": {"Details": "x"}}}
    assert at(normalise(document), "winlog.event_data.Details") is None
    assert events(SET, [record(SET, {"Details": "x"})])["winlog.event_data.Details"] == ["x"]
    assert "winlog.event_data.Details" not in at(event(SET, {"Details": "x"}), "comtrap.extended")


def test_what_a_document_has_in_ecs_wins():
    document = event(START, {"Image": "C:\\a.exe"}, **{"process.name": "given", "user.id": "S-1"})
    assert at(document, "process.name") == "given"
    assert at(document, "process.executable") == "C:\\a.exe"
    assert at(document, "user.id") == "S-1"


def test_a_caseless_field_is_its_parent_in_lower_case():
    wanted = frozenset({"process.name.caseless", "process.command_line.caseless"})
    found = events(START, [record(START, {"Image": "C:\\A.EXE"})], wanted)
    assert found["process.name.caseless"] == ["a.exe"]
    assert raw_columns(wanted) >= {"winlog.event_data.Image", "winlog.event_data.CommandLine"}


def test_a_caseless_field_of_several_values_is_a_list():
    given_record = {"@timestamp": "2024-03-01T10:00:00Z", "process.name": ["A", "B"]}
    assert events(ECS, [given_record], frozenset({"process.name.caseless"}))["process.name.caseless"] == [["a", "b"]]


def test_an_ecs_document_passes_through():
    given_record = {
        "@timestamp": "2024-03-01T10:00:00Z",
        "agent.type": "endpoint",
        "event.category": ["library"],
        "event.code": "x",
        "dll.name": "a.dll",
        "process.pid": "5",
        "dll.Ext.relative_file_creation_time": "1.5",
    }
    found = events(ECS, [given_record])
    assert (found["dll.name"], found["process.pid"], found["event.category"]) == (["a.dll"], [5], ["library"])
    assert found["dll.Ext.relative_file_creation_time"] == [1.5]
    assert found["comtrap.source"] == ["endpoint"]


def test_objects_are_columns_of_their_leaves():
    found = events((SYSMON, 22), [record((SYSMON, 22), {"QueryName": "x", "QueryResults": "type:  5 a;192.0.2.1;"})])
    assert found["dns.answers.type"] == [["CNAME", "A"]]
    assert found["dns.answers.data"] == [["a", "192.0.2.1"]]


def test_a_document_is_made_of_the_one_the_record_came_as():
    source = {"@timestamp": "2024-03-01T10:00:00Z", "custom": {"x": [1, {"y": None}]}, "winlog.version": 5,
              "winlog": {"event_data": {"Image": "C:\\a.exe", "ProcessId": 7}}}  # fmt: skip
    given_record = record(START, {"Image": "C:\\a.exe", "ProcessId": "7"}) | {"_source": json.dumps(source)}
    document = to_documents(raw(START, [given_record]))[0]
    assert document["custom"] == {"x": [1, {"y": None}]}
    assert document["winlog"]["version"] == 5
    assert at(document, "process.pid") == 7
    assert at(document, "winlog.event_data") is None


@pytest.mark.parametrize("source", ["", "not json", "[1]", None])
def test_a_document_that_cannot_be_read_again_is_made_of_columns(source):
    document = to_documents(raw(START, [record(START, {"Image": "C:\\a.exe"}) | {"_source": source}]))[0]
    assert at(document, "process.name") == "a.exe"
    assert at(document, "winlog.computer_name") == "ws1.example.test"


def test_the_input_is_left_alone():
    document = {"winlog": {"provider_name": SYSMON, "event_id": 1, "event_data": {"Image": "C:\\a.exe"}}}
    before = json.dumps(document)
    normalise(document)
    assert json.dumps(document) == before


def test_keys_may_be_dotted():
    document = {"winlog.provider_name": SYSMON, "winlog.event_id": 1, "winlog.event_data.Image": "C:\\a.exe"}
    assert at(normalise(document), "process.name") == "a.exe"


def test_numbers_that_are_keywords_become_text():
    document = normalise({"event": {"code": 1}, "winlog": {"provider_name": SYSMON, "event_id": 1, "record_id": 9}})
    assert (at(document, "event.code"), at(document, "winlog.event_id"), at(document, "winlog.record_id")) == (
        "1",
        "1",
        "9",
    )


def test_an_unknown_event_has_the_common_fields():
    document = normalise(
        {"winlog": {"provider_name": "X", "event_id": 5, "level": "Warning", "user": {"identifier": "S-1"}}}
    )
    assert at(document, "event") == {"kind": "event", "code": "5", "provider": "X"}
    assert (at(document, "log.level"), at(document, "user.id")) == ("warning", "S-1")


@pytest.mark.parametrize("code", ["²", "", "x", "-1", "1.5", "9" * 5000])
def test_a_document_whose_id_is_no_number_passes_through(code):
    document = normalise({"winlog": {"provider_name": SYSMON, "event_id": code, "event_data": {"Image": "C:\\a.exe"}}})
    assert at(document, "winlog.event_data.Image") == "C:\\a.exe"


def test_an_unknown_dialect_is_refused():
    with pytest.raises(ValueError, match="expected 'integration' or 'winlogbeat'"):
        normalise({}, dialect="other")


def test_it_is_a_public_name():
    assert comtrap.normalise is normalise


def test_a_source_is_asked_for_what_fields_are_made_of():
    columns = raw_columns(frozenset({"process.name", "registry.path"}))
    assert columns >= {"winlog.event_data.Image", "winlog.event_data.ProcessName", "winlog.event_data.TargetObject",
                       "winlog.event_data.ObjectName", "process.name", "@timestamp", "winlog.channel", "agent.type"}  # fmt: skip
    assert "winlog.event_data.CallTrace" not in columns


def test_a_source_is_asked_for_what_extensions_are_made_of():
    assert "winlog.event_data.param4" in raw_columns(frozenset({"comtrap.com.clsid"}))
    assert "winlog.event_data.TaskName" in raw_columns(frozenset({"winlog.scheduled_task.name"}))
    assert "winlog.event_data.NewValueType" in raw_columns(frozenset({"comtrap.extended"}))


@pytest.mark.parametrize("kind", [START, SET, (SECURITY, 4688), (POWERSHELL, 4103), ECS])
def test_columns_asked_for_are_enough(kind):
    values = {"Image": "C:\\a.exe", "CommandLine": "a b", "TargetObject": "HKLM\\a", "Details": "x", "EventType": "SetValue",
              "NewProcessName": "C:\\b.exe", "ContextInfo": "        Host Application = x"}  # fmt: skip
    whole = raw(kind, [record(kind, values)])
    wanted = frozenset({"process.name", "process.args", "registry.data.strings", "comtrap.registry.value", "host.name"})
    kept = raw_columns(wanted)
    narrow = RawBatch(
        kind, whole.frame.select([n for n in whole.frame.schema.names if n in kept or n[0] == "_"]), whole.origin
    )
    assert to_events(narrow, wanted, Problems()).frame.equals(to_events(whole, wanted, Problems()).frame)


def test_a_batch_without_rows_is_no_error():
    batch = raw(START, [record(START)])
    empty = RawBatch(batch.kind, batch.frame.slice(0, 0), batch.origin)
    assert len(to_events(empty, None, Problems())) == 0
    assert to_documents(empty) == []


def test_a_batch_of_two_chunks_is_one():
    batch = raw(START, [record(START, {"Image": "C:\\a.exe"})])
    frame = pa.concat_tables([batch.frame, batch.frame])
    assert (
        to_events(RawBatch(START, frame, batch.origin), None, Problems()).frame.column("process.name").to_pylist()
        == ["a.exe"] * 2
    )


def test_documents_come_in_the_order_of_rows_that_are_fetched():
    batch = raw(START, [record(START, {"Image": f"C:\\{n}.exe"}) for n in range(3)])
    names = [at(d, "process.name") for d in to_documents(batch.fetch(np.array([2, 0])))]
    assert names == ["2.exe", "0.exe"]


def test_any_split_of_a_batch_gives_the_same_events():
    records = [record(SET, {"TargetObject": f"HKLM\\a\\{n % 3}", "Details": "x" if n % 2 else None}) for n in range(6)]
    whole = events(SET, records)
    parts = [events(SET, records[:2]), events(SET, records[2:])]
    for name in whole.keys() - {"_event"}:
        halves = [p.get(name, [None] * len(p["_event"])) for p in parts]
        assert halves[0] + halves[1] == whole[name], name


KINDS = st.sampled_from([START, SET, (SYSMON, 22), (SYSMON, 7), (SECURITY, 4688), (SECURITY, 4698), (SECURITY, 4657), (SECURITY, 4625),
                         (POWERSHELL, 4103), (POWERSHELL, 4104), ("PowerShell", 800), ("Microsoft-Windows-DistributedCOM", 10028),
                         ("Microsoft-Windows-TaskScheduler", 200), ("X", 1), ECS])  # fmt: skip
NAMES = [*data(Image=0, CommandLine=0, TargetObject=0, Details=0, EventType=0, UtcTime=0, ProcessId=0, Hashes=0, QueryResults=0,
               TaskContent=0, ContextInfo=0, Payload=0, param1=0, param2=0, param3=0, ObjectName=0, Keywords=0, User=0),
         "@timestamp", "event.category", "registry.path", "process.pid", "winlog.keywords", "host.name"]  # fmt: skip
HOSTILE = st.one_of(st.none(), st.text(max_size=30), st.lists(st.text(max_size=5), max_size=3))


@given(KINDS, st.lists(st.dictionaries(st.sampled_from(NAMES), HOSTILE), min_size=1, max_size=4))
def test_any_record_is_normalised_without_an_error(kind, records):
    batch = raw(kind, records)
    frame = to_events(batch, None, Problems()).frame
    assert frame.num_rows == len(records)
    assert [frame.column(n).null_count for n in ("@timestamp", "_event", "_index", "host.id")] == [0, 0, 0, 0]
    assert len(to_documents(batch)) == len(records)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=5), inner)),
    max_leaves=6,
)


@given(
    KINDS,
    st.dictionaries(st.sampled_from(["winlog", "event", "process", "user", "@timestamp", "host", "a.b"]), JSON),
    JSON,
)
def test_any_document_is_normalised_without_an_error(kind, document, values):
    winlog = {"provider_name": kind[0], "event_id": kind[1], "event_data": values}
    normalise(document)
    normalise({**document, "winlog": winlog}, dialect="winlogbeat")


def test_an_origin_without_a_path_is_no_error():
    frame = raw(ECS, [{"@timestamp": "2024-03-01T10:00:00Z"}]).frame
    assert (
        to_events(RawBatch(ECS, frame, Origin("", "")), None, Problems())
        .frame.column("host.id")[0]
        .as_py()
        .startswith("?")
    )


def test_every_row_has_the_kinds_provider_and_id_where_only_some_name_them():
    some = record((SYSMON, 13), TargetObject="HKU\\x")
    others = {name: value for name, value in some.items() if name not in {"winlog.provider_name", "winlog.event_id"}}
    found = events((SYSMON, 13), [some, others], frozenset({"event.code", "event.provider"}))
    assert found["event.code"] == ["13", "13"]
    assert found["event.provider"] == [SYSMON, SYSMON]
