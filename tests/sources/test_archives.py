"""Archives and compressed files, as they are read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib

import pytest
from tests.sources.reading import field, file_rows

from comtrap.errors import SourceError
from comtrap.events.origin import Origin
from comtrap.events.problems import Problems
from comtrap.sources import archives, stream
from comtrap.sources.read import read

LINES = b'{"n":1}\n{"n":2}\n'


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def zipped_as(names):
    """Members of any names, of which `zipfile` would change some."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, LINES)
    return out.getvalue()


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def inside(data, passwords=()):
    """What is in an archive, in this process: members and their bytes as far as they go; and the problems."""
    problems = Problems()
    allowance = stream.Allowance(len(data))
    found = []
    try:
        for content in archives.contents(
            stream.Stream(io.BytesIO(data)), Origin("", "input"), allowance, problems, passwords
        ):
            found.append((content.origin.member, stream.exactly(content.stream, 1 << 30)))
    except SourceError as error:
        problems.fail("input", str(error))
    return found, problems


def origins(folder, data):
    """What is read: each member's name and its n; and the problems."""
    path = folder / "input"
    path.write_bytes(data)
    problems = Problems()
    found = [(b.origin.member, b.frame["n"].to_pylist(), b.origin.first) for b in read(str(path), 2, None, problems)]
    return found, problems


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_read_through(tmp_path, pack):
    found, problems = file_rows(tmp_path, pack(LINES))

    assert field(found, "n") == ["1", "2"]
    assert problems.failed == {}


def test_a_gzip_file_of_several_parts_is_one(tmp_path):
    assert field(file_rows(tmp_path, gzip.compress(LINES) + gzip.compress(LINES))[0], "_position") == [0, 1, 2, 3]


@pytest.mark.parametrize("pack", [lambda b: b, gzip.compress, bz2.compress, lzma.compress])
def test_tar_archives_are_read_compressed_or_not(tmp_path, pack):
    found, problems = origins(tmp_path, pack(tarred({"a.json": LINES, "b/c.json": LINES})))

    assert [(member, n) for member, n, _ in found] == [("a.json", ["1", "2"]), ("b/c.json", ["1", "2"])]
    assert problems.failed == {}


def test_event_numbers_run_on_over_members(tmp_path):
    data = zipped({"a": LINES + b"\n\n", "b": b"", "c": LINES, "d": b"[]", "e": b'[{"n":5}]'})

    found, _ = origins(tmp_path, data)

    assert found == [
        ("a", ["1", "2"], 2 << 40),
        ("c", ["1", "2"], (2 << 40) + 2),
        ("e", ["5"], (2 << 40) + 4),
    ]


def test_archives_within_archives_are_named_in_full(tmp_path):
    inner = zipped({"logs.tar.gz": gzip.compress(tarred({"events.json": LINES}))})

    found, problems = origins(tmp_path, zipped({"inner.zip": inner}))

    assert [member for member, _, _ in found] == ["inner.zip!logs.tar.gz!events.json"]
    assert problems.failed == {}


def test_archives_too_deep_within_one_another_are_said(tmp_path):
    data = LINES
    for depth in range(archives.DEPTH + 1):
        data = zipped({f"{depth}.zip": data})

    found, problems = origins(tmp_path, data)

    assert found == []
    assert list(problems.failed.values()) == ["more than 3 archives within one another"]


def test_compression_many_times_over_is_said(tmp_path):
    data = LINES
    for _ in range(8):
        data = gzip.compress(data)

    assert list(origins(tmp_path, data)[1].failed.values()) == ["more than 3 archives within one another"]


def test_what_macos_adds_is_passed_over_and_counted(tmp_path):
    found, problems = origins(tmp_path, zipped({"a": LINES, "__MACOSX/._a": b"\0\5\x16\7", "._b": b"\0\5\x16\7"}))

    assert [member for member, _, _ in found] == ["a"]
    assert problems.notes == {"AppleDouble member": 2}
    assert problems.failed == {}


def test_an_encrypted_member_is_said_and_the_others_read(tmp_path):
    data = bytearray(zipped({"a": LINES, "secret": LINES, "c": LINES}))
    at = data.index(b"secret") - 30
    data[at + 6] |= 1
    at = data.rindex(b"secret") - 46
    data[at + 8] |= 1

    found, problems = origins(tmp_path, bytes(data))

    assert [member for member, _, _ in found] == ["a", "c"]
    assert problems.failed == {f"{tmp_path}/input!secret": archives.ENCRYPTED}


