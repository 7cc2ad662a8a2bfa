"""A task's files, read in this process, or in one of their own where they have ended one before.

Spark runs a task again whose process ended, and after a few times gives up the whole job. So the second time the files are
read in a process of their own, first together, then one by one, and what ends that too is told as a file that cannot be
read. The same goes for what takes for ever: a process that gives nothing for too long ends itself.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from comtrap.cluster.rows import tally_of, tally_row
from comtrap.cluster.tasks import Task
from comtrap.scanning.part import Tally
from comtrap.sources.walk import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from comtrap.alerts.store import Store

    Alive: TypeAlias = Callable[[], bool]  # gives False: nobody wants it to stop
    Fill: TypeAlias = Callable[[Store, Task, Alive], Tally]

_STORE, _TALLY, _ERROR = "store.db", "tally", "error"


def attempted(fill: Fill, make: Callable[[str], Store], task: Task, patience_s: float) -> Iterator[tuple[Store, Tally]]:
    """What is found in a task's files, in one store or more, each with its tally.

    Args:
        fill: reads the files of a task into a store; says now and then that it is alive.
        make: an empty store at a path, temporary without one.
        task: what to read.
        patience_s: for how long it may say nothing.
    """
    if not _ran_before():
        with make("") as store:
            with _watched(patience_s) as alive:
                tally = fill(store, task, alive)
            yield store, tally
        return
    told = yield from _alone(fill, make, task, patience_s)
    if told is None:
        return
    for one in task.inputs:
        if len(task.inputs) > 1:
            told = yield from _alone(fill, make, Task((one,), task.piece), patience_s)
        if told is not None:
            tally = Tally()
            tally.problems.fail(printable(one[1]), told)
            with make("") as store:
                yield store, tally


def _ran_before() -> bool:
    """Whether Spark has begun this very task before."""
    spark = sys.modules.get("pyspark")
    context = None if spark is None else spark.TaskContext.get()
    return context is not None and context.attemptNumber() > 0


def _alone(
    fill: Fill, make: Callable[[str], Store], task: Task, patience_s: float
) -> Generator[tuple[Store, Tally], None, str | None]:
    """The same from another process; returns why that has failed, None if it has not."""
    with TemporaryDirectory(prefix="comtrap-") as folder:
        process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(fill, make, task, folder, patience_s)
        )
        process.start()
        process.join()
        if process.exitcode == 0:
            with make(str(Path(folder) / _STORE)) as store:
                yield store, tally_of((Path(folder) / _TALLY).read_bytes())
            return None
        error = Path(folder) / _ERROR
        if error.exists():
            return error.read_text("utf-8")
        return (
            "the process that read it ended, in a process of its own as well: there is not enough memory, or it gave"
            f" nothing for {patience_s:g} s"
        )


def _serve(fill: Fill, make: Callable[[str], Store], task: Task, folder: str, patience_s: float) -> None:
    """The other process's side."""
    try:
        with make(str(Path(folder) / _STORE)) as store, _watched(patience_s) as alive:
            tally = fill(store, task, alive)
        (Path(folder) / _TALLY).write_bytes(tally_row(tally))
    except Exception as error:  # whatever it is, it is the file's, and the run goes on
        (Path(folder) / _ERROR).write_text(
            f"reading it failed: {type(error).__name__}: {error}"[:500], "utf-8", "replace"
        )
        raise


@contextmanager
def _watched(patience_s: float) -> Iterator[Alive]:
    """Ends this process if it is not said for so long that it is alive."""
    with Path(os.devnull).open("w") as nothing:

        def alive() -> bool:
            # Runs in a thread of its own that takes no lock of Python's.
            faulthandler.dump_traceback_later(patience_s, exit=True, file=nothing)
            return False

        alive()
        try:
            yield alive
        finally:
            faulthandler.cancel_dump_traceback_later()
