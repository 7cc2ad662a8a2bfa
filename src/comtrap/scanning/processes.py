"""A run's inputs over several processes.

Hits do not depend on each other, so any division gives the same. Each process writes what it finds to a database of its
own, which the run takes over; nothing large goes through a pipe. Processes are spawned, so that a run is the same on
every system.
"""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from comtrap.scanning.part import Part, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from comtrap.alerts.store import Store
    from comtrap.plan.plan import Plan
    from comtrap.scanning.part import Input, Progress

BUNDLE_BYTES = 16 << 20  # small inputs go together up to this


@dataclass(slots=True)
class _Work:
    """What a process is told once."""

    plan: Plan
    store: Callable[[str], Store]
    stop: Any  # multiprocessing's Event


_given: list[_Work] = []  # the one thing a process keeps between its tasks


def share(inputs: Sequence[Input], sizes: Mapping[str, int], part: Part, jobs: int, progress: Progress) -> None:
    """Run the rules over inputs in other processes, the largest first; what they find ends in `part`.

    If interrupted, the processes finish the batch they are at, and what was found so far is kept.
    """
    lost = _shared(bundles(inputs, sizes), part, jobs, progress)
    # A process died: its inputs are tried again, each in a process of its own, so that only the one at fault is lost.
    for one in [one for bundle in lost for one in bundle]:
        if _shared([[one]], part, 1, progress):
            part.tally.problems.fail(one[1], "the process that read it ended; is there enough memory?")


def bundles(inputs: Iterable[Input], sizes: Mapping[str, int]) -> list[list[Input]]:
    """The inputs in tasks worth starting, the largest first."""
    out: list[list[Input]] = []
    room = 0
    for one in sorted(inputs, key=lambda each: (-sizes[each[1]], each)):
        if not out or sizes[one[1]] > room:
            out.append([])
            room = BUNDLE_BYTES
        out[-1].append(one)
        room -= sizes[one[1]]
    return out


def _shared(tasks: Sequence[list[Input]], part: Part, jobs: int, progress: Progress) -> list[list[Input]]:
    """Run tasks; gives those whose process died."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    lost: list[list[Input]] = []
    with (
        TemporaryDirectory(prefix="comtrap-") as folder,
        ProcessPoolExecutor(
            min(jobs, len(tasks)), context, _begin, (_Work(part.plan, part.store.alike(), stop),)
        ) as pool,
    ):
        paths = [str(Path(folder) / f"{number}.db") for number in range(len(tasks))]
        waiting = {pool.submit(_work, task, path): (task, path) for task, path in zip(tasks, paths, strict=True)}
        taken = set()

        def take(futures: Iterable[Any]) -> None:
            for future in futures:
                task, path = waiting[future]
                try:
                    tally = future.result()
                except BrokenProcessPool:
                    lost.append(task)
                except CancelledError:
                    pass
                else:
                    taken.add(future)
                    part.store.absorb(path)
                    part.tally.add(tally)
                    progress(task[0][1], tally.read)

        try:
            take(as_completed(waiting))
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            take([future for future in waiting if future not in taken])
            raise
    return lost


def _begin(work: _Work) -> None:
    # Ctrl+C reaches every process of a terminal; the run decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    _given[:] = [work]


def _work(inputs: list[Input], path: str) -> Tally:
    (work,) = _given
    with work.store(path) as store:
        part = Part(work.plan, store, Tally())
        part.run(inputs, lambda _path, _events: None, work.stop.is_set)
    return part.tally
