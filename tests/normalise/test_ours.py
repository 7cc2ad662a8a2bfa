from __future__ import annotations

import base64

import pytest
from tests.normalise.build import POWERSHELL, SECURITY, SYSMON, at, event, raw

from comtrap.events.raw import ECS
from comtrap.normalise.normalise import to_documents
from comtrap.normalise.ours import data, entity_id, made_entity_id, operation, source

GUID = "{11111111-2222-3333-4444-555555555555}"
SID = "S-1-5-21-1-2-3-1001"
CLASS = rf"CLSID\{GUID}\InprocServer32"


def ecs(**columns):
    """The document of an ECS record; underscores in names stand for dots."""
    record = {"@timestamp": "2024-03-01T10:00:00Z", "agent.type": "endpoint"}
    return to_documents(raw(ECS, [record | {k.replace("__", "."): v for k, v in columns.items()}]))[0]


@pytest.mark.parametrize("written", [GUID.upper(), GUID.strip("{}"), GUID])
def test_an_entity_id_has_one_spelling(written):
    assert entity_id(written) == GUID


def test_an_entity_id_of_another_shape_stays_as_it_is():
    assert entity_id("YWJjLTEyMw==") == "YWJjLTEyMw=="


def test_a_made_entity_id_tells_hosts_pids_and_times_apart():
    made = {made_entity_id(host, pid, start) for host in "ab" for pid in "12" for start in "xy"}
    assert len(made) == 8
    assert made_entity_id("a", None, "x") is None
    assert entity_id(made_entity_id("a", "1", "x")) == made_entity_id("a", "1", "x")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Microsoft-Windows-Sysmon", None, None, None), "sysmon"),
        (("Microsoft-Windows-Security-Auditing", "security", None, "winlogbeat"), "security"),
        (("PowerShell", None, None, None), "powershell"),
        (("Microsoft-Windows-TaskScheduler", None, None, None), "taskscheduler"),
        (("Service Control Manager", "System", None, None), "system"),
        (("X", "X/Operational", None, None), "other"),
        ((None, None, "endpoint.events.file", None), "endpoint"),
        ((None, None, None, "endpoint"), "endpoint"),
        ((None, None, None, None), "other"),
    ],
)
def test_an_event_has_a_source(arguments, said):
    assert source(*arguments) == said


@pytest.mark.parametrize(
    ("arguments", "done"),
    [
        (("SetValue", None, None, "x", "13"), "set_value"),
        (("DeleteValue", None, None, "x", "12"), "delete_value"),
        (("CreateKey", None, None, "x", "12"), "create_key"),
        (("DeleteKey", None, None, "x", "12"), "delete_key"),
        (("RenameKey", None, None, "x", "14"), "rename"),
        (("INFO", None, None, "x", "13"), "set_value"),
        (("INFO", None, None, "x", "12"), None),
        ((None, "%%1904", None, "x", "4657"), "set_value"),
        ((None, "%%1906", None, "x", "4657"), "delete_value"),
        ((None, None, "modification", None, None), "set_value"),
        ((None, None, "creation", None, None), "create_key"),
        ((None, None, "deletion", "x", None), "delete_value"),
        ((None, None, "query", "x", None), None),
    ],
)
def test_what_was_done_to_the_registry_is_told_in_one_way(arguments, done):
    assert operation("path", *arguments) == done


@pytest.mark.parametrize(
    ("details", "kind", "strings"),
    [
        ("DWORD (0x0000000A)", "REG_DWORD", ["10"]),
        ("QWORD (0x00000001-0x00000002)", "REG_QWORD", ["4294967298"]),
        ("Binary Data", "REG_BINARY", ["Binary Data"]),
        ("%%TEMP%%\\x", "REG_SZ", ["%TEMP%\\x"]),
    ],
)
def test_data_of_sysmon_are_made_plain(details, kind, strings):
    assert data(None, details, None, "sysmon") == {"type": kind, "strings": strings}


