"""Chunks of a log, many at once."""

from __future__ import annotations

import gc
import importlib
import weakref

import pytest
from tests.sources.evtx_builder import chunk, event, file
from tests.sources.reading import content, field, rows

from comtrap.errors import SourceError
from comtrap.events.problems import Problems
from comtrap.sources import evtx
from comtrap.sources.evtx import segment
from comtrap.sources.evtx.chunk import CHUNK_BYTES

CHUNKS = [chunk([event(number=n * 10 + k, Image=f"{n}-{k}.exe") for k in range(3)]) for n in range(5)]


@pytest.mark.parametrize("at_once", [1, 2, 4, 5, 6])
def test_records_do_not_depend_on_how_many_chunks_are_worked_on_at_once(monkeypatch, at_once):
    monkeypatch.setattr(segment, "CHUNKS", at_once)
    problems = Problems()
    found = rows(evtx.read(content(file(*CHUNKS)), None, problems))
    assert problems == Problems()
    assert field(found, "winlog.event_data.Image") == [f"{n}-{k}.exe" for n in range(5) for k in range(3)]


def test_what_a_cut_off_chunk_lacks_is_not_taken_from_the_segment_before(monkeypatch):
    monkeypatch.setattr(segment, "CHUNKS", 2)
    cut = b"".join(CHUNKS[:2]) + CHUNKS[2][:700]
    sizes = [(found.starts.size, bytes(found.memory.data[700:])) for found in segment.segments(content(cut).stream)]
    assert sizes[1] == (1, bytes(CHUNK_BYTES - 700))


def test_of_a_stream_that_breaks_off_whole_chunks_are_given_first(monkeypatch):
    monkeypatch.setattr(segment, "CHUNKS", 2)
    broken = content(b"".join(CHUNKS)[:-1], error=OSError("gone")).stream
    given = []
    with pytest.raises(SourceError):
        given.extend(found.chunks for found in segment.segments(broken))
    assert given == [2, 2]


def test_a_small_log_has_little_memory():
    (found,) = segment.segments(content(b"".join(CHUNKS)).stream)
    assert found.memory.data.base.nbytes < 2 << 20


@pytest.mark.parametrize("few", [1, 4, 5, 6])
def test_where_there_is_more_than_first_thought_the_segment_is_the_same(monkeypatch, few):
    (one,) = segment.segments(content(b"".join(CHUNKS)).stream)
    monkeypatch.setattr(segment, "_FEW", few)
    (other,) = segment.segments(content(b"".join(CHUNKS)).stream)
    assert other.memory.data.tobytes() == one.memory.data.tobytes()
    assert other.starts.tolist() == one.starts.tolist()


def test_a_record_that_cannot_be_read_does_not_hold_its_segment(monkeypatch):
    """Nobody has to look for circles of objects before the memory is free."""
    seen = []

    def recorded(stream):
        for one in segment.segments(stream):
            seen.append(weakref.ref(one.memory))
            yield one

    monkeypatch.setattr(importlib.import_module("comtrap.sources.evtx.read"), "segments", recorded)
    bad = bytearray(CHUNKS[0])
    bad[600:900] = bytes(300)
    problems = Problems()
    gc.disable()
    try:
        for _ in evtx.read(content(file(bytes(bad))), None, problems):
            pass
        assert problems.skipped.total() > 0
        assert [one() for one in seen] == [None]
    finally:
        gc.enable()
