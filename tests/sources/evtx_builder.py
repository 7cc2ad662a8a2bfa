"""Event log files written from scratch: real chunks, real BinXml, as small as they can be."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime
from uuid import UUID

CHUNK, FIRST = 65536, 512
NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


class Typed:
    """A value as the log stores it: its type's number and bytes."""

    def __init__(self, kind: int, data: bytes) -> None:
        self.kind, self.data = kind, data


def text(value: str) -> Typed:
    return Typed(0x01, value.encode("utf-16-le"))


def guid(value: str) -> Typed:
    return Typed(0x0F, UUID(value).bytes_le)


def u32(value: int) -> Typed:
    return Typed(0x08, struct.pack("<I", value))


def boolean(value: bool) -> Typed:
    return Typed(0x0D, struct.pack("<I", value))


def hex64(value: int) -> Typed:
    return Typed(0x15, struct.pack("<Q", value))


def filetime(moment: datetime) -> Typed:
    return Typed(0x11, struct.pack("<Q", _ticks(moment)))


NOTHING = Typed(0x00, b"")


class _Xml:
    """BinXml of one record, written at a known offset of its chunk; values go to a template's table."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.out = bytearray()
        self.values: list[Typed] = []

    def name(self, name: str) -> None:
        """A name where it is used first: every one is."""
        here = self.offset + len(self.out) + 4
        self.out += struct.pack("<IIHH", here, 0, _hash(name), len(name)) + name.encode("utf-16-le") + b"\0\0"

    def value(self, value: str | Typed) -> None:
        if isinstance(value, Typed):
            self.out += struct.pack("<BHB", 0x0E, len(self.values), value.kind)
            self.values.append(value)
        else:
            self.out += struct.pack("<BBH", 0x05, 0x01, len(value)) + value.encode("utf-16-le")

    def element(self, name: str, attributes: dict[str, str | Typed], *children: object) -> None:
        """An element; a child is a value or a function that writes elements."""
        self.out += struct.pack("<BHI", 0x41 if attributes else 0x01, 0xFFFF, 0)
        size_at = len(self.out) - 4
        self.name(name)
        if attributes:
            self.out += struct.pack("<I", 0)
            list_at = len(self.out)
            for number, (key, value) in enumerate(attributes.items(), 1):
                self.out += bytes((0x46 if number < len(attributes) else 0x06,))
                self.name(key)
                self.value(value)
            struct.pack_into("<I", self.out, list_at - 4, len(self.out) - list_at)
        self.out += b"\x02"
        for child in children:
            child() if callable(child) else self.value(child)
        self.out += b"\x04"
        struct.pack_into("<I", self.out, size_at, len(self.out) - size_at - 4)


def record(event, offset: int, number: int) -> bytes:
    """A record whose event is written by ``event(xml)``, at an offset of its chunk."""
    definition = offset + 24 + 4 + 10  # after the record's header, the fragment's, and the template instance's
    xml = _Xml(definition + 24 + 4)
    event(xml)
    body = b"\x0f\x01\x01\0" + bytes(xml.out) + b"\0"
    values = struct.pack("<I", len(xml.values))
    values += b"".join(struct.pack("<HBB", len(v.data), v.kind, 0) for v in xml.values)
    values += b"".join(v.data for v in xml.values)
    template = struct.pack("<I16sI", 0, number.to_bytes(16, "little"), len(body)) + body
    instance = b"\x0f\x01\x01\0" + struct.pack("<BBII", 0x0C, 1, number, definition) + template + values + b"\0"
    size = 24 + len(instance) + 4
    size += -size % 8
    head = struct.pack("<4sIQQ", b"**\0\0", size, number, _ticks(datetime(2024, 5, 1, tzinfo=UTC)))
    return (head + instance).ljust(size - 4, b"\0") + struct.pack("<I", size)


def chunk(events, first: int = 1) -> bytes:
    """One chunk of these events, numbered from `first`."""
    out = bytearray(FIRST)
    last = FIRST
    for number, event in enumerate(events, first):
        last = len(out)
        out += record(event, last, number)
    assert len(out) <= CHUNK
    used = len(out)
    out += bytes(CHUNK - used)
    end = first + len(events) - 1
    struct.pack_into("<8sQQQQIII", out, 0, b"ElfChnk\0", first, end, first, end, 128, last, used)
    struct.pack_into("<I", out, 52, zlib.crc32(out[FIRST:used]))
    struct.pack_into("<I", out, 124, zlib.crc32(out[:120] + out[128:FIRST]))
    return bytes(out)


def file(*chunks: bytes) -> bytes:
    """A whole file."""
    out = bytearray(4096)
    struct.pack_into("<8sQQQIHHHH", out, 0, b"ElfFile\0", 0, max(0, len(chunks) - 1), 1, 128, 1, 3, 4096, len(chunks))
    struct.pack_into("<I", out, 124, zlib.crc32(out[:120]))
    return bytes(out) + b"".join(chunks)


def event(
    code=1, number=1, *, provider="Microsoft-Windows-Sysmon", channel="Microsoft-Windows-Sysmon/Operational", **data
):
    """An ordinary event with named data; `body` instead writes whatever follows the System element."""
    body = data.pop("body", None)

    def written(xml: _Xml) -> None:
        def system() -> None:
            xml.element("Provider", {"Name": provider, "Guid": guid("5770385f-c22a-43e0-bf4c-06f5698ffbd9")})
            xml.element("EventID", {}, u32(code))
            xml.element("Version", {}, u32(5))
            xml.element("Level", {}, u32(4))
            xml.element("Task", {}, u32(code))
            xml.element("Opcode", {}, u32(0))
            xml.element("Keywords", {}, hex64(0x8000000000000000))
            xml.element("TimeCreated", {"SystemTime": filetime(datetime(2024, 5, 1, 12, 0, 0, 250000, tzinfo=UTC))})
            xml.element("EventRecordID", {}, u32(1000 + number))
            xml.element("Execution", {"ProcessID": u32(2440), "ThreadID": u32(3144)})
            xml.element("Channel", {}, channel)
            xml.element("Computer", {}, "host1.example.net")
            xml.element("Security", {"UserID": "S-1-5-18"})

        def event_data() -> None:
            for name, value in data.items():
                xml.element("Data", {"Name": name}, value)

        following = (lambda: body(xml)) if body else (lambda: xml.element("EventData", {}, event_data))
        xml.element("Event", {"xmlns": NAMESPACE}, lambda: xml.element("System", {}, system), following)

    return written


def _hash(name: str) -> int:
    value = 0
    for character in name:
        value = (value * 65599 + ord(character)) & 0xFFFFFFFF
    return value & 0xFFFF


def _ticks(moment: datetime) -> int:
    return int((moment - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000)
