from __future__ import annotations

import pytest
from tests.sources.evtx_builder import chunk, event, file

from comtrap.sources.edge import Edge
from comtrap.sources.pieces import settled


@pytest.mark.parametrize(
    ("data", "start", "expected"),
    [
        (b'{"a":1}\n{"b":', 0, 8),
        (b'{"a":1}\n', 0, 8),
        (b'{"a":1}\n' + b"x" * 3_000_000, 0, 8),
        (b'{"a":1}\n{"b":1}', 8, 8),
        (b'{"a":1}', 0, 0),
        (b"", 0, 0),
    ],
)
def test_lines_are_settled_up_to_the_end_of_the_last_whole_one(tmp_path, data, start, expected):
    path = tmp_path / "a"
    path.write_bytes(data)
    assert settled(str(path), start) == Edge(expected, whole=False)


def test_an_event_log_is_settled_up_to_its_last_chunk_though_more_is_set_aside(tmp_path):
    path = tmp_path / "a"
    one = chunk([event(number=1)])
    path.write_bytes(file(one, one, bytes(65536)))
    assert settled(str(path), 0) == Edge(4096 + 65536, whole=True)
    path.write_bytes(file(one))
    assert settled(str(path), 0) == Edge(4096, whole=True)


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08", b'[{"a":1}]', b"\xef\xbb\xbf{}\n", b"MZ"])
def test_other_files_have_to_be_read_whole(tmp_path, data):
    path = tmp_path / "a"
    path.write_bytes(data)
    assert settled(str(path), 0) is None
