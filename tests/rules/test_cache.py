from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from comtrap.rules import cache

KEY = "a" * 64
posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COMTRAP_CACHE", str(tmp_path / "deep" / "cache"))
    return tmp_path / "deep" / "cache"


def test_what_is_kept_is_read():
    cache.write("plan", KEY, b"data\nand more")

    assert cache.read("plan", KEY) == b"data\nand more"


def test_nothing_is_read_where_nothing_was_kept():
    assert cache.read("plan", KEY) is None


def test_kinds_are_apart():
    cache.write("plan", KEY, b"data")

    assert cache.read("rules", KEY) is None


def test_no_byte_can_be_changed(folder):
    cache.write("plan", KEY, b"some data")
    (path,) = folder.iterdir()
    good = path.read_bytes()
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert cache.read("plan", KEY) is None
        path.write_bytes(good[:place])
        assert cache.read("plan", KEY) is None
    path.write_bytes(good)
    assert cache.read("plan", KEY) == b"some data"


def test_a_file_under_another_name_is_not_read(folder):
    cache.write("plan", KEY, b"data")
    (path,) = folder.iterdir()
    path.rename(folder / f"plan-{'b' * 64}.json")

    assert cache.read("plan", "b" * 64) is None


@posix
def test_what_others_can_write_is_not_read(folder):
    cache.write("plan", KEY, b"data")
    (path,) = folder.iterdir()
    path.chmod(0o666)

    assert cache.read("plan", KEY) is None


@posix
def test_a_pipe_in_its_place_is_not_waited_for(folder):
    folder.mkdir(parents=True)
    os.mkfifo(folder / f"plan-{KEY}.json")

    assert cache.read("plan", KEY) is None


@posix
def test_a_link_in_its_place_is_not_followed(folder, tmp_path):
    cache.write("plan", KEY, b"data")
    (path,) = folder.iterdir()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")

    assert cache.read("plan", KEY) is None


def test_a_folder_that_cannot_be_is_no_cache(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COMTRAP_CACHE", str(tmp_path / "file" / "below"))
    cache.write("plan", KEY, b"data")

    assert cache.read("plan", KEY) is None


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(folder):
    (folder / f"plan-{KEY}.json" / "in the way").mkdir(parents=True)
    cache.write("plan", KEY, b"data")

    assert [path.name for path in folder.iterdir()] == [f"plan-{KEY}.json"]


def test_off_keeps_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("COMTRAP_CACHE", "off")
    monkeypatch.chdir(tmp_path)
    cache.write("plan", KEY, b"data")

    assert list(tmp_path.iterdir()) == []


def test_old_files_of_ours_go_and_others_stay(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_FILES", 3)
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    for number in range(5):
        cache.write("plan", f"{number}" * 64, b"data")
        os.utime(folder / f"plan-{str(number) * 64}.json", (number, number))
    cache.write("plan", KEY, b"data")

    assert {path.name[:6] for path in folder.iterdir()} == {"notes.", "plan-3", "plan-4", "plan-a"}


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "{home}/.cache/comtrap"),
        ("linux", {"XDG_CACHE_HOME": "{home}/x"}, "{home}/x/comtrap"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "{home}/.cache/comtrap"),
        ("darwin", {}, "{home}/Library/Caches/comtrap"),
        ("win32", {"LOCALAPPDATA": "{home}/Local"}, "{home}/Local/comtrap/Cache"),
        ("win32", {}, None),
    ],
)
def test_the_folder_is_where_the_system_keeps_such(monkeypatch, tmp_path, platform, variables, expected):
    for name in ("COMTRAP_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", platform)

    assert cache.folder() == (None if expected is None else Path(expected.format(home=tmp_path)))


def test_keys_tell_where_one_part_ends():
    assert cache.key_of([b"ab", b"c"]) != cache.key_of([b"a", b"bc"])


def test_another_program_has_other_keys(monkeypatch):
    before = cache.key_of([b"a"])
    monkeypatch.setattr(cache, "_code", lambda: b"another")

    assert cache.key_of([b"a"]) != before


def test_a_program_that_cannot_be_read_has_none(monkeypatch):
    monkeypatch.setattr(cache, "_code", lambda: None)
    cache.write("plan", cache.key_of([b"a"]), b"data")

    assert cache.read("plan", cache.key_of([b"a"])) is None
