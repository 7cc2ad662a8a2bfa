"""Which files there are."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from comtrap.events.problems import Problems
from comtrap.sources.walk import files, printable


@pytest.fixture
def folder(tmp_path):
    for name in ("b/2.json", "b/1.evtx", "a/deep/er/3.json", "c.json", "b/.hidden"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    return tmp_path


def walked(folder, *names):
    problems = Problems()
    found = files([str(folder / name) for name in names], problems)
    return [os.path.relpath(path, folder) for path in found], problems


def test_folders_are_walked_and_files_sorted(folder):
    found, problems = walked(folder, "c.json", "b", "a")

    assert found == ["a/deep/er/3.json", "b/.hidden", "b/1.evtx", "b/2.json", "c.json"]
    assert problems.failed == {}


def test_a_file_named_twice_is_read_once(folder):
    assert walked(folder, "b", "b/1.evtx", "b/../b/2.json")[0] == ["b/2.json", "b/.hidden", "b/1.evtx"]


def test_links_are_followed_but_not_in_circles(folder):
    (folder / "b" / "up").symlink_to(folder)
    (folder / "b" / "other.json").symlink_to(folder / "c.json")

    found, problems = walked(folder, "b")

    assert sorted(Path(path).name for path in found) == [".hidden", "1.evtx", "2.json", "3.json", "other.json"]
    assert problems.failed == {}


def test_what_is_missing_is_said_by_name(folder):
    found, problems = walked(folder, "c.json", "absent")

    assert found == ["c.json"]
    assert problems.failed == {str(folder / "absent"): "cannot be read: No such file or directory"}


def test_a_link_to_nothing_is_said_by_name(folder):
    (folder / "b" / "dangling").symlink_to(folder / "gone")

    found, problems = walked(folder, "b")

    assert found == ["b/.hidden", "b/1.evtx", "b/2.json"]
    assert list(problems.failed) == [str(folder / "b" / "dangling")]


def test_a_name_that_no_system_allows_is_said():
    problems = Problems()

    assert files(["a\0b"], problems) == []
    assert list(problems.failed) == ["a\0b"]


def test_sockets_and_pipes_in_folders_are_passed_over(folder):
    os.mkfifo(folder / "b" / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        os.chdir(folder)
        bound.bind("b/socket")

        assert walked(folder, "b")[0] == ["b/.hidden", "b/1.evtx", "b/2.json"]


def test_standard_input_stays_as_it_is(folder):
    problems = Problems()

    assert files(["-", str(folder / "c.json"), "-"], problems) == ["-", str(folder / "c.json")]


def test_a_name_that_is_no_text_can_be_written():
    assert printable("caf\udce9/Zo\u00eb") == "caf\ufffd/Zo\u00eb"
