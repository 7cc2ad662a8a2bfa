from __future__ import annotations

import pytest

from comtrap.com.serving import servers, serves

CMSTPLUA = "{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"


def test_a_surrogate_serves_the_application_on_its_command_line():
    assert serves("DllHost.exe", f"C:\\Windows\\system32\\DllHost.exe /Processid:{CMSTPLUA}").label == "CMSTPLUA"


def test_an_application_nobody_knows_is_named_by_its_id():
    unknown = "{DF000001-7E57-4C0D-9000-00000000C0DE}"
    role = serves("dllhost.exe", f"dllhost.exe /Processid:{unknown}")
    assert (role.label, role.objects) == (f"application {unknown}", ())


@pytest.mark.parametrize("started", ["mmc.exe -Embedding", "mmc.exe /embedding", '"C:\\x\\mmc.exe" -embedding'])
def test_a_program_started_for_embedding_serves_its_only_class(started):
    assert serves("mmc.exe", started).label == "MMC 2.0 application"


def test_a_program_of_several_classes_serves_one_of_them():
    role = serves("explorer.exe", "explorer.exe -Embedding")
    assert role.label == "a class of explorer.exe"
    assert len(role.objects) > 1


@pytest.mark.parametrize("line", ["mmc.exe devmgmt.msc", "mmc.exe C:\\a-embedding.msc", "mmc.exe -embeddings", ""])
def test_a_program_started_otherwise_serves_nothing(line):
    assert serves("mmc.exe", line) is None


def test_abused_objects_of_a_library_come_first():
    assert [o.ordinary for o in servers("SHELL32.dll")] == sorted(o.ordinary for o in servers("shell32.dll"))
    assert servers("no such.dll") == ()
