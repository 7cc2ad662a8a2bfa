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
from comtrap.sources.evtx.slack import listed, slack
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


def borrowing(data, start):
    """A record past `start` whose template is no longer in it but a definition like it elsewhere in the chunk."""
    at = data.index(b"**\0\0", start)
    size = struct.unpack_from("<I", data, at + 4)[0]
    length = struct.unpack_from("<I", data, at + 38 + 20)[0]
    body = bytes(data[at + 8 : at + 38]) + bytes(data[at + 38 + 24 + length : at + size - 4])
    body = body.ljust(-(-(len(body) + 12) // 8) * 8 - 12, b"\0")
    made = b"**\0\0" + struct.pack("<I", len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    data[at : at + size] = bytes(size)
    data[at : at + len(made)] = made
    return at


def test_a_definition_elsewhere_is_taken_if_it_has_the_number(tmp_path):
    data = bytearray(over(NEW, OLD))
    at = borrowing(data, used(NEW))
    (segment,) = segments(io.BytesIO(bytes(data)))
    other = int(slack(segment).starts[1]) + 38
    data[other + 4 : other + 8] = data[at + 30 : at + 34]  # the same template as of the other record in slack space
    struct.pack_into("<I", data, other - 8, struct.unpack_from("<I", data, at + 30)[0])

    struct.pack_into("<I", data, at + 34, other)
    rows, problems = found(tmp_path, file(bytes(data)))
    assert images(rows["[slack]", 1]) == ["old3.exe", "old3.exe"]
    assert problems.skipped.total() == 0

    struct.pack_into("<I", data, at + 34, FIRST + 38)  # written over: this is the one of the record that is there now
    rows, problems = found(tmp_path, file(bytes(data)))
    assert images(rows["[slack]", 1]) == ["old3.exe"]
    assert dict(problems.skipped) == {"undecodable record": 1}

    struct.pack_into("<I", data, 384 + 4 * 7, other)  # the chunk's header knows of one
    rows, problems = found(tmp_path, file(bytes(data)))
    assert images(rows["[slack]", 1]) == ["old3.exe", "old3.exe"]


def test_definitions_that_lead_to_one_another_in_a_circle_are_listed_once():
    data = bytearray(over(NEW, OLD))
    first, second = FIRST + 100, FIRST + 300
    for slot, offset in ((0, first), (31, second), (5, 0xFFFFFFFF), (6, 8)):
        struct.pack_into("<I", data, 384 + 4 * slot, offset)
    struct.pack_into("<II", data, first, second, 11)
    struct.pack_into("<II", data, second, first, 22)

    assert listed(Memory(np.frombuffer(bytes(data), np.uint8)), 0) == {11: first, 22: second}


@pytest.mark.parametrize("offset", [0, 65532, 65535, 65536, 0xFFFFFFFF])
def test_a_definitions_offset_may_be_any_number(tmp_path, offset):
    data = bytearray(over(NEW, OLD))
    at = borrowing(data, used(NEW))
    struct.pack_into("<I", data, at + 34, offset)
    rows, problems = found(tmp_path, file(bytes(data)))

    assert images(rows["[slack]", 1]) == ["old3.exe"]
    assert dict(problems.skipped) == {"undecodable record": 1}
