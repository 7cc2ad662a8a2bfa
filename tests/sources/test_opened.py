"""Archives unpacked in another process."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import sys
import tarfile
import tempfile
import zipfile

import pytest
from tests.sources.reading import Pieces

from comtrap.errors import SourceError
from comtrap.events.origin import Origin
from comtrap.events.problems import Problems
from comtrap.sources import opened
from comtrap.sources.child import Limits
from comtrap.sources.opened import contents
from comtrap.sources.stream import SpentError, Stream, exactly

LINES = b'{"n":1}\n{"n":2}\n'


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def found_in(data, problems=None, passwords=()):
    """Each content's member, and its bytes."""
    stream = Stream(Pieces(data, 1 << 20))
    problems = Problems() if problems is None else problems
    return [
        (content.origin.member, exactly(content.stream, 1 << 30))
        for content in contents(stream, Origin("", "input"), problems, passwords)
    ]


def test_what_is_no_archive_is_read_here():
    (content,) = contents(Stream(Pieces(LINES, 5)), Origin("", "input"), Problems())

    assert (content.head, content.stream.read(4)) == (LINES, LINES[:4])


def test_members_come_whole_and_in_order():
    members = {"a": os.urandom(700_000), "empty": b"", "c": LINES}

    assert found_in(zipped(members)) == list(members.items())


def test_a_compressed_file_has_no_member():
    assert found_in(gzip.compress(LINES)) == [(None, LINES)]


def test_what_is_not_read_is_not_unpacked():
    data = bytearray(zipped({"a": LINES, "b": LINES}))
    data[31:40] = b"\xff" * 9  # damage of the first member shows only to those who read it
    found = []
    for content in contents(Stream(Pieces(bytes(data), 1 << 20)), Origin("", "input"), Problems()):
        if content.origin.member == "b":
            found.append(exactly(content.stream, 100))

    assert found == [LINES]


def test_what_is_read_in_part_is_passed_over():
    names = []
    for content in contents(
        Stream(Pieces(zipped({"a": bytes(3 << 20), "b": LINES}), 1 << 20)), Origin("", ""), Problems()
    ):
        names.append(content.origin.member)
        content.stream.read(10)

    assert names == ["a", "b"]


def test_a_member_that_breaks_off_gives_what_there_is():
    lines = b"".join(b"%d\n" % n for n in range(200_000))
    data = gzip.compress(lines)
    left = contents(Stream(Pieces(data[: len(data) // 2], 1 << 20)), Origin("", "input"), Problems())
    content, taken = next(left), []
    with pytest.raises(SourceError, match="breaks off"):
        taken.extend(iter(lambda: content.stream.read(1 << 16), b""))
    left.close()

    assert lines.startswith(b"".join(taken))
    assert len(b"".join(taken)) > len(lines) // 4


def test_members_that_cannot_be_opened_are_told_with_their_path():
    problems = Problems()
    data = bytearray(zipped({"__MACOSX/._a": b"", "a": LINES, "b": LINES}))
    at = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    data[at + 10] = 98

    assert found_in(bytes(data), problems) == [("b", LINES)]
    assert problems.failed == {"input!a": "cannot be unpacked: That compression method is not supported"}
    assert problems.notes == {"AppleDouble member": 1}


def test_copies_are_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found_in(zipped({"a": LINES}))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_an_archive_that_eats_memory_costs_itself_only(monkeypatch):
    monkeypatch.setattr(opened, "LIMITS", Limits(memory_bytes=100 << 20))
    data = lzma.compress(LINES * 1000, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 128 << 20}])

    with pytest.raises(SpentError, match="more than 100 MiB of memory"):
        found_in(data)
    assert found_in(gzip.compress(LINES)) == [(None, LINES)]


def test_an_archive_that_takes_too_long_costs_itself_only(monkeypatch):
    monkeypatch.setattr(opened, "LIMITS", Limits(seconds=0.4))
    link = tarfile.TarInfo("link")
    link.type = tarfile.SYMTYPE
    data = gzip.compress(link.tobuf() * 400_000, 1)

    # On a machine that is busy, the limit of memory may be met first.
    with pytest.raises(SpentError, match=r"took longer than 0\.4 s|ended \(SIG"):
        found_in(data)
    assert found_in(gzip.compress(LINES)) == [(None, LINES)]
