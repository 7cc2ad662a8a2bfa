from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.com.registry_path import RegistryPath, abbreviated, canonical

SID = "S-1-5-21-111-222-333-1001"
CLASS = r"CLSID\{11111111-2222-3333-4444-555555555555}\InprocServer32"

OF_USER = [
    rf"HKU\{SID}_Classes\{CLASS}",
    rf"HKU\{SID}_CLASSES\{CLASS}",
    rf"HKEY_USERS\{SID}_Classes\{CLASS}",
    rf"\REGISTRY\USER\{SID}_Classes\{CLASS}",
    rf"\Registry\User\{SID}_Classes\{CLASS}",
    rf"HKU\{SID}\Software\Classes\{CLASS}",
    rf"HKEY_USERS\{SID}\SOFTWARE\CLASSES\{CLASS}",
]
OF_MACHINE = [
    rf"HKCR\{CLASS}",
    rf"HKEY_CLASSES_ROOT\{CLASS}",
    rf"HKLM\SOFTWARE\Classes\{CLASS}",
    rf"hklm\software\classes\{CLASS}",
    rf"HKEY_LOCAL_MACHINE\SOFTWARE\Classes\{CLASS}",
    rf"\REGISTRY\MACHINE\SOFTWARE\Classes\{CLASS}",
    rf"Computer\HKEY_LOCAL_MACHINE\SOFTWARE\Classes\{CLASS}",
    rf"Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Classes\{CLASS}",
    rf"Microsoft.PowerShell.Core\Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Classes\{CLASS}",
]


@pytest.mark.parametrize("path", OF_USER)
@pytest.mark.parametrize("ending", ["\\(Default)", "\\"])
def test_a_users_class_has_one_view(path, ending):
    found = canonical(path + ending, has_value=True)
    assert (found.scope, found.sid, found.classes_path, found.value, found.view) == ("user", SID, CLASS, "", 64)


@pytest.mark.parametrize("path", OF_MACHINE)
@pytest.mark.parametrize("ending", ["\\(Default)", "\\"])
def test_a_machines_class_has_one_view(path, ending):
    found = canonical(path + ending, has_value=True)
    assert (found.scope, found.sid, found.classes_path, found.value, found.view) == ("machine", None, CLASS, "", 64)


@pytest.mark.parametrize("root", ["HKCU", "HKEY_CURRENT_USER"])
def test_the_current_user_has_no_sid(root):
    found = canonical(rf"{root}\Software\Classes\{CLASS}", has_value=False)
    assert found == RegistryPath("user", None, rf"Software\Classes\{CLASS}", None, CLASS, 64)


@pytest.mark.parametrize(
    "path",
    [
        rf"HKU\{SID}_Classes\WOW6432Node\{CLASS}",
        rf"HKU\{SID}_Classes\Wow6432Node\{CLASS}",
        rf"HKCR\WOW6432Node\{CLASS}",
        rf"HKLM\SOFTWARE\Classes\WOW6432Node\{CLASS}",
        rf"HKLM\SOFTWARE\WOW6432Node\Classes\{CLASS}",
    ],
)
def test_the_view_of_32_bits_is_a_number_and_no_part_of_the_path(path):
    found = canonical(path, has_value=False)
    assert (found.classes_path, found.view) == (CLASS, 32)


def test_a_key_keeps_its_last_part():
    found = canonical(rf"HKU\{SID}_Classes\{CLASS}", has_value=False)
    assert (found.key, found.value) == (rf"{SID}_Classes\{CLASS}", None)


def test_a_named_value_is_taken_off_the_key():
    found = canonical(rf"HKCR\{CLASS}\ThreadingModel", has_value=True)
    assert (found.key, found.value, found.classes_path) == (CLASS, "ThreadingModel", CLASS)


def test_a_value_that_looks_like_the_default_one_is_not():
    assert canonical(rf"HKCR\{CLASS}\{{Default}}", has_value=True).value == "{Default}"


@pytest.mark.parametrize(
    ("path", "scope", "sid", "key"),
    [
        (r"HKLM\System\CurrentControlSet\Services\x", "machine", None, r"System\CurrentControlSet\Services\x"),
        (r"HKU\.DEFAULT\Software\x", "user", ".DEFAULT", r".DEFAULT\Software\x"),
        (rf"HKU\{SID}\Software\x", "user", SID, rf"{SID}\Software\x"),
        (r"\REGISTRY\A\{11111111-2222-3333-4444-555555555555}\x", "app", None, None),
        ("HKCR", "machine", None, ""),
    ],
)
def test_a_path_beside_the_classes_has_no_path_below_them(path, scope, sid, key):
    found = canonical(path, has_value=False)
    assert (found.scope, found.sid, found.classes_path) == (scope, sid, None)
    assert key is None or found.key == key


@pytest.mark.parametrize("path", ["", "\\", "C:\\Windows", "HKXX\\a", "\\REGISTRY\\WC\\x", "\\Device\\x"])
def test_a_path_without_a_hive_has_no_view(path):
    assert canonical(path, has_value=True) is None


@pytest.mark.parametrize(
    ("path", "short"),
    [
        (r"\REGISTRY\MACHINE\SOFTWARE\x", r"HKLM\SOFTWARE\x"),
        (r"\Registry\User\S-1-5-18\x", r"HKEY_USERS\S-1-5-18\x"),
        (r"\REGISTRY\MACHINE", "HKLM"),
        (r"\REGISTRY\A\{x}\y", r"\REGISTRY\A\{x}\y"),
        (r"HKEY_LOCAL_MACHINE\x", r"HKEY_LOCAL_MACHINE\x"),
        ("", ""),
    ],
)
def test_the_kernels_names_of_hives_are_abbreviated(path, short):
    assert abbreviated(path) == short


PIECES = st.sampled_from(
    ["", "\\", "HKU", "HKCR", "HKLM", "REGISTRY", "USER", "MACHINE", "A", "Classes", "Software", "WOW6432Node", "_Classes",
     "Computer", "Registry::", "(Default)", SID, "x"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES).map("\\".join)), st.booleans())
def test_any_text_is_read_without_an_error(path, has_value):
    found = canonical(path, has_value=has_value)
    assert found is None or (found.value is None) == (not has_value)
    abbreviated(path)
