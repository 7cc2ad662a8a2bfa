from __future__ import annotations

import pytest

from comtrap.com.catalogue import catalogue
from comtrap.com.find import MOST, NEAR, find

CMSTPLUA = "{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"
BARE = CMSTPLUA.strip("{}")


@pytest.mark.parametrize(
    "text",
    [
        CMSTPLUA,
        BARE.lower(),
        f"HKCR\\CLSID\\{CMSTPLUA}",
        f"HKEY_CURRENT_USER\\Software\\Classes\\CLSID\\{CMSTPLUA}\\InprocServer32\\",
        f"CLSID:{CMSTPLUA}",
        f"clsid:{BARE}",
        f"new:{CMSTPLUA}",
        f"Elevation:Administrator!new:{CMSTPLUA.lower()}",
        f"shell:::{CMSTPLUA}",
        f"C:\\Windows\\System32\\dllhost.exe /Processid:{CMSTPLUA}",
        f"HKCR\\AppID\\{CMSTPLUA}",
        f"  {CMSTPLUA}\n",
    ],
)
def test_an_id_is_found_in_any_wrapping(text):
    answer = find(text)
    assert answer.id == CMSTPLUA
    assert [o.name for o in answer.found] == ["CMSTPLUA"]
    assert answer.near == ()


@pytest.mark.parametrize(
    "text", ["MMC20.Application", "mmc20.application.1", "HKCR\\MMC20.Application", "HKCR\\MMC20.Application\\", "progid:MMC20.Application"]
)  # fmt: skip
def test_a_progid_is_found_in_any_wrapping(text):
    assert [o.progids for o in find(text).found] == [("MMC20.Application",)]


def test_an_interface_names_the_classes_that_have_it():
    names = [o.name for o in find("{D30C1661-CDAF-11D0-8A3E-00C04FC9E26E}").found]
    assert "Internet Explorer" in names
    assert len(names) > 1


def test_an_application_names_the_class_that_runs_in_it():
    # Where it is in the catalogue itself, that entry speaks.
    assert find("{BD54C901-076B-434E-B6C7-17C531F4AB41}").found[0].kind == ("application",)


def test_words_find_objects_the_abused_ones_first():
    found = find("task SCHEDULER").found
    assert found[0].progids == ("Schedule.Service",)
    many = find("shell")
    assert [o.ordinary for o in many.found] == sorted(o.ordinary for o in many.found)


def test_what_words_find_is_bounded_and_the_rest_counted():
    answer = find("e")
    assert len(answer.found) == MOST
    assert answer.more > len(catalogue()) // 2


@pytest.mark.parametrize("text", ["6edd6d74", "icmluautil"])
def test_a_part_of_an_interface_is_enough(text):
    assert CMSTPLUA in [o.id for o in find(text).found]


def test_a_slip_is_answered_with_what_is_spelt_alike():
    assert find("MMC20.Aplication").near[0] == "MMC20.Application"
    assert find(CMSTPLUA.replace("3E5F", "3E5E")).near == (CMSTPLUA,)
    assert all(len(find(text).near) <= NEAR for text in ("Excel.Aplication", "wscript.sell"))


@pytest.mark.parametrize("text", ["", " ", "\\", "no.such.thing.at.all", "{}", "x" * 2_000_000, "\x1b[2J", "\ud800"])
def test_what_is_not_known_is_said_to_be(text):
    answer = find(text)
    assert (answer.asked, answer.id, answer.found) == (text, None, ())


def test_an_unknown_id_is_named_in_one_spelling():
    answer = find("hkcr\\clsid\\{deadbeef-0000-4000-8000-00000000abcd}")
    assert (answer.id, answer.found, answer.near) == ("{DEADBEEF-0000-4000-8000-00000000ABCD}", (), ())
