"""How often Python looks for circles of objects that nothing else refers to."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNLOOKED = 100_000  # objects made and not let go of until somebody looks: more than are alive of some alerts at once


@contextmanager
def rarely() -> Iterator[None]:
    """Look seldom, and never among what is there already, such as rules.

    Events and alerts are trees, which go when they are let go of; to look for circles in them takes a sixth of the time
    that alerts take.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(UNLOOKED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
