"""What the machines of a cluster read at a time. Spark wants to know all of it beforehand, positions of pieces included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from comtrap.errors import SourceError
from comtrap.sources.pieces import Piece, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from comtrap.scanning.part import Input

BUNDLE_BYTES = 16 << 20  # small inputs go together up to this
PIECE_BYTES = 64 << 20  # larger ones are read in pieces of this size


@dataclass(frozen=True, slots=True)
class Task:
    """What one machine reads at a time: some inputs, or a piece of one."""

    inputs: tuple[Input, ...]
    piece: Piece | None = None


def tasks(inputs: Iterable[Input], sizes: Mapping[str, int], piece_bytes: int = PIECE_BYTES) -> list[Task]:
    """The inputs in tasks worth starting, the largest first: pieces of large ones, small ones together."""
    out: list[list[Input]] = []
    cut: list[Task] = []
    room = 0
    for one in sorted(inputs, key=lambda each: (-sizes[each[1]], each)):
        if some := pieces(one[1], piece_bytes) if sizes[one[1]] > piece_bytes else []:
            cut += [Task((one,), piece) for piece in some]
            continue
        if not out or sizes[one[1]] > room:
            out.append([])
            room = BUNDLE_BYTES
        out[-1].append(one)
        room -= sizes[one[1]]
    return [*cut, *(Task(tuple(some)) for some in out)]


def placed(work: Iterable[Task], count: Callable[[Task], int]) -> list[Task]:
    """The tasks with the positions of their pieces; a file whose pieces cannot be told apart is read as a whole.

    Args:
        work: pieces of one file in their order.
        count: how many positions the piece of a task has; raises what `pieces.positions` does.
    """
    next_of: dict[Input, int] = {}
    whole: dict[Input, Task] = {}
    out = []
    for task in work:
        if task.piece is None:
            out.append(task)
            continue
        (one,) = task.inputs
        position = next_of.get(one, 0)
        out.append(replace(task, piece=replace(task.piece, position=position)))
        try:
            next_of[one] = position + count(task)
        except (OSError, SourceError):
            whole[one] = Task((one,))
    return [*(task for task in out if task.inputs[0] not in whole), *whole.values()]