def test_data_of_other_sources_are_plain():
    assert data("%%x", None, "REG_SZ", "endpoint") is None


def test_data_of_sysmon_without_its_details_are_mended():
    assert data("5", None, "SZ_DWORD", "sysmon") == {"type": "REG_DWORD", "strings": ["5"]}


VIEW = {"scope": "user", "sid": SID, "value": "", "classes_path": CLASS, "view": 64, "operation": "set_value"}


@pytest.mark.parametrize(
    "document",
    [
        event((SYSMON, 13), {"EventType": "SetValue", "TargetObject": rf"HKU\{SID}_Classes\{CLASS}\(Default)"}),
        event(
            (SECURITY, 4657),
            {"ObjectName": rf"\REGISTRY\USER\{SID}_Classes\{CLASS}", "ObjectValueName": "-", "OperationType": "%%1904"},
        ),
        ecs(
            event__action="modification",
            event__category="registry",
            registry__path=rf"HKEY_USERS\{SID}_Classes\{CLASS}" + "\\",
            registry__key=rf"{SID}_Classes\{CLASS}",
            registry__value="",
        ),
    ],
    ids=["sysmon", "security", "endpoint"],
)
def test_one_write_has_one_view_whoever_saw_it(document):
    found = at(document, "comtrap.registry")
    assert {k: found.get(k) for k in VIEW} == VIEW
    assert at(document, "comtrap.com.clsid") == [GUID.upper()]


def test_a_value_may_have_backslashes_where_the_source_tells_it_apart():
    document = ecs(
        event__action="modification", registry__path=r"HKLM\SOFTWARE\x\C:\dir\a.exe", registry__value=r"C:\dir\a.exe"
    )
    assert at(document, "comtrap.registry.key") == r"SOFTWARE\x"
    assert at(document, "comtrap.registry.value") == r"C:\dir\a.exe"


def test_a_key_of_sysmon_without_its_event_type_is_no_value():
    document = event((SYSMON, 12), {"TargetObject": r"HKLM\SOFTWARE\x"})
    assert at(document, "comtrap.registry.key") == r"SOFTWARE\x"
    assert at(document, "comtrap.registry.value") is None


def encoded(text):
    return base64.b64encode(text.encode("utf-16-le")).decode()


def test_class_ids_are_found_in_encoded_commands():
    line = f"powershell -enc {encoded(f'[type]::GetTypeFromCLSID({GUID!r})')}"
    document = event((SYSMON, 1), {"CommandLine": line, "Image": "C:\\p.exe"})
    assert at(document, "comtrap.com.clsid") == [GUID.upper()]
    assert at(document, "comtrap.process.decoded_command") == [f"[type]::GetTypeFromCLSID({GUID!r})"]


def test_class_ids_are_found_in_scripts_and_what_they_ran():
    script = event((POWERSHELL, 4104), {"ScriptBlockText": f"x '{GUID}'", "MessageNumber": "1", "MessageTotal": "1"})
    payload = f'ParameterBinding(New-Object): name="x"; value="{GUID}"'
    assert at(script, "comtrap.com.clsid") == [GUID.upper()]
    assert at(event((POWERSHELL, 4103), {"Payload": payload}), "comtrap.com.clsid") == [GUID.upper()]


def test_what_a_surrogate_serves_is_an_application():
    document = event((SYSMON, 1), {"CommandLine": f"DllHost.exe /Processid:{GUID}"})
    assert at(document, "comtrap.com.appid") == [GUID.upper()]
    assert at(document, "comtrap.com.clsid") is None


def test_a_parents_command_line_is_made_plain_and_decoded():
    document = event((SYSMON, 1), {"ParentCommandLine": f'"p^owershell"  -e {encoded("dir a")}'})
    assert at(document, "comtrap.process.parent.plain_command_line") == f"powershell -e {encoded('dir a')}"
    assert at(document, "comtrap.process.parent.decoded_command") == ["dir a"]
