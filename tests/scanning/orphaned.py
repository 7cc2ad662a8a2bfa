"""A process with another one like those of a run, which kills itself once that is at work: `python -m … FOLDER`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading

from comtrap.plan.plan import Plan
from comtrap.scanning import processes


def works(folder, at_work):
    """For ever."""
    processes._begin(processes._Run(Plan((), frozenset()), None, None, [], None, folder))
    at_work.set()
    threading.Event().wait()


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    at_work = context.Event()
    context.Process(target=works, args=(sys.argv[1], at_work)).start()
    at_work.wait()
    os.kill(os.getpid(), signal.SIGKILL)
