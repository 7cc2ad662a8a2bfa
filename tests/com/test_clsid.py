from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.com import clsid

MMC = "{49B2791A-B1AE-4C90-9B8E-E860BA07F889}"
EXCEL = "{00024500-0000-0000-C000-000000000046}"


@pytest.mark.parametrize("text", [MMC, MMC.lower(), MMC[1:-1], f"  {MMC} "])
def test_an_id_has_one_spelling(text):
    assert clsid.canonical(text) == MMC


@pytest.mark.parametrize("text", ["", "{}", MMC[:-2], f"{MMC}{EXCEL}", f"new:{MMC}", MMC.replace("-", "")])
def test_what_is_not_exactly_one_id_is_none(text):
    assert clsid.canonical(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"[activator]::CreateInstance([type]::GetTypeFromCLSID('{MMC[1:-1].lower()}'))", [MMC]),
        (f"rundll32.exe -sta {MMC}", [MMC]),
        (f"script:new:{EXCEL[1:-1]} and {MMC} and {EXCEL}", [EXCEL, MMC]),
        (rf"HKU\S-1-5-21-1-2-3-1001_Classes\CLSID\{MMC.lower()}\InprocServer32", [MMC]),
        (rf"HKCR\Interface\{MMC}\ProxyStubClsid32", []),
        (rf"HKCR\TypeLib\{MMC}\1.0", []),
        (rf"HKCR\AppID\{MMC}", []),
        ("{00000000-0000-0000-0000-000000000000}", []),
        (f"x{MMC[1:-1]}", []),
        ("no ids here", []),
        ("", []),
    ],
)
def test_class_ids_are_found_in_text(text, found):
    assert clsid.find(text) == found


def test_what_a_surrogate_serves_is_an_application_and_no_class():
    line = f"C:\\Windows\\System32\\DllHost.exe /Processid:{MMC.lower()}"
    assert clsid.find(line) == []
    assert clsid.applications(line) == [MMC]


@pytest.mark.parametrize("text", [f"-processid:{MMC}", f'/PROCESSID: "{MMC}"', rf"HKLM\SOFTWARE\Classes\AppID\{MMC}"])
def test_applications_are_found_in_their_spellings(text):
    assert clsid.applications(text) == [MMC]


def test_a_text_full_of_ids_gives_no_more_than_the_limit():
    text = " ".join(f"{{{n:08X}-0000-0000-C000-000000000046}}" for n in range(1, 500))
    assert len(clsid.find(text)) == clsid.LIMIT


@given(st.text())
def test_any_text_is_searched_without_an_error(text):
    assert all(clsid.canonical(found) == found for found in clsid.find(text) + clsid.applications(text))
