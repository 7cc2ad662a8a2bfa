"""Readers against bytes that nobody meant: a few mutations every time, coverage-guided fuzzing in `make slow`."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.fuzz.mutations import mutations
from tests.fuzz.targets import TARGETS

CRASHES = Path(__file__).parent / "crashes"
ROOT = Path(__file__).parents[2]
SECONDS = int(os.environ.get("COMTRAP_FUZZ_SECONDS", "600"))
"""How long each reader is fuzzed by `make slow`."""

COUNTS = {"evtx": 40, "parquet": 6, "ndjson": 100, "json": 100, "xml": 150}
"""How many mutations there are every time, where that is not 500: these take longer."""

HANG_SECONDS = 120
HELD_BYTES = 224 << 20
"""What a small input may take up, of what Python and numpy allocate. A segment of a log is 64 MiB at most, and its slack space has another."""


@contextmanager
def alarm(seconds):
    """What takes longer than this fails, where the system can tell it."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def late(_number, _frame):
        raise AssertionError(f"took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_read_to_begin_with_is_read(name):
    for seed in TARGETS[name].seeds():
        TARGETS[name].run(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_mutations_are_read_or_refused_in_bounds(name):
    target = TARGETS[name]
    target.run(target.seeds()[0])  # what is made once is no input's
    tracemalloc.start()
    try:
        for data in mutations(target.seeds(), COUNTS.get(name, 500), target.longest_bytes):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            with alarm(HANG_SECONDS):
                target.run(data)
            assert tracemalloc.get_traced_memory()[1] - before < HELD_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", sorted(CRASHES.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_is_mended(path):
    with alarm(HANG_SECONDS):
        TARGETS[path.parent.name].run(path.read_bytes())


def test_mutations_are_the_same_in_every_run():
    seeds = [b"0123456789" * 5, b"abc"]
    made = list(mutations(seeds, 50, 40))

    assert made == list(mutations(seeds, 50, 40))
    assert len(set(made)) > 25
    assert max(map(len, made)) <= 40


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed: it is for Linux and some versions of Python",
)
@pytest.mark.parametrize("name", TARGETS)
def test_coverage_guided_fuzzing_finds_nothing(name, tmp_path):
    arguments = [name, "--seconds", str(SECONDS), "--crashes", str(tmp_path / "crashes")]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", *arguments], cwd=ROOT, capture_output=True, text=True, errors="replace",
        timeout=SECONDS + 600, check=False,
    )  # fmt: skip

    found = [(path.name, path.read_bytes()[:2000]) for path in (tmp_path / "crashes").iterdir()]
    assert not found, f"{found}\n{done.stderr[-5000:]}"
    assert done.returncode == 0, done.stderr[-5000:]
    assert "stat::number_of_executed_units" in done.stderr
