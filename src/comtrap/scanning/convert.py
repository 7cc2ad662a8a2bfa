"""Any input as ECS documents in files."""

from __future__ import annotations

import gc
import os
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comtrap.events.wanted import Wanted
from comtrap.normalise.script_blocks import COLUMNS, joined
from comtrap.scanning.documents import written
from comtrap.scanning.part import Tally
from comtrap.scanning.spool import Spool
from comtrap.sources.batches import LARGE_BYTES
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.progress import Progress, work_bytes
from comtrap.sources.read import read
from comtrap.sources.walk import files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from comtrap.scanning.part import Input
    from comtrap.scanning.writers.writer import Writer


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written.

    Attributes:
        files: inputs, those that could not be read included.
        tally: the counts.
        usable: whether any input could be read.
        seconds: how long it took.
        interrupted: whether it was stopped before its end; what was read until then is written.
    """

    files: int
    tally: Tally
    usable: bool
    seconds: float
    interrupted: bool


def convert(
    paths: Iterable[str],
    writer: Writer,
    *,
    target: Path | None = None,
    progress: Progress | None = None,
    manner: Manner = ORDINARY,
) -> Converted:
    """Write every record as the ECS document it becomes: by input, and within one in its own order.

    Args:
        paths: files, folders, archives, ``-`` for standard input. What cannot be read is in the result, not raised.
        writer: where to; closed in the end.
        target: the file or folder that is written; what is found there is no input.
        progress: told what is read, as it is read.
        manner: how inputs are read.
    """
    began = time.perf_counter()
    tally = Tally()
    inputs = [one for one in enumerate(files(paths, tally.problems)) if not _is_within(one[1], target)]
    unusable = len(tally.problems.failed)
    progress = progress or Progress()
    progress.expect(work_bytes(path) for _, path in inputs)
    interrupted = False
    try:
        with Spool() as spool:
            for one in inputs:
                interrupted = _read(one, spool, tally, progress, manner)
                with closing(spool.taken()) as documents:
                    writer.write(documents)
                if interrupted:
                    break
    finally:
        writer.close()
    return Converted(len(inputs) + unusable, tally, tally.usable(inputs), time.perf_counter() - began, interrupted)


def _read(one: Input, spool: Spool, tally: Tally, progress: Progress, manner: Manner) -> bool:
    """Spool one input's documents; gives whether that was interrupted."""
    number, path = one
    try:
        for raw in joined(read(path, number, Wanted(COLUMNS), tally.problems, manner=manner, progress=progress)):
            tally.read += spool.add(written(raw, tally.problems))
            if raw.size_bytes > raw.frame.num_rows * LARGE_BYTES:
                # Few objects are made of large records, so that Python would not look for circles of them for long.
                gc.collect()
    except KeyboardInterrupt:
        return True
    return False


def _is_within(path: str, target: Path | None) -> bool:
    """Whether an input is the file, or in the folder, that is written."""
    if target is None:
        return False
    real, own = os.path.realpath(path), os.path.realpath(target)
    return real == own or real.startswith(own + os.sep)
