"""What a second process brings: slopes over two sizes of input, so that start-up is no part of them, one process and several in turn.

    python -m bench.jobs LOG… [--mb 300 1200] [--rounds 3] [--jobs 2] [--files 0]

Each log (EVTX or NDJSON) is repeated until it has the size. Prints how many times as fast the processes are (wall), and how much
more processor time all of them together take than one alone. The first means something on a machine that does nothing else; the
second always does. With `--files N` the input is a folder of N files of one size in place of one file.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HEADER_BYTES = 4096


class Spent(NamedTuple):
    """Seconds: on the clock, and of processors, of the run with all its processes."""

    wall: float
    processor: float


def main() -> None:
    """Print both ratios of each log."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("logs", nargs="+", type=Path, metavar="LOG")
    flags.add_argument("--mb", type=int, nargs=2, default=(300, 1200), metavar=("SMALL", "LARGE"))
    flags.add_argument("--rounds", type=int, default=3)
    flags.add_argument("--jobs", type=int, default=2)
    flags.add_argument("--files", type=int, default=0, metavar="N")
    args = flags.parse_args()
    for log in args.logs:
        with tempfile.TemporaryDirectory() as folder:
            inputs = [Path(folder) / f"{size}mb" for size in args.mb]
            for path, size in zip(inputs, args.mb, strict=True):
                write(path, log, size * 1_000_000, args.files)
            walls, processors = [], []
            for _ in range(args.rounds):
                alone, together = [], []
                for path in inputs:
                    alone.append(run(path, 1))
                    together.append(run(path, args.jobs))
                one, several = (slope(each) for each in (alone, together))
                walls.append(one.wall / several.wall)
                processors.append(several.processor / one.processor)
                load = f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
                print(f"  one process {told(alone)}; {args.jobs} processes {told(together)}{load}", flush=True)
        what = f"{args.files} files" if args.files else "one file"
        print(
            f"{log.name}, {what} of {args.mb[0]} and {args.mb[1]} MB: {args.jobs} processes {statistics.median(walls):.2f} times as fast"
            f" as one, for {statistics.median(processors):.2f} times the processor time",
            flush=True,
        )


def write(path: Path, log: Path, size_bytes: int, files: int) -> None:
    """A log repeated to a size, in one file or in a folder of several."""
    data = log.read_bytes()
    head = data[:HEADER_BYTES] if data.startswith(b"ElfFile\0") else b""
    body = data[len(head) :]
    if files:
        path.mkdir()
    for target in [path / f"{n}.log" for n in range(files)] or [path]:
        with target.open("wb") as out:
            out.write(head)
            while out.tell() < size_bytes / max(files, 1):
                out.write(body)


def run(path: Path, jobs: int) -> Spent:
    """One scan with the default rules."""
    how = ["--format", "ndjson", "--output", os.devnull, "--quiet", "--jobs", str(jobs)]
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "comtrap", "scan", path, *how], check=True)  # noqa: S603 - a command of ours
    wall, after = time.perf_counter() - began, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(wall, spent)


def slope(runs: list[Spent]) -> Spent:
    """What the difference between the small and the large input took."""
    small, large = runs
    return Spent(large.wall - small.wall, large.processor - small.processor)


def told(runs: list[Spent]) -> str:
    """Both runs, for people."""
    return ", ".join(f"{each.wall:.2f} s ({each.processor:.2f} s of processors)" for each in runs)


if __name__ == "__main__":
    main()
