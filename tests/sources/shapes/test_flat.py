"""Flat events."""

from __future__ import annotations

from tests.sources.shapes.raw import raw

from comtrap.sources.shapes.shape import shaped

SYSMON = "Microsoft-Windows-Sysmon"
NXLOG = {
    "EventTime": "2024-05-01 14:00:00", "Hostname": "host1.example.net", "Keywords": -9223372036854775808, "EventType": "INFO",
    "SeverityValue": 2, "Severity": "INFO", "EventID": 13, "SourceName": SYSMON, "ProviderGuid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
    "Version": 2, "Task": 13, "OpcodeValue": 0, "RecordNumber": 71, "ExecutionProcessID": 2440, "ThreadID": 3144,
    "Channel": "Microsoft-Windows-Sysmon/Operational", "Domain": "NT AUTHORITY", "AccountName": "SYSTEM", "UserID": "S-1-5-18",
    "AccountType": "User", "Message": "Registry value set:\r\nRuleName: -\r\nEventType: SetValue\r\nImage: a.exe",
    "Category": "Registry value set (rule: RegistryEvent)", "Opcode": "Info", "TargetObject": "HKLM\\x", "Details": "1",
    "EventReceivedTime": "2024-05-01 14:00:01", "SourceModuleName": "in", "SourceModuleType": "im_msvistalog",
    "@timestamp": "2024-05-01T12:00:00.250Z", "@version": "1", "port": 5, "host": "relay", "tags": ["a", "b"],
}  # fmt: skip


def test_an_nxlog_event_is_winlogbeats():
    found = shaped(NXLOG)

    assert (found.kind, found.shape) == ((SYSMON, 13), "nxlog")
    assert raw(found, but="nxlog.") == {
        "@timestamp": "2024-05-01T12:00:00.250Z",
        "message": NXLOG["Message"],
        "tags": ["a", "b"],
        "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
        "winlog.computer_name": "host1.example.net",
        "winlog.event_data.Details": "1",
        "winlog.event_data.EventType": "SetValue",
        "winlog.event_data.TargetObject": "HKLM\\x",
        "winlog.event_id": "13",
        "winlog.keywords": "-9223372036854775808",
        "winlog.level": "information",
        "winlog.opcode": "Info",
        "winlog.process.pid": "2440",
        "winlog.process.thread.id": "3144",
        "winlog.provider_guid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
        "winlog.provider_name": SYSMON,
        "winlog.record_id": "71",
        "winlog.task": "Registry value set (rule: RegistryEvent)",
        "winlog.user.domain": "NT AUTHORITY",
        "winlog.user.identifier": "S-1-5-18",
        "winlog.user.name": "SYSTEM",
        "winlog.user.type": "User",
        "winlog.version": "2",
    }


def test_what_the_shippers_wrote_is_kept_apart_from_the_events_data():
    assert set(raw(shaped(NXLOG), only="nxlog.")) == {
        "nxlog.@version", "nxlog.EventReceivedTime", "nxlog.EventTime", "nxlog.OpcodeValue", "nxlog.Severity", "nxlog.SeverityValue",
        "nxlog.SourceModuleName", "nxlog.SourceModuleType", "nxlog.host", "nxlog.port",
    }  # fmt: skip


def test_an_event_type_that_nothing_tells_is_none():
    found = shaped({k: v for k, v in NXLOG.items() if k != "Message"})

    assert "winlog.event_data.EventType" not in raw(found)


def test_an_event_type_of_sysmons_own_stays():
    found = shaped({**NXLOG, "EventType": "DeleteValue", "EventTypeOrignal": "INFO"})

    assert raw(found)["winlog.event_data.EventType"] == "DeleteValue"
    assert raw(found)["nxlog.EventTypeOrignal"] == "INFO"


def test_the_result_of_an_audit_is_its_keyword():
    record = {
        "EventID": 4625,
        "Channel": "Security",
        "EventType": "AUDIT_FAILURE",
        "Keywords": 1,
        "EventReceivedTime": "x",
    }

    assert raw(shaped(record))["winlog.keywords"] == ["Audit Failure"]


def test_without_nxlogs_own_fields_only_the_common_names_are_the_systems():
    found = shaped({
        "EventID": "4688", "Channel": "security", "SourceName": "Microsoft-Windows-Security-Auditing", "Hostname": "host1",
        "TimeCreated": "2024-05-01 12:00:00.250", "Level": "0", "UserID": "data", "Domain": "data", "Version": "data",
    })  # fmt: skip

    assert found.kind == ("Microsoft-Windows-Security-Auditing", 4688)
    made = raw(found)
    assert made["@timestamp"] == made["winlog.time_created"] == "2024-05-01T12:00:00.250Z"
    assert made["winlog.channel"] == "security"
    assert [made[f"winlog.event_data.{n}"] for n in ("UserID", "Domain", "Version")] == ["data"] * 3


def test_a_provider_that_was_lost_is_told_by_the_channel():
    found = shaped({"EventID": 1, "Channel": "microsoft-windows-sysmon/OPERATIONAL", "Image": "a.exe"})

    assert found.kind == (SYSMON, 1)
    assert raw(found)["winlog.provider_name"] == SYSMON


def test_a_channel_that_tells_no_provider_leaves_it_open():
    found = shaped({"EventID": 7, "Channel": "Application", "A": "b"})

    assert found.kind == ("", 7)
    assert "winlog.provider_name" not in raw(found)


def test_bare_fields_of_sysmon_are_an_event_of_sysmon():
    found = shaped({"EventId": 13, "UtcTime": "2024-05-01 12:00:00.250", "Image": "a.exe", "RuleName": None})

    assert (found.kind, found.shape) == ((SYSMON, 13), "sysmon_flat")
    assert raw(found) == {
        "@timestamp": "2024-05-01T12:00:00.250Z",
        "winlog.event_data.Image": "a.exe",
        "winlog.event_data.UtcTime": "2024-05-01 12:00:00.250",
        "winlog.event_id": "13",
        "winlog.provider_name": SYSMON,
    }


def test_an_object_that_merely_has_an_event_id_is_no_event_of_sysmon():
    assert shaped({"EventId": 13, "name": "x"}).shape == "ecs"
    assert shaped({"EventId": "none", "Image": "x"}).shape == "ecs"
