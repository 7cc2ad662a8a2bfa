from __future__ import annotations

import gc

import pytest

from comtrap.cli.collecting import UNLOOKED, rarely


def test_python_looks_for_circles_rarely():
    with rarely():
        assert gc.get_threshold()[0] == UNLOOKED


def test_what_is_there_already_is_not_looked_at():
    with rarely():
        assert gc.get_freeze_count() > 0


def test_afterwards_all_is_as_it_was_whatever_happened():
    before = gc.get_threshold()
    with pytest.raises(KeyError), rarely():
        raise KeyError
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
