"""Records in the slack space of chunks."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest
from tests.sources.evtx_builder import FIRST, chunk, event, file
from tests.sources.reading import field

from comtrap.events.problems import Problems
from comtrap.sources.evtx.memory import Memory
from comtrap.sources.evtx.segment import segments
from comtrap.sources.evtx.slack import is_defined, slack
from comtrap.sources.manner import Manner
from comtrap.sources.read import read

OLD = chunk([event(number=n, Image=f"old{n}.exe") for n in range(4)], first=100)
NEW = chunk([event(number=9, Image="new.exe", CommandLine="new.exe " * 20)], first=200)
SLACK = Manner(slack=True)


def used(data):
    return struct.unpack_from("<I", data, 48)[0]


def over(new, old):
    """A chunk that was used again: what it has now, and past that what it had before."""
    return new[: used(new)] + old[used(new) :]


def found(folder, data, manner=SLACK, name="log.evtx"):
    """Rows by where they are from, and the problems."""
    path = folder / name
    path.write_bytes(data)
    problems = Problems()
    out = {}
    for batch in read(str(path), 3, None, problems, manner=manner):
        out.setdefault((batch.origin.member, batch.origin.first - (3 << 40)), []).extend(batch.frame.to_pylist())
    return {key: sorted(rows, key=lambda row: row["_position"]) for key, rows in out.items()}, problems


def images(rows):
    return field(rows, "winlog.event_data.Image")


def test_slack_space_is_not_read_if_nobody_asks(tmp_path):
    rows, problems = found(tmp_path, file(over(NEW, OLD)), Manner())

    assert {key: images(some) for key, some in rows.items()} == {(None, 0): ["new.exe"]}
    assert problems == Problems()


def test_what_is_past_the_end_of_a_chunk_is_a_member_with_positions_of_its_own(tmp_path):
    rows, problems = found(tmp_path, file(over(NEW, OLD), NEW, over(NEW, OLD)))

    assert {key: images(some) for key, some in rows.items()} == {
        (None, 0): ["new.exe"] * 3,
        ("[slack]", 3): ["old2.exe", "old3.exe"] * 2,
    }
    assert field(rows["[slack]", 3], "_position") == [0, 1, 2, 3]
    assert dict(problems.notes) == {"slack record": 4}
    assert problems.skipped.total() == 0


def test_rows_of_slack_space_can_be_fetched_whole(tmp_path):
    path = tmp_path / "log.evtx"
    path.write_bytes(file(over(NEW, OLD)))
    batches = list(read(str(path), 0, None, Problems(), manner=SLACK))

    (whole,) = [b.fetch(np.array([1])).frame.to_pylist() for b in batches if b.origin.member]
    assert (whole[0]["_position"], whole[0]["winlog.event_data.Image"]) == (1, "old3.exe")


def test_a_chunk_that_says_it_is_empty_has_slack_space_only(tmp_path):
    cleared = bytearray(OLD)
    struct.pack_into("<I", cleared, 48, FIRST)
    cleared[FIRST : FIRST + 4] = bytes(4)
    rows, _ = found(tmp_path, file(bytes(cleared)))

    assert {key: images(some) for key, some in rows.items()} == {("[slack]", 0): ["old1.exe", "old2.exe", "old3.exe"]}


def test_in_an_archive_the_next_member_is_numbered_after_it(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.evtx", file(over(NEW, OLD)))
        archive.writestr("b.evtx", file(NEW))
    rows, _ = found(tmp_path, out.getvalue())

    assert {key: images(some) for key, some in rows.items()} == {
        ("a.evtx", 0): ["new.exe"],
        ("a.evtx![slack]", 1): ["old2.exe", "old3.exe"],
        ("b.evtx", 3): ["new.exe"],
    }


def test_a_record_that_is_not_understood_is_counted(tmp_path):
    broken = bytearray(over(NEW, OLD))
    at = broken.index(b"**\0\0", used(NEW))
    broken[at + 28] = 0xEE  # in the place of the template instance's token
    rows, problems = found(tmp_path, file(bytes(broken)))

    assert images(rows["[slack]", 1]) == ["old3.exe"]
    assert dict(problems.skipped) == {"undecodable record": 1}
    assert dict(problems.notes) == {"slack record": 2}


@pytest.mark.parametrize("size", [0, 1, 27, 28, 1 << 20, 0xFFFFFFFF])
def test_what_only_looks_like_a_record_is_none(tmp_path, size):
    data = NEW[: used(NEW)] + b"**\0\0" + struct.pack("<I", size) + bytes(200)
    rows, problems = found(tmp_path, file(data.ljust(len(NEW), b"\0")))

    assert list(rows) == [(None, 0)]
    assert problems == Problems()


def test_a_template_that_was_written_over_is_not_taken_for_the_records_own():
    data = bytearray(over(NEW, OLD))
    (segment,) = segments(io.BytesIO(bytes(data)))
    starts = slack(segment).starts
    assert is_defined(segment.memory, starts).tolist() == [True, True]

    struct.pack_into("<I", data, int(starts[0]) + 34, FIRST + 38)  # the one of the record that is there now
    memory = Memory(np.frombuffer(bytes(data), np.uint8))
    assert is_defined(memory, starts).tolist() == [False, True]


@pytest.mark.parametrize("offset", [0, 65532, 65535, 65536, 0xFFFFFFFF])
def test_a_templates_offset_may_be_any_number(offset):
    data = bytearray(over(NEW, OLD))
    (segment,) = segments(io.BytesIO(bytes(data)))
    starts = slack(segment).starts
    struct.pack_into("<I", data, int(starts[0]) + 34, offset)

    memory = Memory(np.frombuffer(bytes(data), np.uint8))
    assert is_defined(memory, starts).tolist() == [False, True]
