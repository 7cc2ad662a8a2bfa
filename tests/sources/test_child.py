"""Parsers in a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest
from tests.sources import child_functions as functions

from comtrap.errors import SourceError
from comtrap.sources import child
from comtrap.sources.child import Limits, packed, run, stream, unpacked

HERE = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
SHORT = Limits(seconds=0.5)
SMALL = Limits(memory_bytes=256 << 20)


def alive(pid):
    """Whether a process runs; one that has ended and was not yet asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid, seconds=10):
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        os.sched_yield()
    return not alive(pid)


@pytest.mark.parametrize("request_", [b"", b"x", bytes(range(256)) * 20_000])
def test_a_function_gives_what_it_gives_here(request_):
    assert run(functions.double, request_) == functions.double(request_)


def test_one_process_serves_many_requests():
    assert run(functions.who, b"") == run(functions.who, b"") != str(os.getpid()).encode()


def test_nothing_is_started_before_the_first_request():
    script = "from comtrap.sources import child, read; print(child._idle)"

    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout == b"{}\n"


def test_the_process_imports_what_the_function_needs_and_no_more():
    assert run(functions.public_names, b"", Limits(seconds=61)) == b""


def test_modules_are_never_looked_for_where_the_run_was_started(tmp_path):
    script = "from tests.sources import child_functions as f; from comtrap.sources.child import run; print(run(f.paths, b'').decode())"
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=HERE, capture_output=True, check=True, text=True
    ).stdout.splitlines()

    assert str(tmp_path) not in found
    assert "" not in found


def test_an_answer_in_pieces_arrives_in_pieces():
    assert [(piece[:1], len(piece)) for piece in stream(functions.pieces, b"abc")] == [
        (b"a", 100_000),
        (b"b", 100_000),
        (b"c", 100_000),
    ]


def test_pieces_before_an_error_stand():
    found = []
    with pytest.raises(SourceError, match="nothing more"):
        found.extend(stream(functions.pieces_then_error, b"some"))

    assert found == [b"some"]


def test_an_answer_nobody_reads_to_its_end_costs_the_next_one_nothing():
    for _ in stream(functions.pieces, bytes(200)):
        break

    assert run(functions.echo, b"next") == b"next"


def test_two_answers_can_be_read_at_once():
    both = zip(stream(functions.pieces, b"ab"), stream(functions.pieces, b"cd"), strict=True)

    assert [(one[:1], other[:1]) for one, other in both] == [(b"a", b"c"), (b"b", b"d")]


def test_a_question_waits_for_its_reply():
    left = stream(functions.asks, b"ab")

    assert [next(left), left.send(child.YES), next(left), next(left)] == [b"a", b"said y", b"b", b"said n"]
    assert run(functions.echo, b"next") == b"next"


def test_time_in_which_nobody_asks_is_not_counted():
    left = stream(functions.pieces, b"ab", SHORT)
    next(left)
    end = time.monotonic() + 3 * SHORT.seconds
    while time.monotonic() < end:
        os.sched_yield()

    assert next(left)[:1] == b"b"
    left.close()


@pytest.mark.parametrize("function", [functions.loops, functions.loops_in_compiled_code])
def test_a_parser_that_does_not_come_back_is_ended(function):
    began = time.monotonic()
    with pytest.raises(SourceError, match=r"took longer than 0\.5 s"):
        run(function, b"", SHORT)

    assert time.monotonic() - began < 20
    assert run(functions.echo, b"next", SHORT) == b"next"


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_a_parser_that_eats_memory_is_stopped():
    with pytest.raises(SourceError, match="more than 256 MiB of memory"):
        run(functions.eats, b"1234", SMALL)

    assert run(functions.echo, b"next", SMALL) == b"next"


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (functions.dies, r"ended \(SIGKILL\)"),
        (functions.leaves, r"ended \(code 7\)"),
        (functions.refuses, "^not what it says$"),
        (functions.fails, "its parser failed: KeyError: 'absent'"),
        (functions.panics, "its parser failed: SystemExit: 3"),
        (functions.piles_up, "its parser failed: RecursionError"),
    ],
)
def test_whatever_a_parser_does_costs_its_call_only(function, said):
    with pytest.raises(SourceError, match=said):
        run(function, b"x")

    assert run(functions.echo, b"next") == b"next"


def test_a_process_killed_between_two_requests_is_noticed():
    os.kill(int(run(functions.who, b"")), signal.SIGKILL)
    with pytest.raises(SourceError, match="ended"):
        run(functions.echo, b"x" * 1_000_000)

    assert run(functions.echo, b"next") == b"next"


def test_what_a_parser_prints_is_no_answer():
    assert run(functions.prints, b"answer") == b"answer"


def test_a_parser_cannot_read_the_next_request():
    assert run(functions.reads, b"") == b""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("function", ["echo", "loops"])
def test_no_process_outlives_a_run_that_is_killed(function):
    script = (
        "from tests.sources import child_functions as f\n"
        "from comtrap.sources import child\n"
        "limits = child.Limits(seconds=3)\n"
        "print(child.run(f.who, b'', limits).decode(), flush=True)\n"
        f"child.run(f.{function}, b'', limits)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=HERE,
    ) as parent:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()

    assert gone(pid)


def test_a_run_that_ends_leaves_no_process():
    script = "from tests.sources import child_functions as f; from comtrap.sources.child import run; print(run(f.who, b'').decode())"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        check=True,
        env=HERE,
    )

    assert gone(int(ended.stdout))
    assert ended.stderr == b""


def asked(_):
    return run(functions.double, b"ab"), int(run(functions.who, b""))


def test_processes_of_a_pool_have_processes_of_their_own():
    with get_context("spawn").Pool(1) as pool:
        ((said, pid),) = pool.map(asked, [0])

    assert said == b"abab"
    assert pid != int(run(functions.who, b""))
    assert gone(pid)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_starts_its_own():
    before = run(functions.who, b"")
    inside, outside = os.pipe()
    forked = os.fork()
    if forked == 0:
        os.write(outside, run(functions.who, b""))
        child._end()
        os._exit(0)
    os.waitpid(forked, 0)
    os.close(outside)
    with os.fdopen(inside, "rb") as pipe:
        assert pipe.read() not in {b"", before}


def test_packed_texts_come_apart_as_they_were():
    for texts in ([], [b""], [b"a", b"", b"\0" * 300]):
        assert unpacked(packed(texts)) == texts
