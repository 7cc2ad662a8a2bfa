"""Frames as bytes."""

from __future__ import annotations

import threading

import pyarrow as pa
import pytest

from comtrap.events.stream import read, written

FRAMES = {
    "texts and nulls": pa.table({"a": ["x", None, "\u65e5"], "n": pa.array([1, 2, 3], pa.uint64())}),
    "lists": pa.table({"a": pa.array([["x", "y"], None, []], pa.list_(pa.string()))}),
    "dictionaries": pa.table({"a": pa.array(["x", "x", None]).dictionary_encode()}),
    "no rows": pa.table({"a": pa.array([], pa.string())}),
    "several pieces": pa.concat_tables([pa.table({"a": ["x"]}), pa.table({"a": ["y" * 100_000]})]),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_a_frame_comes_back_as_it_was(frame):
    assert read(written(frame)).equals(frame)


def test_frames_are_written_and_read_by_several_threads_at_once():
    found = []

    def both(n):
        found.append(read(written(pa.table({"a": [n] * 100})))["a"].to_pylist() == [n] * 100)

    threads = [threading.Thread(target=both, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [True] * 4
