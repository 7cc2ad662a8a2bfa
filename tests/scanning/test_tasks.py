from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.scanning import tasks as module
from comtrap.scanning.tasks import LARGEST_BYTES, LAST_BYTES, Task, Unit, tasks
from comtrap.sources.pieces import Piece

MIB = 1 << 20


@pytest.fixture(autouse=True)
def _divisible(monkeypatch):
    monkeypatch.setattr(module, "is_divisible", lambda path: not path.startswith("packed"))


def divided(sizes, jobs=2, *, cut=True):
    """Tasks as lists of (path, first byte, byte after the last)."""
    paths = list(sizes)
    work = tasks(list(enumerate(paths)), sizes, jobs, cut=cut)
    return [
        [(u.input[1], *((0, sizes[u.input[1]]) if u.piece is None else (u.piece.start, u.piece.stop))) for u in t.units]
        for t in work
    ]


def sizes_of(work):
    return [sum(stop - start for _, start, stop in task) for task in work]


def test_a_large_file_is_cut_into_large_pieces_and_small_last_ones():
    assert divided({"a": 1000 * MIB}) == [
        [("a", 0, 400 * MIB)],
        [("a", 400 * MIB, 800 * MIB)],
        [("a", 800 * MIB, 900 * MIB)],
        [("a", 900 * MIB, 1000 * MIB)],
    ]


def test_so_little_that_last_ones_would_be_tiny_is_as_many_tasks_as_processes():
    assert sizes_of(divided({"a": 300 * MIB}, 4)) == [75 * MIB] * 4


def test_no_task_is_too_large():
    found = sizes_of(divided({"a": (39 << 30) + 2 * LAST_BYTES}))
    assert max(found) <= LARGEST_BYTES
    assert found[-2] == LAST_BYTES


def test_small_files_go_together_in_their_order():
    work = divided({str(n): MIB for n in range(590)})
    assert [path for task in work for path, *_ in task] == [str(n) for n in range(590)]
    assert sizes_of(work) == [295 * MIB] * 2


def test_a_piece_and_whole_files_make_one_task():
    assert divided({"a": 20 * MIB, "b": 100 * MIB, "c": 40 * MIB}) == [
        [("a", 0, 20 * MIB), ("b", 0, 60 * MIB)],
        [("b", 60 * MIB, 100 * MIB), ("c", 0, 40 * MIB)],
    ]


def test_what_cannot_be_cut_is_in_one_task():
    assert divided({"packed": 200 * MIB, "b": MIB}) == [[("packed", 0, 200 * MIB)], [("b", 0, MIB)]]


def test_nothing_is_cut_where_that_is_not_wanted():
    assert divided({"a": 200 * MIB}, cut=False) == [[("a", 0, 200 * MIB)]]


def test_no_file_is_cut_for_little():
    assert divided({"a": 20 * MIB, "b": 20 * MIB}) == [[("a", 0, 20 * MIB)], [("b", 0, 20 * MIB)]]


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3_000)), max_size=12),
    st.integers(1, 5),
)
def test_every_byte_is_in_one_unit_and_only_first_units_begin_within_files(files, jobs):
    sizes = {f"{'packed' if packed else ''}{n}": size * MIB for n, (packed, size) in enumerate(files)}
    work = divided(sizes, jobs)
    found = [unit for task in work for unit in task]
    assert [start for task in work for _, start, _ in task[1:]] == [0] * sum(len(task) - 1 for task in work)
    for path, size in sizes.items():
        edges = [unit[1:] for unit in found if unit[0] == path]
        assert edges[0][0] == 0
        assert edges[-1][1] == size
        assert all(stop == start for (_, stop), (start, _) in itertools.pairwise(edges))
    assert all(sizes_of(work)) or not all(sizes.values())


def test_a_task_of_several_units_has_halves():
    units = tuple(Unit((n, str(n))) for n in range(3))
    assert Task(units).halves() == (Task(units[:1]), Task(units[1:]))


def test_a_large_piece_has_halves():
    one = (0, "a")
    whole = Task((Unit(one, Piece(10 * MIB, 50 * MIB)),))
    assert whole.halves() == tuple(
        Task((Unit(one, piece),)) for piece in (Piece(10 * MIB, 30 * MIB), Piece(30 * MIB, 50 * MIB))
    )


@pytest.mark.parametrize("piece", [None, Piece(0, 20 * MIB)])
def test_a_file_and_a_small_piece_have_none(piece):
    task = Task((Unit((0, "a"), piece),))
    assert task.halves() == (task,)
