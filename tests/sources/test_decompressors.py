"""Compressed files as streams."""

from __future__ import annotations

import gc
import io
import lzma
import weakref
import zlib

import pyarrow as pa
import pytest

from comtrap.sources.decompressors import DICTIONARY_BYTES, MAGIC, Xz
from comtrap.sources.stream import exactly

TEXT = b"".join(b"%d," % n for n in range(100_000))


def arrow(codec):
    def pack(data):
        out = pa.BufferOutputStream()
        with pa.CompressedOutputStream(out, codec) as stream:
            stream.write(data)
        return out.getvalue().to_pybytes()

    return pack


FORMS = {"xz": lzma.compress, "zstd": arrow("zstd"), "lz4": arrow("lz4")}


def opened(data):
    return next(made for magic, made in MAGIC.items() if data.startswith(magic))(io.BytesIO(data))


@pytest.mark.parametrize("form", FORMS)
def test_what_was_packed_is_read(form):
    assert exactly(opened(FORMS[form](TEXT)), 1 << 30) == TEXT


@pytest.mark.parametrize("form", FORMS)
def test_files_one_after_another_are_one(form):
    assert exactly(opened(FORMS[form](TEXT) + FORMS[form](b"end")), 1 << 30) == TEXT + b"end"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("keep", [0.6, 0.99])
def test_what_is_cut_off_gives_what_there_is_and_then_an_error(form, keep):
    data = FORMS[form](TEXT)
    stream, found = opened(data[: int(len(data) * keep)]), []
    with pytest.raises((OSError, EOFError)):
        found.extend(iter(lambda: stream.read(1000), b""))

    assert TEXT.startswith(b"".join(found))
    assert len(b"".join(found)) > len(TEXT) // 3


def test_damage_is_an_error():
    data = bytearray(lzma.compress(TEXT))
    data[len(data) // 2 : len(data) // 2 + 40] = b"\xff" * 40
    with pytest.raises(lzma.LZMAError):
        exactly(Xz(io.BytesIO(bytes(data))), 1 << 30)


def test_zeros_between_xz_files_and_after_them_are_none():
    data = lzma.compress(b"a") + bytes(4) + lzma.compress(b"b") + bytes(8)

    assert exactly(Xz(io.BytesIO(data)), 100) == b"ab"


def test_an_xz_file_that_wants_more_memory_than_it_may_is_an_error():
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 4096}]
    header = bytearray(lzma.compress(b"x" * 9000, filters=filters, check=lzma.CHECK_NONE))
    assert header[16] == 0  # the dictionary's size in the header of the first block
    header[16] = 39  # 3 GiB
    header[20:24] = zlib.crc32(bytes(header[12:20])).to_bytes(4, "little")
    with pytest.raises(lzma.LZMAError, match="Memory usage limit"):
        Xz(io.BytesIO(bytes(header))).read(10)

    assert DICTIONARY_BYTES < 3 << 30


class Broken(io.RawIOBase):
    """Breaks after its bytes, and keeps the error, as our streams do."""

    def __init__(self, data):
        super().__init__()
        self.left, self.error = data, None

    def readable(self):
        return True

    def read(self, size=-1):
        del size  # they are few
        data, self.left = self.left, b""
        if data:
            return data
        self.error = ValueError("gone")
        raise self.error


@pytest.mark.parametrize("form", ["zstd", "lz4"])
def test_what_broke_off_is_freed_and_stays_broken(form):
    inner = Broken(FORMS[form](TEXT)[:40])
    (opener,) = (made for magic, made in MAGIC.items() if inner.left.startswith(magic))
    stream = opener(inner)
    with pytest.raises(ValueError, match="gone"):
        exactly(stream, 1 << 30)
    with pytest.raises(EOFError, match="before"):
        stream.read(1)

    gone = weakref.ref(inner)
    del inner, stream
    gc.collect()
    assert gone() is None