def test_a_broken_member_is_said_and_the_next_read(tmp_path):
    data = bytearray(zipped({"a": LINES + os.urandom(500), "c": LINES}))
    data[31:60] = b"\xff" * 29

    found, problems = origins(tmp_path, bytes(data))

    assert [member for member, _, _ in found] == ["c"]
    assert list(problems.failed) == [f"{tmp_path}/input!a"]


def test_a_member_whose_checksum_is_wrong_is_said(tmp_path):
    data = bytearray(zipped({"a": LINES, "b": LINES}, zipfile.ZIP_STORED))
    data[data.index(b'{"n":2') + 5] = ord("3")

    found, problems = origins(tmp_path, bytes(data))

    assert [member for member, _, _ in found] == ["b"]
    assert "Bad CRC-32" in problems.failed[f"{tmp_path}/input!a"]


def test_a_zip_archive_cut_off_is_said(tmp_path):
    data = zipped({"a": os.urandom(5000)})

    assert "broken zip archive" in origins(tmp_path, data[:3000])[1].failed[f"{tmp_path}/input"]


@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_compressed_file_cut_off_gives_what_there_is(tmp_path, part):
    lines = b"".join(b'{"n":%d,"x":"%s"}\n' % (n, os.urandom(20).hex().encode()) for n in range(2000))
    data = gzip.compress(lines)

    found, problems = file_rows(tmp_path, data[: int(len(data) * part)])

    assert 500 < len(found) < 2000
    assert field(found, "n") == [str(n) for n in range(len(found))]
    assert "breaks off" in problems.failed[f"{tmp_path}/events"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_point_elsewhere_are_names(tmp_path, pack):
    names = ["../../escape.json", "/etc/absolute.json", "C:\\windows.json"]
    before = sorted(tmp_path.parent.parent.iterdir())

    found, problems = origins(tmp_path, pack(dict.fromkeys(names, LINES)))

    assert [member for member, _, _ in found] == names
    assert problems.failed == {}
    assert sorted(tmp_path.parent.parent.iterdir()) == before
    assert [p.name for p in tmp_path.iterdir()] == ["input"]


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/", "\\", "C:", "\n", "\x1b[2J", "!", "n" * 1024])
def test_a_member_of_any_name_is_read_and_what_follows_it(tmp_path, name):
    found, problems = origins(tmp_path, zipped_as([name, "b"]))

    assert [(member, n) for member, n, _ in found] == [(name, ["1", "2"]), ("b", ["1", "2"])]
    assert problems.failed == {}


def test_a_tar_member_without_a_name_is_read(tmp_path):
    found, _ = origins(tmp_path, tarred({"a": LINES, "": LINES, "b": LINES}))

    assert [member for member, _, _ in found] == ["a", "", "b"]


def test_members_of_one_name_are_all_read(tmp_path):
    found, _ = origins(tmp_path, zipped_as(["a", "b"]).replace(b"b", b"a"))

    assert [(member, first - (2 << 40)) for member, _, first in found] == [("a", 0), ("a", 2)]


def test_a_name_that_ends_at_a_zero_byte_is_what_is_before_it(tmp_path):
    found, _ = origins(tmp_path, zipped_as(["a?b"]).replace(b"a?b", b"a\0b"))

    assert [member for member, _, _ in found] == ["a"]


def test_a_link_is_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_bytes(LINES)
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, str(target))

    found, problems = origins(tmp_path, out.getvalue())

    assert found == []
    assert list(problems.failed) == [f"{tmp_path}/input!link"]


@pytest.mark.parametrize("method", [1, 6, 93, 95, 98, 99])
@pytest.mark.parametrize("flags", [0, 1])
def test_a_method_that_is_not_read_costs_its_member(tmp_path, method, flags):
    data = bytearray(zipped_as(["a", "b"]))
    at, listed = data.index(b"PK\3\4"), data.index(b"PK\1\2")
    data[at + 6], data[at + 8], data[listed + 8], data[listed + 10] = flags, method, flags, method

    found, problems = origins(tmp_path, bytes(data))

    assert [member for member, _, _ in found] == ["b"]
    assert list(problems.failed) == [f"{tmp_path}/input!a"]


def test_a_name_longer_than_any_path_is_cut(tmp_path):
    assert [member for member, _, _ in origins(tmp_path, zipped_as(["n" * 65_000]))[0]] == ["n" * 1024 + "\u2026"]


def test_a_bomb_is_not_unpacked_to_its_end(monkeypatch):
    monkeypatch.setattr(stream, "FREE_BYTES", 1 << 20)
    bomb = zipped({"a": LINES, "bomb": b"\n" * (8 << 20), "after": LINES})

    found, problems = inside(bomb)

    assert [member for member, _ in found] == ["a"]
    assert "unpacks to more than" in problems.failed["input"]


def test_a_bomb_in_an_archive_in_an_archive_is_not_unpacked_to_its_end(monkeypatch):
    monkeypatch.setattr(stream, "FREE_BYTES", 1 << 20)
    bomb = zipped({"inner.zip": zipped({"a": b"\n" * (8 << 20)})})

    assert "unpacks to more than" in inside(bomb)[1].failed["input"]


def test_more_members_than_any_collection_has_are_not_read(monkeypatch):
    monkeypatch.setattr(archives, "MEMBERS", 3)
    members = {str(n): LINES for n in range(5)}
    for data in (zipped(members), tarred(members)):
        found, problems = inside(data)

        assert [member for member, _ in found] == ["0", "1", "2"]
        assert "more than 3 members" in problems.failed["input"]


def test_a_member_that_is_no_log_is_said_by_name(tmp_path):
    found, problems = origins(tmp_path, zipped({"README.txt": b"Read me.\n", "a": LINES}))

    assert [member for member, _, _ in found] == ["a"]
    assert "text, but no JSON" in problems.failed[f"{tmp_path}/input!README.txt"]


def encrypted(members, password):
    """A zip archive under the password that the format's first encryption knows; members are stored."""
    data = bytearray(zipped(members, zipfile.ZIP_STORED))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        entries = archive.infolist()
    out, listed = bytearray(), bytearray()
    for entry in entries:
        content = members[entry.filename]
        crypt = _Cipher(password)
        body = crypt.encrypted(bytes(11) + bytes([entry.CRC >> 24]) + content)
        name = entry.filename.encode()
        common = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 33, entry.CRC, len(body), len(content), len(name), 0)
        listed += b"PK\1\2" + struct.pack("<H", 20) + common + bytes(10) + struct.pack("<I", len(out)) + name
        out += b"PK\3\4" + common + name + body
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(listed), len(out), 0)
    return bytes(out + listed + b"PK\5\6" + end)


