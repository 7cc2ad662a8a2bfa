"""A store whose process is killed when it sees a certain event, as a system out of memory does it."""

from __future__ import annotations

import os
import signal

from comtrap.alerts.store import Store

FATAL = "fatal.exe"


class KillingStore(Store):
    """Made by `Fragile` in other processes."""

    def keep(self, hits, raws):
        raws = list(raws)
        if any(FATAL in str(raw.frame.to_pylist()) for raw in raws):
            os.kill(os.getpid(), signal.SIGKILL)
        super().keep(hits, raws)


class Fragile(Store):
    """The run's own store; those like it kill their process."""

    def alike(self):
        return KillingStore
