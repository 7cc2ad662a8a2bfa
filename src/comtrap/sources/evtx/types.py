"""The types of values in BinXml.

Source: MS-EVEN6 section 2.2.12, table of value types.
"""

from __future__ import annotations

import numpy as np

NULL, TEXT, ANSI, BOOLEAN, BINARY, GUID, SIZE_T, FILETIME, SYSTEMTIME, SID = (
    0x00, 0x01, 0x02, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13,
)  # fmt: skip
FLOAT, DOUBLE, HEX32, HEX64, BINXML, TEXTS = 0x0B, 0x0C, 0x14, 0x15, 0x21, 0x81

INTEGERS = {0x03: "<i1", 0x04: "<u1", 0x05: "<i2", 0x06: "<u2", 0x07: "<i4", 0x08: "<u4", 0x09: "<i8", 0x0A: "<u8"}
"""Whole numbers, as numpy writes their types."""

SIZE = 0xFFFF
"""Where in an entry of a table of values its size stands; its type stands above."""

_SIZES = {BOOLEAN: 4, GUID: 16, FILETIME: 8, SYSTEMTIME: 16, FLOAT: 4, DOUBLE: 8, HEX32: 4, HEX64: 8} | {
    kind: np.dtype(name).itemsize for kind, name in INTEGERS.items()
}

FIXED = np.zeros(256, np.uint16)
"""By type, how long its values are; 0 where that differs."""
FIXED[list(_SIZES)] = list(_SIZES.values())

LOOSE = np.zeros(256, np.uint16)
"""By type, the bits that the size of its values does not have."""
LOOSE[[TEXT, TEXTS]] = 1
LOOSE[[SID, SIZE_T]] = 3

SUPPORTED = np.zeros(256, np.bool_)
"""By type, whether its values are understood here."""
SUPPORTED[[*_SIZES, NULL, TEXT, ANSI, BINARY, SIZE_T, SID, BINXML, TEXTS]] = True
