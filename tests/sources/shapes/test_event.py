"""Windows' event XML as JSON, in the forms of several tools."""

from __future__ import annotations

import pytest
from tests.sources.shapes.raw import raw

from comtrap.sources.columns import columns
from comtrap.sources.shapes import evtx_event
from comtrap.sources.shapes.event import from_event
from comtrap.sources.shapes.shape import shaped

SYSMON = "Microsoft-Windows-Sysmon"
GUID = "5770385F-C22A-43E0-BF4C-06F5698FFBD9"
EXPECTED = {
    "@timestamp": "2024-05-01T12:00:00.250000Z",
    "winlog.activity_id": "{fa4a0de6-e8a8-5d2f-0000-001094619900}",
    "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
    "winlog.computer_name": "host1",
    "winlog.event_data.Image": "a.exe",
    "winlog.event_data.ProcessId": "7",
    "winlog.event_id": "1",
    "winlog.keywords": "0x8000000000000000",
    "winlog.level": "4",
    "winlog.opcode": "0",
    "winlog.process.pid": "2440",
    "winlog.process.thread.id": "3144",
    "winlog.provider_guid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
    "winlog.provider_name": SYSMON,
    "winlog.record_id": "71",
    "winlog.task": "1",
    "winlog.time_created": "2024-05-01T12:00:00.250000Z",
    "winlog.user.identifier": "S-1-5-18",
    "winlog.version": "5",
}
PLAIN = {
    "Version": 5, "Level": 4, "Task": 1, "Opcode": 0, "Keywords": "0x8000000000000000", "EventRecordID": 71,
    "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "host1",
}  # fmt: skip
ATTRIBUTES = {
    "Provider": {"Name": SYSMON, "Guid": GUID},
    "TimeCreated": {"SystemTime": "2024-05-01T12:00:00.250000Z"},
    "Correlation": {"ActivityID": "FA4A0DE6-E8A8-5D2F-0000-001094619900"},
    "Execution": {"ProcessID": 2440, "ThreadID": 3144},
    "Security": {"UserID": "S-1-5-18"},
}
DATA = {"Image": "a.exe", "ProcessId": 7, "Empty": "", "Nothing": None}
EVTX_DUMP = {
    "#attributes": {"xmlns": "x"},
    "System": {**PLAIN, "EventID": 1, **{name: {"#attributes": value} for name, value in ATTRIBUTES.items()}},
    "EventData": DATA,
}
SEPARATE = {
    "System": {
        **PLAIN,
        "EventID": 1,
        "EventID_attributes": {"Qualifiers": 2},
        **{f"{n}_attributes": v for n, v in ATTRIBUTES.items()},
    },
    "EventData": {**DATA, "EventData_attributes": {"Name": "x"}},
    "UserData_attributes": {"a": 1},
}
PYTHON_EVTX = {
    "@xmlns": "x",
    "System": {
        **{name: str(value) for name, value in PLAIN.items()},
        "EventID": {"@Qualifiers": "", "#text": "1"},
        **{name: {f"@{key}": str(inner) for key, inner in value.items()} for name, value in ATTRIBUTES.items()},
    },
    "EventData": {
        "Data": [
            {"@Name": "Image", "#text": "a.exe"}, {"@Name": "ProcessId", "#text": "7"}, {"@Name": "Empty", "#text": None}, {"@Name": "No"},
        ]
    },
}  # fmt: skip
VELOCIRAPTOR = {
    "System": {**PLAIN, "EventID": {"Value": 1}, **ATTRIBUTES, "TimeCreated": {"SystemTime": 1714564800.25}},
    "EventData": DATA,
}


@pytest.mark.parametrize(
    "record",
    [
        {"Event": EVTX_DUMP},
        {"Event": SEPARATE, "Event_attributes": {"xmlns": "x"}},
        {"Event": PYTHON_EVTX},
        SEPARATE,
        {
            "group": "Sigma",
            "kind": "individual",
            "document": {"kind": "evtx", "path": "a.evtx", "data": {"Event": SEPARATE}},
        },
    ],
    ids=["evtx_dump", "separate", "python-evtx", "bare", "chainsaw"],
)
def test_every_tools_form_is_the_same_event(record):
    found = shaped(record)

    assert (found.kind, found.shape) == ((SYSMON, 1), "evtx_dump")
    assert raw(found) == EXPECTED


