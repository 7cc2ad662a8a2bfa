"""A run's inputs over several processes.

Hits do not depend on each other, so any division gives the same. Each process writes what it finds to a database of its
own, which the run takes over; nothing large goes through a pipe. Processes are spawned, so that a run is the same on
every system.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import shutil
import signal
import threading
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from comtrap.events.problems import Problems
from comtrap.scanning.kinds import Kinds
from comtrap.scanning.merge import Done, Merge
from comtrap.scanning.part import Part, Tally
from comtrap.scanning.tasks import Task, tasks
from comtrap.sources.progress import Progress
from comtrap.sources.walk import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence

    from comtrap.alerts.store import Store
    from comtrap.plan.plan import Plan
    from comtrap.scanning.part import Input
    from comtrap.sources.manner import Manner
    from comtrap.sources.pieces import Piece


@dataclass(slots=True)
class _Run:
    """What a process is told once."""

    plan: Plan
    store: Callable[[str], Store]
    stop: Any  # a shared boolean
    read: MutableSequence[int]  # shared numbers, see `_shared`
    manner: Manner
    folder: str  # of the run's temporary files


_given: list[tuple[_Run, Kinds]] = []  # the one thing a process keeps between its tasks


def share(inputs: Sequence[Input], sizes: Mapping[str, int], part: Part, jobs: int, progress: Progress) -> None:
    """Run the rules over inputs in other processes; what they find ends in `part`.

    If interrupted, the processes finish the batch they are at, and what was found so far is kept.
    """
    # What slack there is has positions that only the whole file gives.
    finish(tasks(inputs, sizes, jobs, cut=not part.manner.slack), part, jobs, progress)


def finish(work: Sequence[Task], part: Part, jobs: int, progress: Progress) -> None:
    """Run tasks in other processes."""
    with TemporaryDirectory(prefix="comtrap-") as folder, Merge(part, progress, folder) as merge:
        suspects: list[Task] = []
        while work:
            begun, waiting = _shared(work, merge, jobs)
            suspects += begun
            if len(waiting) == len(work):  # none can be begun
                suspects += waiting
                break
            work = waiting
        # A process died: what was being read then is tried again in ever smaller parts, each in a process of its own, so
        # that only the one at fault is lost.
        while suspects:
            suspect = suspects.pop()
            if not any(_shared([suspect], merge, 1)):
                continue
            halves = suspect.halves()
            if len(halves) == 1:
                unit = suspect.units[0]
                part.tally.problems.fail(printable(unit.input[1]), _ended(unit.piece))
            else:
                suspects += halves
    progress.settle()
    part.rejoin()


def _shared(work: Sequence[Task], merge: Merge, jobs: int) -> tuple[list[Task], list[Task]]:
    """Run tasks; if a process died, gives those that were begun and not done, and those that were not begun.

    Args:
        work: what to run.
        merge: takes what is found.
        jobs: how many processes.
    """
    context = multiprocessing.get_context("spawn")
    # Without locks, since a process may end anywhere, and would keep them for ever.
    stop = context.RawValue(ctypes.c_bool, False)  # noqa: FBT003 - the first value of its type's own arguments
    # Two numbers a task. Only the process at work on it writes them.
    read = cast("MutableSequence[int]", context.RawArray(ctypes.c_uint64, 2 * len(work)))
    merge.progress.watch(read)
    begun: list[Task] = []
    left: list[Task] = []
    part = merge.part
    given = (_Run(part.plan, part.store.alike(), stop, read, part.manner, merge.folder),)
    with ProcessPoolExecutor(min(jobs, len(work)), context, _begin, given) as pool:
        waiting: dict[Any, tuple[Task, str, int]] = {}
        taken = set()

        def take(futures: Iterable[Any]) -> None:
            for future in futures:
                task, path, at = waiting[future]
                try:
                    done = future.result()
                except BrokenProcessPool:
                    (begun if Path(path).exists() else left).append(task)
                    read[at] = read[at + 1] = 0
                except CancelledError:
                    pass
                else:
                    taken.add(future)
                    merge.add(task, path, done)

        try:
            for number, task in enumerate(work):
                path, at = merge.path(), 2 * number
                try:
                    with _uninterrupted():  # the first one starts the processes
                        waiting[pool.submit(_work, task, path, at)] = (task, path, at)
                except BrokenProcessPool:
                    left.append(task)
            take(as_completed(waiting))
        except KeyboardInterrupt:
            stop.value = True
            pool.shutdown(wait=True, cancel_futures=True)
            take([future for future in waiting if future not in taken])
            raise
    return begun, left


def _ended(piece: Piece | None) -> str:
    what = "it" if piece is None else f"the part of it from byte {piece.start} to {piece.stop}"
    return f"the process that read {what} ended; is there enough memory?"


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl+C wait. Processes that are started meanwhile do not see it before they can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_the_run(folder: str) -> None:
    """End this process if the run's own is killed: nobody would tell it to, and nobody else would remove its files."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)


def _begin(run: _Run) -> None:
    # Ctrl+C reaches every process of a terminal; the run decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_run, args=(run.folder,), daemon=True).start()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    _given[:] = [(run, Kinds(run.plan))]


def _work(task: Task, path: str, at: int) -> Done:
    ((run, kinds),) = _given
    progress = Progress(run.read, at)
    problems = []
    with run.store(path) as store:
        part = Part(run.plan, store, Tally(), run.manner, kinds=kinds)
        for unit in task.units:
            if run.stop.value:
                break
            # Of each unit apart: positions in messages may be told anew.
            part.tally.problems = Problems()
            problems.append(part.tally.problems)
            part.read(unit.input, progress, unit.piece, lambda: bool(run.stop.value))
        part.finish()
    part.tally.problems = Problems()
    return Done(part.tally, problems)
