"""Tar archives."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.errors import SourceError
from comtrap.sources.stream import exactly
from comtrap.sources.tar import is_tar, members

LONG = "folder/" * 30 + "name.json"


def packed(names, form=tarfile.GNU_FORMAT, content=b"x" * 700):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def listed(data):
    return [(m.name, m.size_bytes, exactly(m.stream, 1 << 20)) for m in members(io.BytesIO(data))]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_every_form_is_read(form):
    names = (
        ["a.json", "folder/b.json"] if form == tarfile.USTAR_FORMAT else ["a.json", LONG, "Zo\u00eb", "folder/b.json"]
    )
    data = packed(names, form)

    assert is_tar(data)
    assert listed(data) == [(name, 700, b"x" * 700) for name in names]


def test_members_that_are_not_read_are_passed_over():
    assert [m.name for m in members(io.BytesIO(packed(["a", "b", "c"])))] == ["a", "b", "c"]


def test_folders_links_and_devices_are_no_members():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (
            ("d", tarfile.DIRTYPE),
            ("l", tarfile.SYMTYPE),
            ("h", tarfile.LNKTYPE),
            ("p", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, "../../etc/passwd", 0
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("f"))

    assert listed(out.getvalue()) == [("f", 0, b"")]


def test_an_archive_that_ends_within_a_member_says_so():
    data = packed(["a", "b"])
    found = []
    with pytest.raises(SourceError, match="the archive ends within it"):
        found.extend(exactly(m.stream, 1 << 20) for m in members(io.BytesIO(data[: 512 + 1024 + 512 + 100])))

    assert found == [b"x" * 700]


def test_a_damaged_header_ends_it():
    data = bytearray(packed(["a", "b"]))
    data[512 + 1024] ^= 0xFF
    found = []
    with pytest.raises(SourceError, match="header is damaged"):
        found.extend(m.name for m in members(io.BytesIO(bytes(data))))

    assert found == ["a"]


@pytest.mark.parametrize("data", [b"", bytes(1024), b"PK\x03\x04" + bytes(600), b'{"a":1}' * 100])
def test_other_bytes_are_no_archive(data):
    assert not is_tar(data)


@given(st.binary(max_size=40), st.integers(0, 2000))
def test_no_damage_raises_anything_else(damage, at):
    data = bytearray(packed(["a", LONG]))
    data[at : at + len(damage)] = damage
    try:
        listed(bytes(data))
    except SourceError:
        return