def test_a_time_that_is_a_number_is_seconds():
    found = shaped(VELOCIRAPTOR)

    assert found.kind == (SYSMON, 1)
    assert raw(found) == {
        **EXPECTED,
        "@timestamp": "2024-05-01T12:00:00.250000+00:00",
        "winlog.time_created": "2024-05-01T12:00:00.250000+00:00",
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, {}),
        ({}, {}),
        ("", {}),
        ("text", {"param1": "text"}),
        ({"Data": "one"}, {"param1": "one"}),
        ({"Data": ["one", None, "three"]}, {"param1": "one", "param3": "three"}),
        (
            {"Data": {"#text": ["one", "", "three"]}, "Binary": "00"},
            {"param1": "one", "param3": "three", "Binary": "00"},
        ),
        ({"Data": {"#text": "one"}}, {"param1": "one"}),
        ({"Data": {"#attributes": {"Name": "A"}, "#text": "b"}}, {"A": "b"}),
        (
            {"Data": [{"#attributes": {"Name": "A"}, "#text": "b"}, {"@Name": "A", "#text": "c"}, "d"]},
            {"A": "b", "param3": "d"},
        ),
        ({"A": {"#attributes": {"Type": "x"}, "#text": "b"}}, {"A": "b"}),
        ({"A": ["b", "c"]}, {"A": ["b", "c"]}),
        ({"A": {"B": {"C": 1}}}, {"A.B.C": "1"}),
        ({"A": True, "B": False, "C": 0}, {"A": "true", "B": "false", "C": "0"}),
        ({"A": "00000000-0000-0000-0000-000000000000"}, {"A": "{00000000-0000-0000-0000-000000000000}"}),
        ({"A": "fa4a0de6-e8a8-5d2f-0000-001094619900"}, {"A": "fa4a0de6-e8a8-5d2f-0000-001094619900"}),
    ],
)
def test_each_form_of_event_data(data, expected):
    made = raw(from_event({"System": {"EventID": 1}, "EventData": data}, "evtx"), only="winlog.event_data.")

    assert {name.removeprefix("winlog.event_data."): value for name, value in made.items()} == expected


def test_user_data_is_the_fields_of_its_one_element():
    data = {"#attributes": {}, "Cleared": {"#attributes": {"xmlns": "x"}, "User": "a", "Inner": {"B": 1}, "Empty": ""}}

    assert raw(from_event({"System": {"EventID": 1102}, "UserData": data}, "evtx"), only="winlog.user_data.") == {
        "winlog.user_data.xml_name": "Cleared",
        "winlog.user_data.User": "a",
        "winlog.user_data.Inner.B": "1",
    }


def test_the_quick_way_and_the_general_one_agree():
    found = evtx_event.shaped(EVTX_DUMP)
    quick = evtx_event.renamed(columns([found.document], evtx_event.paths(frozenset(EXPECTED))))

    assert found.kind == from_event(EVTX_DUMP, "evtx").kind
    assert {name: column.to_pylist()[0] for name, column in quick.items()} == EXPECTED


def test_both_ways_lead_to_the_same_columns():
    general = from_event({"System": {"Channel": "b"}, "EventData": {"Data": "x"}}, "evtx").document
    documents = [
        {"System": {"Channel": "a", "EventID": {"#text": 1}}, "EventData": {"A": ""}},
        {
            "System": {"EventID": 2},
            "EventData": {"#attributes": {"Name": "x"}, "A": {"#attributes": {"B": "c"}, "#text": "d"}},
        },
        general,
    ]

    found = evtx_event.renamed(columns(documents, None))

    assert {name: column.to_pylist() for name, column in found.items()} == {
        "winlog.channel": ["a", None, "b"],
        "winlog.event_id": ["1", "2", None],
        "winlog.event_data.A": [None, "d", None],
        "winlog.event_data.param1": [None, None, "x"],
    }


def test_a_forwarded_event_has_its_message():
    event = {
        **EVTX_DUMP,
        "RenderingInfo": {"#attributes": {"Culture": "en-US"}, "Message": "Process Create", "Level": "Information"},
    }

    assert raw(from_event(event, "evtx"))["message"] == "Process Create"
    assert evtx_event.renamed(columns([event], None))["message"].to_pylist() == ["Process Create"]


@pytest.mark.parametrize(
    "system", [None, {}, {"Provider": None, "EventID": None}, {"Provider": "x", "EventID": []}, {"EventID": {"a": {}}}]
)
def test_an_event_that_says_next_to_nothing_is_an_event(system):
    event = {"System": system, "EventData": {"A": "b"}}

    assert from_event(event, "evtx").kind == evtx_event.shaped(event).kind == ("", 0)
