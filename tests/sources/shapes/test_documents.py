"""Documents of Elastic's shippers, in envelopes and without."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.shapes.raw import raw

from comtrap.sources.shapes.shape import shaped

SYSMON = "Microsoft-Windows-Sysmon"
NESTED = {
    "@timestamp": "2024-05-01T12:00:00.250Z",
    "agent": {"type": "winlogbeat"},
    "winlog": {
        "provider_name": SYSMON,
        "channel": "Microsoft-Windows-Sysmon/Operational",
        "event_id": 1,
        "event_data": {"Image": "a.exe"},
    },
}
DOTTED = {
    "@timestamp": "2024-05-01T12:00:00.250Z",
    "agent.type": "winlogbeat",
    "winlog.provider_name": SYSMON,
    "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
    "winlog.event_id": "1",
    "winlog.event_data.Image": "a.exe",
}
ENDPOINT = {
    "agent": {"type": "endpoint"},
    "event": {"provider": "Microsoft-Windows-WMI-Activity", "code": "5"},
    "process": {"name": "a"},
}


@pytest.mark.parametrize("record", [NESTED, DOTTED])
@pytest.mark.parametrize("envelope", [lambda r: r, lambda r: {"_index": "i", "_id": "1", "_source": r}])
def test_a_document_of_winlogbeat_is_itself(record, envelope):
    found = shaped(envelope(record))

    assert (found.kind, found.shape) == ((SYSMON, 1), "winlogbeat")
    made = raw(found)
    for name in ("_index", "_id"):
        made.pop(name, None)
    assert made == DOTTED


def test_a_hit_that_has_only_fields_is_the_document_of_them():
    found = shaped({"_index": "i", "fields": {name: [value] for name, value in DOTTED.items()} | {"a": [1, 2]}})

    assert found.kind == (SYSMON, 1)
    assert raw(found) == {**DOTTED, "_index": "i", "a": ["1", "2"]}


def test_a_document_of_elastic_agent_is_told_apart():
    assert shaped({**NESTED, "agent": {"type": "filebeat"}}).shape == "agent"
    assert shaped({**NESTED, "agent": None, "@metadata": {"beat": "winlogbeat"}}).shape == "winlogbeat"


def test_a_provider_in_another_case_is_the_same_kind():
    assert shaped({"winlog": {"provider_name": "microsoft-windows-SYSMON", "event_id": "13"}}).kind == (SYSMON, 13)


def test_a_provider_that_was_lost_is_told_by_the_channel():
    found = shaped({"winlog": {"channel": "security", "event_id": "4688"}})

    assert found.kind == ("Microsoft-Windows-Security-Auditing", 4688)
    assert raw(found)["winlog.provider_name"] == "Microsoft-Windows-Security-Auditing"


def test_a_cleared_log_is_not_the_audits():
    assert shaped({"winlog": {"channel": "Security", "event_id": "1102"}}).kind == ("Microsoft-Windows-Eventlog", 1102)


def test_a_document_through_the_pipeline_is_told_by_its_event_fields():
    assert shaped({"winlog": {"event_data": {}}, "event": {"provider": SYSMON, "code": "7"}}).kind == (SYSMON, 7)
    assert shaped({"event": {"provider": SYSMON, "code": "7"}}) == (
        (SYSMON, 7),
        "ecs",
        {"event": {"provider": SYSMON, "code": "7"}},
    )


@pytest.mark.parametrize(
    "record",
    [
        ENDPOINT,
        {**ENDPOINT, "winlog": {"event_data": {"Status": "0x0"}}},
        {"data_stream": {"dataset": "endpoint.events.process"}},
        {"data_stream.dataset": "endpoint.events.process"},
        {"event": {"dataset": "endpoint.events.registry"}},
    ],
)
def test_elastic_endpoints_documents_are_passed_through(record):
    assert shaped(record) == (("", 0), "endpoint", record)


@pytest.mark.parametrize(
    "record",
    [{}, {"a": 1}, {"process": {"name": "x"}}, {"winlog": 5}, {"Event": "text"}, {"_source": {}}, {"fields": {"a": 1}}],
)
def test_what_nothing_is_known_of_stays_as_it_is(record):
    assert shaped(record) == (("", 0), "ecs", record)


def test_a_document_of_winlogbeat_before_7_has_its_newer_names():
    found = shaped({
        "@timestamp": "2024-05-01T12:00:00.250Z", "beat": {"name": "collector", "version": "6.8.0"}, "host": {"name": "collector"},
        "computer_name": "host1", "event_data": {"Image": "a.exe"}, "event_id": 1, "log_name": "Microsoft-Windows-Sysmon/Operational",
        "source_name": SYSMON, "record_number": "71", "process_id": 2440, "thread_id": 3144, "user": {"identifier": "S-1-5-18"},
        "user_data": {"xml_name": "x"}, "level": "Information", "message": "m", "type": "wineventlog", "version": 5,
    })  # fmt: skip

    assert (found.kind, found.shape) == ((SYSMON, 1), "winlogbeat6")
    assert raw(found) == {
        "@timestamp": "2024-05-01T12:00:00.250Z",
        "agent.name": "collector",
        "agent.version": "6.8.0",
        "message": "m",
        "type": "wineventlog",
        "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
        "winlog.computer_name": "host1",
        "winlog.event_data.Image": "a.exe",
        "winlog.event_id": "1",
        "winlog.level": "Information",
        "winlog.process.pid": "2440",
        "winlog.process.thread.id": "3144",
        "winlog.provider_name": SYSMON,
        "winlog.record_id": "71",
        "winlog.user.identifier": "S-1-5-18",
        "winlog.user_data.xml_name": "x",
        "winlog.version": "5",
    }


KEYS = st.sampled_from(
    [
        "winlog",
        "event",
        "Event",
        "System",
        "EventData",
        "UserData",
        "EventID",
        "EventId",
        "event_id",
        "event_data",
        "log_name",
        "Channel",
        "SourceName",
        "Message",
        "EventType",
        "TimeCreated",
        "@timestamp",
        "agent",
        "type",
        "provider_name",
        "provider",
        "code",
        "channel",
        "_source",
        "fields",
        "_index",
        "document",
        "data",
        "#attributes",
        "#text",
        "@Name",
        "Data",
        "Provider",
        "Name",
        "UtcTime",
        "SourceModuleType",
        "winlog.event_id",
        "data_stream",
        "dataset",
    ]
)
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.just("1")),
    lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(KEYS, v, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, ANY, max_size=6))
def test_any_object_is_an_event(record):
    found = shaped(json.loads(json.dumps(record)))

    provider, code = found.kind
    assert isinstance(provider, str)
    assert isinstance(code, int)
    raw(found)
