from __future__ import annotations

import os
import sys
import types
from importlib.machinery import PathFinder

import pytest

import comtrap.sinks
from comtrap import registry
from comtrap.errors import PluginError
from comtrap.registry import every, load


def packaged(folder, group="comtrap.sinks", kind="dist-info"):
    """A package of someone else that is installed in a folder, with one module that it calls an output."""
    folder.mkdir(exist_ok=True)
    (folder / "their_sink.py").write_text("class Sink: ...\n", "utf-8")
    about = folder / f"theirs-1.0.{kind}"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text(f"[{group}]\ntheirs = their_sink\nndjson = their_sink\n", "utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    # Packages that replace Python's own way to find packages may be imported already.
    plain = [finder for finder in sys.meta_path if not hasattr(finder, "find_distributions")]
    monkeypatch.setattr(sys, "meta_path", [*plain, PathFinder])
    yield tmp_path
    sys.modules.pop("their_sink", None)


@pytest.mark.parametrize("kind", ["dist-info", "egg-info", "DIST-INFO"])
def test_an_extension_of_another_package_is_found_by_its_entry_point(folder, kind):
    packaged(folder, kind=kind)
    assert load(comtrap.sinks, "theirs", "Sink").__name__ == "their_sink"


def test_one_that_is_installed_while_we_run_is_found(folder):
    assert "theirs" not in dict(every(comtrap.sinks, "Sink"))
    packaged(folder)
    os.utime(folder, ns=(1, 1))  # a clock may stand still for as long as this takes
    assert "theirs" in dict(every(comtrap.sinks, "Sink"))


def test_it_may_take_the_place_of_one_of_ours(folder):
    packaged(folder)
    assert load(comtrap.sinks, "ndjson", "Sink").__name__ == "their_sink"


def test_other_groups_are_none_of_ours(folder):
    packaged(folder, group="others.sinks")
    with pytest.raises(PluginError, match="theirs"):
        load(comtrap.sinks, "theirs", "Sink")


def test_where_packages_are_not_in_folders_python_is_asked(folder):
    (folder / "some.zip").write_bytes(b"")
    assert registry._is_any(((str(folder / "some.zip"), 1),))


def test_where_somebody_else_finds_packages_python_is_asked(folder, monkeypatch):
    assert not registry._is_any(((str(folder), 1),))
    monkeypatch.setattr(sys, "meta_path", [types.SimpleNamespace(find_distributions=list), *sys.meta_path])
    assert registry._is_any(((str(folder), 2),))


def test_a_folder_that_is_not_there_has_none(folder):
    assert registry._changed(str(folder / "nowhere")) is None
    assert not registry._is_any(((str(folder / "nowhere"), None),))
