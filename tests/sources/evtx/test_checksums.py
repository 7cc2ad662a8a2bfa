"""Checksums of a log file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.sources.evtx_builder import FIRST, chunk, event, file
from tests.sources.reading import rows

from comtrap.events.problems import Problems
from comtrap.sources.manner import Manner
from comtrap.sources.pieces import Piece, pieces, positions
from comtrap.sources.read import read

CHUNKS = [chunk([event(number=n * 10 + k, Image="a.exe") for k in range(3)], first=n * 3 + 1) for n in range(3)]
WHOLE = file(*CHUNKS)
VERIFY = Manner(verify=True)
HEADER, RECORDS = "checksum of its header is wrong", "checksum of its records is wrong"


def said(folder, data, manner=VERIFY, name="log"):
    """How many rows there are, and what is said of the file."""
    path = folder / name
    path.write_bytes(data)
    problems = Problems()
    count = len(rows(read(str(path), 0, None, problems, manner=manner)))
    return count, dict(problems.notes), [each.partition(": ")[2] for each in problems.first]


def changed(at, data=WHOLE):
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def test_of_a_sound_file_nothing_is_said(tmp_path):
    assert said(tmp_path, WHOLE) == (9, {}, [])


@pytest.mark.parametrize(
    ("at", "what"),
    [
        (16, "the checksum of the file's header is wrong"),
        (124, "the checksum of the file's header is wrong"),
        (4096 + 65536 + 16, f"the chunk from record 3 on: the {HEADER}"),
        (4096 + 65536 + 200, f"the chunk from record 3 on: the {HEADER}"),
        (4096 + 2 * 65536 + 124, f"the chunk from record 6 on: the {HEADER}"),
        (4096 + FIRST + 16, f"the chunk from record 0 on: the {RECORDS}"),
    ],
)
def test_what_is_changed_is_told_and_costs_no_event(tmp_path, at, what):
    assert said(tmp_path, changed(at)) == (9, {"bad checksum": 1}, [what])


@pytest.mark.parametrize("at", [122, 3000, 4096 + 122, 4096 + 65536 - 1])
def test_some_bytes_are_no_checksums(tmp_path, at):
    assert said(tmp_path, changed(at)) == (9, {}, [])


def test_nothing_is_verified_if_nobody_asks(tmp_path):
    assert said(tmp_path, changed(16), Manner()) == (9, {}, [])


def test_chunks_without_a_file_have_checksums_too(tmp_path):
    assert said(tmp_path, changed(16, CHUNKS[0]))[1] == {"bad checksum": 1}


def test_in_archives_too(tmp_path):
    assert said(tmp_path, gzip.compress(changed(4096 + 16)))[:2] == (9, {"bad checksum": 1})


def test_a_chunk_that_is_cut_off_is_only_that(tmp_path):
    assert said(tmp_path, WHOLE[:-1])[1] == {"cut off": 1}


def test_in_pieces_the_same_is_said(tmp_path):
    data = changed(16, changed(4096 + 65536 + 16, changed(4096 + 2 * 65536 + FIRST + 30)))
    expected = said(tmp_path, data)
    problems, first, count = Problems(), 0, 0
    for piece in pieces(str(tmp_path / "log"), 70_000):
        placed = Piece(piece.start, piece.stop, first)
        count += len(rows(read(str(tmp_path / "log"), 0, None, problems, placed, manner=VERIFY)))
        first += positions(str(tmp_path / "log"), piece)

    assert (count, dict(problems.notes), [each.partition(": ")[2] for each in problems.first]) == expected
    assert expected[1] == {"bad checksum": 3}


def test_other_formats_pass_over_it(tmp_path):
    assert said(Path(tmp_path), b'{"n":1}\n') == (1, {}, [])
