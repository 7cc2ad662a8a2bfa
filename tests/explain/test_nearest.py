"""The nearest misses: the nearest alone, alike ones together, some of each kind."""

from __future__ import annotations

import pytest
from tests.explain.material import CHILD, explained, starts
from tests.material import process

from comtrap.explain import nearest as module


def near(subject: str, events: list[dict], folder, limit: int = 5) -> list[tuple[tuple[int, ...], int, int]]:
    """The clauses missed, the first event's position, how many are alike."""
    (stage,) = explained(subject, events, folder, limit).stages
    return [(each.missed, each.shown.event.position, each.count) for each in stage.nearest]


def test_alike_are_those_that_missed_by_the_same_clauses_for_the_same_values(tmp_path):
    assert near(CHILD, starts(), tmp_path) == [((1,), 1, 3), ((2,), 4, 1), ((1,), 7, 1), ((2,), 5, 1)]


def test_each_combination_of_clauses_has_its_turn(tmp_path):
    assert near(CHILD, starts(), tmp_path, 2) == [((1,), 1, 3), ((2,), 4, 1)]


def test_those_further_away_are_left_out_whatever_their_order(tmp_path):
    far, close = process(0, 1, "calc.exe", "explorer.exe"), process(1, 2, "calc.exe")
    query = 'process where process.name : "cmd.exe" and process.parent.name : "dllhost.exe"'

    assert near(query, [far, close, far], tmp_path) == [((0,), 1, 1)]
    assert near(query, [close, far], tmp_path) == [((0,), 0, 1)]
    assert near(query, [far], tmp_path) == [((0, 1), 0, 1)]


def test_no_misses(tmp_path):
    assert near("process where true", starts(), tmp_path) == []


def test_values_are_told_apart_from_no_value_and_lists_by_all_they_hold(tmp_path):
    events = [
        process(0, 1, CommandLine=line, ParentCommandLine=parent)
        for line in ("a b", "a c", "a b")
        for parent in ("x", "")
    ]
    query = 'process where process.args : "no" and process.parent.command_line : ("x", "null")'
    assert near(query, events, tmp_path)[0][2] == 2
    assert near('process where process.parent.command_line : "no"', events, tmp_path) == [((0,), 0, 3), ((0,), 1, 3)]


def test_how_many_groups_are_kept_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "GROUPS", 3)
    events = [process(at, at, f"p{at}.exe") for at in range(20)]
    found = explained('process where process.name : "no"', events, tmp_path, 50).stages[0]

    assert len(found.nearest) == 3
    assert found.near == 20


@pytest.mark.parametrize("rows", [1, 3, 1_000])
def test_batches_make_no_difference(tmp_path, monkeypatch, rows):
    monkeypatch.setattr("comtrap.explain.reading.ROWS", rows)
    assert near(CHILD, starts(), tmp_path) == [((1,), 1, 3), ((2,), 4, 1), ((1,), 7, 1), ((2,), 5, 1)]
