"""Streams with limits."""

from __future__ import annotations

import gc
import gzip
import io
import weakref

import pytest
from tests.sources.reading import Pieces

from comtrap.errors import SourceError
from comtrap.sources import stream as module
from comtrap.sources.stream import Allowance, SpentError, Stream, exactly


def test_the_head_is_seen_and_still_read():
    stream = Stream(Pieces(b"abcdef", 2))

    assert stream.peek(4) == b"abcd"
    assert exactly(stream, 3) == b"abc"
    assert exactly(stream, 9) == b"def"
    assert stream.peek(4) == b""


def test_a_break_is_told_after_what_came_before_it():
    stream = Stream(Pieces(b"abc", 3, EOFError("ended early")))

    assert stream.peek(10) == b"abc"
    assert stream.read(3) == b"abc"
    with pytest.raises(SourceError, match="breaks off: ended early"):
        stream.read(1)


def test_more_than_the_allowance_ends_it(monkeypatch):
    monkeypatch.setattr(module, "FREE_BYTES", 100)
    monkeypatch.setattr(module, "RATIO", 10)
    allowance = Allowance(packed_bytes=20)

    assert len(exactly(Stream(io.BytesIO(bytes(200)), allowance), 1000)) == 200
    with pytest.raises(SpentError, match="unpacks to more than"):
        Stream(io.BytesIO(b"x"), allowance).read(1)


def test_only_a_file_that_is_whole_can_be_read_in_another_order():
    file = io.BytesIO(b"abc")
    file.read(2)

    assert Stream(file).whole_file() is None
    assert Stream(file, whole=True).whole_file() is file
    assert file.tell() == 0


def test_a_stream_that_broke_is_freed_without_looking_for_circles():
    broken = Stream(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"abc" * 99)[:-4])))
    assert broken.peek(9999) == b"abc" * 99

    gone = weakref.ref(broken)
    gc.disable()
    try:
        del broken
        assert gone() is None
    finally:
        gc.enable()


def test_a_break_that_was_seen_is_told_each_time():
    broken = Stream(Pieces(b"abc", 2, OSError("gone")))
    assert broken.peek(9) == b"abc"

    for _ in range(2):
        with pytest.raises(SourceError, match="gone"):
            broken.check()


@pytest.mark.parametrize("inner", [io.BytesIO(b"abcdef"), Pieces(b"abcdef", 6)])
def test_bytes_are_read_into_a_buffer_after_those_that_were_seen(inner):
    stream, into = Stream(inner), bytearray(6)
    stream.peek(2)

    done = 0
    while size := stream.readinto(memoryview(into)[done:]):
        done += size

    assert into == b"abcdef"
    assert stream.place == 6


def test_what_is_read_into_a_buffer_counts_against_the_allowance(monkeypatch):
    monkeypatch.setattr(module, "FREE_BYTES", 100)
    monkeypatch.setattr(module, "RATIO", 1)

    with pytest.raises(SpentError, match="unpacks to more than"):
        Stream(io.BytesIO(bytes(200)), Allowance(packed_bytes=20)).readinto(bytearray(200))


def test_a_break_while_a_buffer_is_filled_is_told():
    broken = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"abc" * 99)[:-4]))
    stream, into = Stream(broken), bytearray(999)

    assert stream.readinto(into) == 297
    with pytest.raises(SourceError, match="breaks off"):
        stream.readinto(into)
