"""The `evtx` package in a process of its own."""

from __future__ import annotations

import struct

import pytest
from tests.sources.evtx.oracle import by_us
from tests.sources.evtx_builder import chunk, event, file

from comtrap.errors import SourceError
from comtrap.sources import evtx_package
from comtrap.sources.child import Limits, packed, stream
from comtrap.sources.evtx import fallback
from comtrap.sources.evtx.chunk import file_header, mended, slots

SHORT = Limits(seconds=0.5, memory_bytes=512 << 20)


def odd(records=1):
    """A chunk whose events have a form that only the package reads."""
    body = lambda xml: xml.element("ProcessingErrorData", {}, lambda: xml.element("A", {}, "1"))  # noqa: E731
    return chunk([event(body=body)] * records)


def looping(data):
    """The chunk with two strings that follow upon one another in the table of strings."""
    data = bytearray(data)
    one, other = 0xF000, 0xF100
    struct.pack_into("<I", data, 128, one)
    for at, then in ((one, other), (other, one)):
        struct.pack_into("<IHH2sH", data, at, then, at >> 8, 1, b"A\0", 0)
    return bytes(data)


def kept(data, found, first):
    """A chunk as it is, with the tables that `mended` empties."""
    out = bytearray(mended(data, found, first))
    out[128:512] = data[128:512]
    return bytes(out)


@pytest.fixture
def hostile(monkeypatch):
    """The package gets chunks as they are, and little time."""
    monkeypatch.setattr(fallback, "mended", kept)
    monkeypatch.setattr(fallback, "LIMITS", SHORT)


def test_a_loop_in_a_chunk_is_mended_before_the_package_sees_it():
    found, problems = by_us(file(looping(odd())))

    assert (len(found), problems.fallback, dict(problems.skipped)) == (1, 1, {})


def test_the_package_does_loop():
    """What the limits are for; should a later version not loop, the tests below need another chunk."""
    data = looping(odd())
    with pytest.raises(SourceError, match=r"longer than 0\.5 s"):
        list(stream(evtx_package.records, packed([file_header(1) + kept(data, slots(data), 0)]), SHORT))


@pytest.mark.usefixtures("hostile")
def test_a_chunk_that_stops_the_package_costs_itself_only():
    found, problems = by_us(file(odd(), looping(odd(2)), odd(), chunk([event()])))

    assert sorted(found) == [0, 3, 4]
    assert problems.skipped == {fallback.STOPPED: 2}
    assert problems.first[0] == (
        "events: record 1 cannot be decoded: the chunk has stopped the parser: parsing it took longer than 0.5 s"
    )


@pytest.mark.usefixtures("hostile")
def test_after_some_such_chunks_no_more_of_the_file_are_given_to_it(monkeypatch):
    monkeypatch.setattr(fallback, "STOPS", 2)
    found, problems = by_us(file(odd(), *[looping(odd())] * 2, odd(), odd(), chunk([event()])))

    assert sorted(found) == [0, 5]
    assert problems.skipped == {fallback.STOPPED: 4}
    assert "2 chunks of the file have stopped the parser" in problems.first[-1]


def test_a_chunk_that_gives_too_much_text_is_refused(monkeypatch):
    monkeypatch.setattr(evtx_package, "TEXT_BYTES", 1000)
    data = odd(9)

    with pytest.raises(SourceError, match="MiB of text"):
        list(evtx_package.records(packed([file_header(1) + mended(data, slots(data), 0)])))


def test_an_answer_for_each_chunk():
    files = [file_header(1) + mended(each, slots(each), 0) for each in (odd(2), odd(1))]

    assert [len(answer) > 0 for answer in evtx_package.records(packed(files))] == [True, True]
