from __future__ import annotations

import pytest

from comtrap.normalise.registry import data, parts


@pytest.mark.parametrize(
    ("path", "hive", "key", "value"),
    [
        (r"HKU\S-1\Software\Key", "HKU", r"S-1\Software\Key", "Key"),
        (r"HKEY_LOCAL_MACHINE\A\(Default)", "HKLM", r"A\(Default)", "(Default)"),
        (r"\REGISTRY\A\{x}\y", None, None, "y"),
        ("HKCR", "HKCR", None, "HKCR"),
        (r"hklm\a", None, None, "a"),
        ("HKLM\\A\\\\", "HKLM", "A", "A"),
    ],
)
def test_a_path_has_elastics_parts(path, hive, key, value):
    assert parts(path) == {"hive": hive, "key": key, "value": value}


@pytest.mark.parametrize(
    ("details", "kind", "strings"),
    [
        ("DWORD (0x0000000A)", "SZ_DWORD", ["10"]),
        ("QWORD (0x00000001-0x00000002)", "SZ_QWORD", ["258"]),
        ("Binary Data", "REG_BINARY", ["Binary Data"]),
        ("%%TEMP%%\\x", "REG_SZ", ["%%TEMP%%\\x"]),
        ("DWORD (0x1)", "REG_SZ", ["DWORD (0x1)"]),
        ("(Empty)", "REG_SZ", ["(Empty)"]),
    ],
)
def test_data_has_elastics_types(details, kind, strings):
    assert data(details) == {"type": kind, "strings": strings}
