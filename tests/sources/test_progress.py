from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.material import process, write

from comtrap.events.problems import Problems
from comtrap.sources.progress import PACKED_TIMES, Progress, Reading, work_bytes
from comtrap.sources.read import read

LINES = 4000


class Noting(Progress):
    """What was told, step by step: events and bytes so far."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def add(self, events, size_bytes):
        super().add(events, size_bytes)
        self.steps.append((self.events, self.read_bytes))


def log(folder, name="a.ndjson"):
    events = [process(n, n, CommandLine=f"{n * 7919 % 10_007:x}" * 25) for n in range(LINES)]
    return Path(write(folder / name, events))


def noted(path, monkeypatch):
    monkeypatch.setattr("comtrap.sources.batches.ROWS", 500, raising=False)
    progress = Noting()
    progress.expect([work_bytes(str(path))])
    for _ in read(str(path), 0, None, Problems(), progress=progress):
        pass
    return progress


def packed(path, kind):
    data = path.read_bytes()
    out = path.with_suffix("." + kind)
    if kind == "gz":
        out.write_bytes(gzip.compress(data))
    elif kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(4):
                archive.writestr(f"{number}.ndjson", data)
    else:
        with tarfile.open(out, "w") as archive:
            member = tarfile.TarInfo("a")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out


@pytest.mark.parametrize("kind", ["plain", "gz", "zip", "tar"])
def test_all_of_an_input_is_told_and_never_more(tmp_path, monkeypatch, kind):
    path = log(tmp_path)
    path = path if kind == "plain" else packed(path, kind)
    progress = noted(path, monkeypatch)

    assert progress.share == 1
    assert progress.events == LINES * (4 if kind == "zip" else 1)
    assert progress.steps == sorted(progress.steps)
    assert progress.read_bytes == progress.total_bytes


def test_members_of_an_archive_are_told_by_the_bytes_they_take_in_it(tmp_path, monkeypatch):
    progress = noted(packed(log(tmp_path), "zip"), monkeypatch)
    at = {events // LINES: size / progress.total_bytes for events, size in progress.steps if events % LINES == 0}

    assert [pytest.approx(n / 4, abs=0.05) for n in (1, 2, 3)] == [at[n] for n in (1, 2, 3)]


def test_what_is_told_of_a_batch_is_told_after_it(tmp_path):
    progress = Progress()
    batches = read(str(log(tmp_path)), 0, None, Problems(), progress=progress)
    next(batches)
    before = progress.events
    list(batches)

    assert (before, progress.events) == (0, LINES)


def test_an_input_that_cannot_be_read_is_done_with(tmp_path):
    path = tmp_path / "a.7z"
    path.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(1000))
    progress = Progress()
    progress.expect([work_bytes(str(path))])
    list(read(str(path), 0, None, Problems(), progress=progress))

    assert progress.share == 1


def test_what_is_packed_is_worth_more(tmp_path):
    path = log(tmp_path)
    zipped = packed(path, "zip")

    assert work_bytes(str(path)) == path.stat().st_size
    assert work_bytes(str(zipped)) == PACKED_TIMES * zipped.stat().st_size


@pytest.mark.parametrize("path", ["-", "none", os.devnull])
def test_of_what_is_no_file_the_size_is_not_known(path):
    progress = Progress()
    progress.expect([9, work_bytes(path)])

    assert (progress.total_bytes, progress.share) == (None, None)


def test_nothing_to_read_is_all_read():
    progress = Progress()
    progress.expect([])

    assert progress.share == 1


def test_what_other_processes_count_is_counted_in_once():
    progress = Progress()
    progress.add(1, 10)
    counted = [2, 20, 3, 30]
    progress.watch(counted)
    Progress(counted, 2).add(4, 40)
    watched = progress.events, progress.read_bytes
    progress.settle()
    progress.settle()

    assert watched == (10, 100) == (progress.events, progress.read_bytes)


def test_a_second_reading_begins_at_nothing():
    progress = Progress()
    progress.add(5, 50)
    progress.expect([100])

    assert (progress.events, progress.share) == (0, 0)


def test_a_piece_that_ends_in_the_next_counts_its_own_bytes():
    progress = Progress()
    reading = Reading(progress, 100, 1)
    reading.at(60, 1)
    reading.at(130, 1)
    reading.at(90, 1)
    reading.end()

    assert (progress.events, progress.read_bytes) == (3, 100)
