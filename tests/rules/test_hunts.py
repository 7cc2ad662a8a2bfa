from __future__ import annotations

import pytest

from comtrap.rules.hunts import LIMIT, read_hunts
from comtrap.rules.load import DEFAULT, locate

GOOD = 'title = "T"\nbehaviours = ["b"]\nlook_for = "L"\nquery = "any where true"\n'


def hunts(tmp_path, **files):
    folder = tmp_path / "hunts"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return [hunt.title for hunt in read_hunts(tmp_path)]


def test_the_pack_has_hunts_in_the_order_of_their_files():
    titles = [hunt.title for hunt in read_hunts(locate(DEFAULT))]
    assert titles[0] == "What the DCOM launcher starts that is no server of Windows"
    assert all(hunt.behaviours for hunt in read_hunts(locate(DEFAULT)))


def test_a_hunt_is_read(tmp_path):
    assert hunts(tmp_path, a=GOOD) == ["T"]


@pytest.mark.parametrize("text", ["title =", 'title = "T"', GOOD.replace('["b"]', "4"), GOOD + "#" * LIMIT])
def test_what_is_no_hunt_is_passed_over(tmp_path, text):
    assert hunts(tmp_path, a=text, b=GOOD) == ["T"]


def test_a_folder_without_hunts_has_none(tmp_path):
    assert read_hunts(tmp_path) == []
