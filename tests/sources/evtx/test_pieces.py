from __future__ import annotations

import pytest
from tests.sources.evtx_builder import chunk, event, file

from comtrap.events.problems import Problems
from comtrap.sources.pieces import Piece, positions
from comtrap.sources.read import read

CHUNKS = [chunk([event(number=n * 10 + k, Image=f"{n}-{k}.exe") for k in range(n + 1)]) for n in range(5)]


def images(path, piece=None):
    name = "winlog.event_data.Image"
    found = [raw.frame.select(["_position", name]).to_pylist() for raw in read(str(path), 0, None, Problems(), piece)]
    return [(row["_position"], row[name]) for rows in found for row in rows]


@pytest.mark.parametrize(
    "data", [file(*CHUNKS), b"".join(CHUNKS), file(*CHUNKS)[:-30_000]], ids=["log", "chunks", "cut"]
)
@pytest.mark.parametrize("most_bytes", [70_000, 100_000, 200_000])
def test_pieces_have_the_records_of_the_log_at_their_positions(tmp_path, data, most_bytes):
    path = tmp_path / "a.evtx"
    path.write_bytes(data)
    found, position = [], 0
    for start in range(0, len(data), most_bytes):
        piece = Piece(start, min(start + most_bytes, len(data)), position)
        found += images(path, piece)
        position += positions(str(path), piece)
    whole = images(path)
    assert len(whole) == 15
    assert found == whole
