"""Coverage-guided fuzzing of one reader: ``python -m tests.fuzz.run TARGET --seconds N [--corpus FOLDER] [--crashes FOLDER]``.

Needs `atheris`. An input that raises, hangs or takes too much memory is written to the folder of crashes, and the exit
code is not 0. What is found is mended, and the input is kept in ``tests/fuzz/crashes/TARGET``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["comtrap"]):
    from tests.fuzz.targets import TARGETS

HANG_SECONDS = 60
"""For one input. The slowest thing that is meant to be is what ends the `evtx` package: some seconds each time."""

MEMORY_MIB = 4096
"""Of the fuzzing process, whose own notes grow by some 60 KiB an input of the EVTX reader: ten minutes take half of that."""


def main():
    """Fuzz until the time is over or something is found."""
    options = _options()
    target = TARGETS[options.target]
    with tempfile.TemporaryDirectory() as scratch:
        first = Path(scratch, "seeds")
        first.mkdir()
        for number, seed in enumerate(target.seeds()):
            (first / str(number)).write_bytes(seed)
        corpus = options.corpus or Path(scratch, "corpus")
        corpus.mkdir(parents=True, exist_ok=True)
        crashes = options.crashes or Path.cwd()
        crashes.mkdir(parents=True, exist_ok=True)
        atheris.Setup(
            [
                "fuzz",
                f"-max_total_time={options.seconds}",
                f"-max_len={target.longest_bytes}",
                f"-timeout={HANG_SECONDS}",
                f"-rss_limit_mb={MEMORY_MIB}",
                f"-artifact_prefix={crashes}/",
                "-print_final_stats=1",
                "-use_value_profile=1",
                str(corpus),
                str(first),
            ],
            target.run,
        )
        atheris.Fuzz()


def _options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--crashes", type=Path)
    return parser.parse_args(sys.argv[1:])


if __name__ == "__main__":
    main()
