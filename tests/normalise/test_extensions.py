from __future__ import annotations

import pytest
from tests.normalise.build import POWERSHELL, SECURITY, SYSMON, at, event, raw, record

from comtrap.events.raw import ECS, Origin, RawBatch
from comtrap.normalise.extensions import below_hive, full_path, hive, registry_type
from comtrap.normalise.normalise import normalise, to_documents


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        (r"\REGISTRY\MACHINE\SOFTWARE\x", "y", r"HKLM\SOFTWARE\x\y"),
        (r"\REGISTRY\MACHINE\SOFTWARE\x", "-", "HKLM\\SOFTWARE\\x\\"),
        (r"\REGISTRY\USER\S-1\x", None, "HKEY_USERS\\S-1\\x\\"),
    ],
)
def test_a_written_value_has_the_path_that_endpoint_writes(key, value, path):
    assert full_path(key, value) == path


def test_a_key_of_the_security_log_has_a_hive():
    assert hive(r"\REGISTRY\MACHINE\SOFTWARE\x") == "HKLM"
    assert below_hive(r"\REGISTRY\MACHINE\SOFTWARE\x") == r"SOFTWARE\x"
    assert hive(r"\REGISTRY\A\{x}\y") is None
    assert below_hive(r"\REGISTRY\A\{x}\y") is None


@pytest.mark.parametrize(
    ("code", "name"), [("%%1873", "REG_SZ"), ("%%1876", "REG_DWORD"), ("%%1883", "REG_QWORD"), ("5", None)]
)
def test_a_registry_type_has_its_name(code, name):
    assert registry_type(code) == name


def test_a_host_is_told_by_the_computers_name():
    document = event((SYSMON, 1), {})
    assert at(document, "host") == {
        "name": "ws1.example.test",
        "hostname": "ws1",
        "id": "ws1.example.test",
        "os": {"type": "windows", "family": "windows"},
    }


def test_a_host_of_the_document_stays():
    document = event((SYSMON, 1), {}, **{"host.name": "given", "host.id": "id-1"})
    assert (at(document, "host.name"), at(document, "host.id")) == ("given", "id-1")


def without_host(path, head=""):
    batch = raw(ECS, [{"@timestamp": "2024-03-01T10:00:00Z", "event.code": "1"}])
    return at(to_documents(RawBatch(batch.kind, batch.frame, Origin("test", path, head=head)))[0], "host.id")


def test_a_nameless_host_is_told_by_its_file():
    assert without_host("/a/x.json") == without_host("/b/x.json") != without_host("/a/y.json")
    assert without_host("/a/x.json", head="ab") == without_host("/a/y.json", head="ab") == "?ab"


def test_what_is_filled_is_listed_and_what_the_record_had_is_not():
    document = event((SECURITY, 4657), {"ObjectName": r"\REGISTRY\MACHINE\x"}, **{"registry.path": "given"})
    assert at(document, "registry.path") == "given"
    assert "registry.hive" in at(document, "comtrap.extended")
    assert "registry.path" not in at(document, "comtrap.extended")


def test_the_list_names_ecs_fields_only():
    document = event(("Microsoft-Windows-DistributedCOM", 10010), {"param1": "{11111111-2222-3333-4444-555555555555}"})
    assert not [name for name in at(document, "comtrap.extended") if name.startswith("comtrap.")]


def test_the_parity_form_has_no_extensions():
    document = normalise(
        {"winlog": {"provider_name": SECURITY, "event_id": 4657, "event_data": {"ObjectName": r"\REGISTRY\MACHINE\x"}}}
    )
    assert "registry" not in document
    assert "host" not in document


def test_a_script_runs_in_the_process_that_logs():
    document = event((POWERSHELL, 4104), {}, **{"winlog.process.pid": "42"})
    assert at(document, "process.pid") == 42


def test_a_library_of_an_older_document_is_known_as_both():
    older = {
        "event.category": ["process"],
        "file.path": r"C:\x.dll",
        "file.name": "x.dll",
        "file.hash.sha256": "ab",
        "file.pe.imphash": "cd",
    }
    document = to_documents(raw((SYSMON, 7), [record((SYSMON, 7), **older)]))[0]
    assert at(document, "dll.path") == r"C:\x.dll"
    assert at(document, "dll.pe.imphash") == "cd"
    assert at(document, "event.category") == ["process"]
