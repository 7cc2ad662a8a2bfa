"""All inputs of a run: in this process, or shared out where there is much to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.scanning.processes import share
from comtrap.sources.progress import work_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.scanning.part import Input, Part
    from comtrap.sources.progress import Progress

SHARED_BYTES = 64 << 20  # less input than this is read in one process: starting others would take longer


def fill(part: Part, inputs: Sequence[Input], jobs: int, progress: Progress) -> bool:
    """Read all inputs and run the part's plan over them; gives whether that was interrupted.

    Args:
        part: what is found and counted ends in its store and its tally, the same for any number of jobs.
        inputs: what to read.
        jobs: how many processes may be used.
        progress: told what is read, as it is read.
    """
    known = {path: work_bytes(path) for _, path in inputs}
    progress.expect(known.values())
    # What is no file can be read once only, and perhaps by this process only.
    sizes = {path: size or 0 for path, size in known.items()}
    shared = jobs > 1 and sum(sizes.values()) >= SHARED_BYTES
    here = [one for one in inputs if not shared or not sizes[one[1]]]
    try:
        if shared:
            share([one for one in inputs if sizes[one[1]]], sizes, part, jobs, progress)
        part.run(here, progress)
    except KeyboardInterrupt:
        part.rejoin()
        return True
    return False
