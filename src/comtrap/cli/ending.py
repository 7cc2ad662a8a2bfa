"""Signals that ask a command to end, taken as Ctrl+C is."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""What services, a terminal that is closed, and Windows' Ctrl+Break send; not every system has each."""


@contextmanager
def as_interrupts() -> Iterator[None]:
    """Let these signals interrupt what is done within, so that partial results are written and nothing is left behind.

    One that is ignored stays so, as `nohup` wants it. Only a program's first thread may be told of signals; in another
    nothing changes.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in ASKING if hasattr(signal, name)):
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
