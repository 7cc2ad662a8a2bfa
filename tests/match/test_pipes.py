from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.check.typed import Pipe
from comtrap.match.pipes import Limits, kept

TEN = list(range(10))


def pipes(text: str) -> list[Pipe]:
    return [Pipe(part.split()[0], int(part.split()[1])) for part in text.split("|") if part.strip()]


@pytest.mark.parametrize(
    ("text", "size", "position", "expected"),
    [
        ("", None, "tail", TEN),
        ("", 3, "tail", [7, 8, 9]),
        ("", 3, "head", [0, 1, 2]),
        ("", 0, "tail", []),
        ("", 0, "head", []),
        ("", 30, "tail", TEN),
        ("head 2", None, "tail", [0, 1]),
        ("tail 2", None, "tail", [8, 9]),
        ("head 0", None, "tail", []),
        ("tail 0", None, "tail", []),
        ("head 20", None, "tail", TEN),
        ("head 20", 3, "tail", [0, 1, 2]),  # size goes in the direction of the first pipe, not of the position
        ("tail 20", 3, "head", [7, 8, 9]),
        ("head 2", 3, "tail", [0, 1]),
        ("tail 4 | head 1", None, "tail", [6]),
        ("tail 4 | head 1", 2, "tail", [8]),
        ("head 4 | tail 1", None, "tail", [3]),
        ("head 4 | tail 1", 2, "tail", [1]),
        ("head 4 | tail 3 | head 2", None, "tail", [1, 2]),
        ("tail 4 | tail 2", None, "tail", [8, 9]),
        ("head 0 | tail 5", None, "tail", []),
    ],
)
def test_size_and_pipes_combine(text, size, position, expected):
    assert TEN[kept(10, pipes(text), Limits(size, position))] == expected


@given(
    st.integers(0, 30),
    st.lists(st.builds(Pipe, st.sampled_from(["head", "tail"]), st.integers(0, 40)), max_size=4),
    st.none() | st.integers(0, 40),
)
def test_it_is_the_same_as_cutting_step_by_step(total, steps, size):
    rows = list(range(total))
    if size is not None:
        head = steps[0].name == "head" if steps else False
        rows = rows[:size] if head else rows[max(0, len(rows) - size) :]
    for pipe in steps:
        rows = rows[: pipe.count] if pipe.name == "head" else rows[max(0, len(rows) - pipe.count) :]
    assert list(range(total))[kept(total, steps, Limits(size))] == rows