class _Cipher:
    """PKWARE's stream cipher, as APPNOTE.TXT 6.1 has it."""

    def __init__(self, password):
        self.keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self.update(byte)

    def update(self, byte):
        one, two, three = self.keys
        one = crc32_of(one, byte)
        two = ((two + (one & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        self.keys = [one, two, crc32_of(three, two >> 24)]

    def encrypted(self, data):
        out = bytearray()
        for byte in data:
            key = self.keys[2] | 2
            out.append(byte ^ (key * (key ^ 1) >> 8 & 0xFF))
            self.update(byte)
        return bytes(out)


def crc32_of(crc, byte):
    return zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def test_an_encrypted_member_is_read_with_its_password():
    found, problems = inside(encrypted({"a": LINES, "b": b"x" * 9000}, b"infected"), (b"infected",))

    assert found == [("a", LINES), ("b", b"x" * 9000)]
    assert problems.failed == {}


def test_each_password_is_tried():
    data = zipped({"inner.zip": encrypted({"a": LINES}, b"second"), "b.zip": encrypted({"c": LINES}, b"first")})

    assert inside(data, (b"first", b"second"))[0] == [("inner.zip!a", LINES), ("b.zip!c", LINES)]


def test_an_encrypted_member_that_is_cut_off_costs_itself_only():
    data = bytearray(encrypted({"a": LINES, "b": LINES}, b"infected"))
    # It begins five bytes before the end, and what encryption begins with are twelve.
    struct.pack_into("<H", data, 28, len(data) - 31 - 5)
    found, problems = inside(bytes(data), (b"infected",))

    assert found == [("b", LINES)]
    assert problems.failed == {"input!a": "cannot be unpacked: it is cut off"}


def test_no_password_but_the_right_one_opens_a_member():
    passwords = tuple(b"%d" % n for n in range(2000))  # one in 256 passes the first check

    found, problems = inside(encrypted({"a": LINES}, b"infected"), passwords)

    assert found == []
    assert problems.failed == {"input!a": "is encrypted, and none of the passwords given is its own"}


def test_a_member_encrypted_with_aes_is_said_to_be():
    data = bytearray(encrypted({"a": LINES}, b"x"))
    data[8], data[data.index(b"PK\1\2") + 10] = 99, 99

    assert inside(bytes(data), (b"x",))[1].failed == {"input!a": archives.AES}


def test_an_lzma_member_that_wants_more_memory_than_it_may_is_not_opened():
    data = bytearray(zipped({"a": LINES, "b": LINES}, zipfile.ZIP_LZMA))
    at = 30 + 1 + 4 + 1  # header, name, version and size, settings
    data[at : at + 4] = b"\xff" * 4

    found, problems = inside(bytes(data))

    assert found == [("b", LINES)]
    assert problems.failed == {"input!a": "cannot be unpacked: takes more than 256 MiB of memory"}
