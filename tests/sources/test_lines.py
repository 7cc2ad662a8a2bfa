"""Blocks of bytes as lines."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.reading import Pieces

from comtrap.errors import SourceError
from comtrap.sources import lines as module
from comtrap.sources.lines import TOO_LONG, lines, unfit
from comtrap.sources.record import DEPTH, VALUES


def each(blocks):
    """Single lines without their ends."""
    return [
        line if line is TOO_LONG else line.removesuffix(b"\n")
        for block in blocks
        for line in (io.BytesIO(block) if block is not TOO_LONG else [TOO_LONG])
    ]


def split(data, size=1 << 20):
    return each(lines(Pieces(data, size)))


@given(st.binary(max_size=60).map(lambda b: b.replace(b"b", b"\n")), st.integers(1, 9))
def test_lines_are_those_between_line_ends(data, size):
    expected = data.split(b"\n")
    if not expected[-1]:
        expected.pop()

    assert split(data, size) == expected


@given(st.integers(1, 9))
def test_a_line_too_long_to_hold_has_its_place(size):
    old, module.SIZE_BYTES = module.SIZE_BYTES, 10
    try:
        assert split(b"a\n" + b"x" * 11 + b"\nb\n" + b"y" * 10 + b"\n" + b"z" * 30, size) == [
            b"a", TOO_LONG, b"b", b"y" * 10, TOO_LONG,
        ]  # fmt: skip
    finally:
        module.SIZE_BYTES = old


def test_a_stream_that_breaks_gives_the_lines_before():
    found = []
    with pytest.raises(SourceError):
        found.extend(lines(Pieces(b"a\nb\nc", 2, SourceError("gone"))))

    assert each(found) == [b"a", b"b"]


def test_a_line_without_end_takes_no_more_memory_than_a_record(monkeypatch):
    monkeypatch.setattr(module, "SIZE_BYTES", 1 << 20)
    held = []

    class Endless:
        left = 3200

        def read(self, _size):
            held.append(sum(map(len, generator.gi_frame.f_locals.get("start", ()))))
            self.left -= 1
            return b"{" * 65536 if self.left else b""

    generator = lines(Endless())

    assert list(generator) == [TOO_LONG]
    assert max(held) <= 1 << 20


PIECES = st.sampled_from(
    [b"{", b"[", b"{[" * 20, b"[" * DEPTH, b"x", b"x" * 600, b'"', b"\xc3\xa9", b"[\xc3", b"}", b"{}" * 9, b"{" * 255]
)


@given(st.lists(st.lists(PIECES, max_size=8).map(lambda pieces: b"".join(pieces) + b"\n"), max_size=12))
def test_lines_that_a_quick_parser_must_not_see_are_told_by_brackets_and_encoding(each):
    def is_unfit(line):
        return line.count(b"{") + line.count(b"[") > DEPTH or line.decode("utf-8", "replace").encode() != line

    assert sorted(set(unfit(b"".join(each), each))) == [n for n, line in enumerate(each) if is_unfit(line)]


def test_a_line_with_room_for_many_values_is_not_for_a_quick_parser():
    each = [b"x\n", b"," * (VALUES + 1) + b"\n", b"x"]

    assert unfit(b"".join(each), each) == [1]
