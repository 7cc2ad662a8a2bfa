"""All inputs of a run: in this process, or shared out where there is much to read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from comtrap.scanning.processes import share
from comtrap.sources.walk import STDIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comtrap.scanning.part import Input, Part, Progress

SHARED_BYTES = 64 << 20  # less input than this is read in one process: starting others would take longer
PACKED = (b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"(\xb5/\xfd")
PACKED_TIMES = 12  # how much larger packed logs are unpacked


def fill(part: Part, inputs: Sequence[Input], jobs: int, progress: Progress) -> bool:
    """Read all inputs and run the part's plan over them; gives whether that was interrupted.

    Args:
        part: what is found and counted ends in its store and its tally, the same for any number of jobs.
        inputs: what to read.
        jobs: how many processes may be used.
        progress: told what is read, as it is read.
    """
    sizes = {path: _size(path) for _, path in inputs}
    shared = jobs > 1 and sum(sizes.values()) >= SHARED_BYTES
    # What is no file can be read once only, and perhaps by this process only.
    here = [one for one in inputs if not shared or not sizes[one[1]]]
    try:
        if shared:
            share([one for one in inputs if sizes[one[1]]], sizes, part, jobs, progress)
        part.run(here, progress)
    except KeyboardInterrupt:
        part.rejoin()
        return True
    return False


def _size(path: str) -> int:
    """About how many bytes there are to read; 0 for what is no file, such as a pipe."""
    if path == STDIN:
        return 0
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return 0
        with Path(path).open("rb") as file:
            packed = file.read(8).startswith(PACKED)
            return os.fstat(file.fileno()).st_size * (PACKED_TIMES if packed else 1)
    except OSError:  # reading it will say what is wrong
        return 0
