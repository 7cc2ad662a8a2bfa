from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.errors import SourceError
from comtrap.events.problems import Problems
from comtrap.sources.line_pieces import part
from comtrap.sources.line_pieces import positions as count
from comtrap.sources.lines import lines
from comtrap.sources.pieces import Piece, is_divisible, positions
from comtrap.sources.read import read


def placed(path, most_bytes):
    """The pieces of a file, with their positions."""
    out, position, size = [], 0, path.stat().st_size
    for start in range(0, size, most_bytes):
        piece = Piece(start, min(start + most_bytes, size), position)
        out.append(piece)
        position += positions(str(path), piece)
    return out


def numbers(path, piece=None):
    found = [raw.frame.select(["_position", "n"]).to_pylist() for raw in read(str(path), 3, None, Problems(), piece)]
    return [(row["_position"], row["n"]) for rows in found for row in rows]


def test_pieces_have_the_records_of_the_file_at_their_positions(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"".join(b'{"n":"%d"}\n%s' % (n, b"\n" if n % 3 == 0 else b"") for n in range(500)))
    cut = placed(path, 700)
    assert len(cut) > 5
    assert [row for piece in cut for row in numbers(path, piece)] == numbers(path)


def test_who_reads_a_piece_tells_how_many_positions_it_has(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"".join(b'{"n":"%d"}\n%s' % (n, b"x\n" if n % 3 == 0 else b"\n") for n in range(500)))
    for piece in placed(path, 700):
        problems = Problems()
        list(read(str(path), 3, None, problems, piece))
        assert problems.positions == positions(str(path), piece)


def test_packed_and_other_files_are_read_as_a_whole(tmp_path):
    line = b'{"n":1}\n'
    for name, data in {"gz": b"\x1f\x8b\x08" + bytes(2000), "list": b"[" + line * 300, "text": b"x" * 2000,
                       "bom": b"\xef\xbb\xbf" + line * 300, "wide": ("\ufeff" + '{"n":1}\n' * 300).encode("utf-16-le")}.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
        assert not is_divisible(str(tmp_path / name)), name
    assert not is_divisible(str(tmp_path / "absent"))
    (tmp_path / "lines").write_bytes(line * 300)
    assert is_divisible(str(tmp_path / "lines"))


def test_a_file_that_became_another_is_told(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b'{"n":1}\n' * 300)
    piece = Piece(1000, 2000)
    path.write_bytes(b"something else entirely")
    with pytest.raises(SourceError, match="changed"):
        positions(str(path), piece)


@given(st.lists(st.sampled_from([b"a", b"\n", b"bcd", b"\n\n", b"efghij"])), st.integers(1, 9))
def test_every_line_is_in_one_piece(parts, pieces_):
    data = b"".join(parts)
    edges = [len(data) * at // pieces_ for at in range(pieces_ + 1)]
    cut = [part(io.BytesIO(data), start, stop) for start, stop in pairwise(edges)]
    found = [line for stream in cut for block in lines(stream) for line in io.BytesIO(block)]
    assert found == list(io.BytesIO(data))
    assert count(io.BytesIO(data)) == len(found)
