"""A run's inputs over several processes.

Hits do not depend on each other, so any division gives the same. Each process writes what it finds to a database of its
own, which the run takes over; nothing large goes through a pipe. Processes are spawned, so that a run is the same on
every system.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import sys
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from comtrap.errors import SourceError
from comtrap.scanning.kinds import Kinds
from comtrap.scanning.part import Part, Tally
from comtrap.sources.pieces import Piece, pieces, positions
from comtrap.sources.progress import Progress
from comtrap.sources.walk import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence

    from comtrap.alerts.store import Store
    from comtrap.plan.plan import Plan
    from comtrap.scanning.part import Input
    from comtrap.sources.manner import Manner

BUNDLE_BYTES = 16 << 20  # small inputs go together up to this
PIECE_BYTES = 64 << 20  # larger ones are read in pieces of this size


@dataclass(slots=True)
class _Run:
    """What a process is told once."""

    plan: Plan
    store: Callable[[str], Store]
    stop: Any  # multiprocessing's Event
    read: MutableSequence[int]  # shared numbers, see `_shared`
    manner: Manner


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does at a time: some inputs, or a piece of one."""

    inputs: tuple[Input, ...]
    piece: Piece | None = None


_given: list[tuple[_Run, Kinds]] = []  # the one thing a process keeps between its tasks


def share(inputs: Sequence[Input], sizes: Mapping[str, int], part: Part, jobs: int, progress: Progress) -> None:
    """Run the rules over inputs in other processes, the largest first; what they find ends in `part`.

    If interrupted, the processes finish the batch they are at, and what was found so far is kept.
    """
    # What slack there is has positions that only the whole file gives.
    piece_bytes = sys.maxsize if part.manner.slack else PIECE_BYTES
    finish(tasks(inputs, sizes, piece_bytes), part, jobs, progress)


def finish(work: Sequence[Task], part: Part, jobs: int, progress: Progress) -> None:
    """Run tasks in other processes."""
    suspects: list[Task] = []
    known = False
    while work:
        begun, waiting = _shared(work, part, jobs, progress, known=known)
        suspects += begun
        if len(waiting) == len(work):  # none can be begun
            suspects += waiting
            break
        work, known = waiting, True
    # A process died: what was being read then is tried again, each input in a process of its own, so that only the one
    # at fault is lost.
    for task in suspects:
        for one in task.inputs:
            if any(_shared([Task((one,), task.piece)], part, 1, progress, known=True)):
                part.tally.problems.fail(printable(one[1]), _ended(task.piece))
    progress.settle()
    part.rejoin()


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


def _shared(
    work: Sequence[Task], part: Part, jobs: int, progress: Progress, *, known: bool = False
) -> tuple[list[Task], list[Task]]:
    """Run tasks; if a process died, gives those that were begun and not done, and those that were not begun.

    Args:
        work: what to run.
        part: takes what is found.
        jobs: how many processes.
        progress: counts in what the processes count.
        known: whether the positions of pieces are told already.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    # Two numbers a task, without a lock: a process may end anywhere. Only the one at work on it writes them.
    read = cast("MutableSequence[int]", context.RawArray(ctypes.c_uint64, 2 * len(work)))
    progress.watch(read)
    begun: list[Task] = []
    left: list[Task] = []
    with (
        TemporaryDirectory(prefix="comtrap-") as folder,
        ProcessPoolExecutor(
            min(jobs, len(work)), context, _begin, (_Run(part.plan, part.store.alike(), stop, read, part.manner),)
        ) as pool,
    ):
        waiting: dict[Any, tuple[Task, str, int]] = {}
        taken = set()

        def take(futures: Iterable[Any]) -> None:
            for future in futures:
                task, path, at = waiting[future]
                try:
                    tally = future.result()
                except BrokenProcessPool:
                    (begun if Path(path).exists() else left).append(task)
                    read[at] = read[at + 1] = 0
                except CancelledError:
                    pass
                else:
                    taken.add(future)
                    part.store.absorb(path)
                    Path(path).unlink()
                    part.tally.add(tally)
                    progress.begin(task.inputs[-1][1])

        try:
            for number, task in enumerate(work if known else _counted(work, pool)):
                path, at = str(Path(folder) / f"{number}.db"), 2 * number
                try:
                    waiting[pool.submit(_work, task, path, at)] = (task, path, at)
                except BrokenProcessPool:
                    left.append(task)
            take(as_completed(waiting))
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            take([future for future in waiting if future not in taken])
            raise
    return begun, left


def placed(work: Iterable[Task], count: Callable[[Task], int]) -> list[Task]:
    """The tasks with the positions of their pieces; a file whose pieces cannot be told apart is read as a whole.

    Args:
        work: pieces of one file in their order.
        count: how many positions the piece of a task has; raises what `pieces.positions` does, or `BrokenProcessPool`.
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
        except (OSError, SourceError, BrokenProcessPool):
            whole[one] = Task((one,))
    return [*(task for task in out if task.inputs[0] not in whole), *whole.values()]


def _counted(work: Iterable[Task], pool: ProcessPoolExecutor) -> list[Task]:
    counts = {task: pool.submit(positions, task.inputs[0][1], task.piece) for task in work if task.piece is not None}
    return placed(work, lambda task: counts[task].result())


def _ended(piece: Piece | None) -> str:
    what = "it" if piece is None else f"the part of it from byte {piece.start} to {piece.stop}"
    return f"the process that read {what} ended; is there enough memory?"


def _begin(run: _Run) -> None:
    # Ctrl+C reaches every process of a terminal; the run decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    _given[:] = [(run, Kinds(run.plan))]


def _work(task: Task, path: str, at: int) -> Tally:
    ((run, kinds),) = _given
    progress = Progress(run.read, at)
    with run.store(path) as store:
        part = Part(run.plan, store, Tally(), run.manner, kinds=kinds)
        if task.piece is None:
            part.run(task.inputs, progress, run.stop.is_set)
        else:
            part.run_piece(task.inputs[0], task.piece, progress, run.stop.is_set)
    return part.tally
