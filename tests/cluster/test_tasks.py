from __future__ import annotations

from comtrap.cluster.tasks import BUNDLE_BYTES, Task, tasks
from comtrap.sources.pieces import Piece


def test_small_inputs_go_together_and_large_ones_first():
    sizes = {"a": 1, "b": BUNDLE_BYTES * 2, "c": BUNDLE_BYTES - 1, "d": 1, "e": 1}
    work = tasks(list(enumerate("abcde")), sizes)
    assert [[path for _, path in task.inputs] for task in work] == [["b"], ["c", "a"], ["d", "e"]]
    assert work[0] == Task(((1, "b"),))


def test_large_inputs_are_cut(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b'{"n":1}\n' * 300)
    one = (0, str(path))
    work = tasks([one], {str(path): 2400}, 1000)
    assert work == [Task((one,), Piece(start, start + 800)) for start in (0, 800, 1600)]
