from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from tests.cli.test_interrupt import gone
from tests.material import process, rule, script_block, write
from tests.scanning import killing
from tests.stopping import Stopping

from comtrap.alerts.build import build
from comtrap.alerts.document import document
from comtrap.alerts.store import Store
from comtrap.rules.compile import compile_rules
from comtrap.scanning import processes
from comtrap.scanning import tasks as dividing
from comtrap.scanning.part import Part, Tally
from comtrap.scanning.processes import finish, share
from comtrap.scanning.tasks import Task, Unit
from comtrap.schema.telemetry import telemetry
from comtrap.sources.evtx.chunk import CHUNK_MAGIC
from comtrap.sources.manner import Manner
from comtrap.sources.pieces import Piece
from comtrap.sources.progress import Progress, work_bytes

SEQUENCE = 'sequence by host.id with maxspan=1h [process where process.name : "f*.exe"] [process where process.name : "s*.exe"]'
SCRIPT = 'any where comtrap.powershell.script_block_text : "*secret*"'
RULES = (rule(), rule(SEQUENCE, 2), rule(SCRIPT, 3), rule("process where number(process.name) == 1", 4))


def part_of():
    plan, _ = compile_rules(RULES, telemetry())
    return Part(plan, Store(), Tally())


def log(folder):
    for n in range(4):
        events = [process(10 * n, 10 * n + 1, "first.exe"), process(10 * n + 5, 10 * n + 2, "second.exe")]
        write(folder / f"{n}.ndjson", [*events, script_block(n, n, "sec", 1, 2), script_block(n, n + 50, "ret", 2, 2)])
    return list(enumerate(sorted(map(str, folder.glob("*.ndjson")))))


def told(part):
    alerts = build(RULES, part.plan, part.store)
    return [document(alert) for alert in alerts]


def pieces_of(path, size_bytes):
    """A file in so large pieces, each a task."""
    size = Path(path).stat().st_size
    edges = [*range(0, size, size_bytes), size]
    return [Task((Unit((0, str(path)), Piece(*edge)),)) for edge in pairwise(edges)]


def test_several_processes_find_what_one_finds(tmp_path):
    inputs = log(tmp_path)
    alone, together = part_of(), part_of()
    alone.run(inputs, Progress())
    share(inputs, dict.fromkeys((path for _, path in inputs), 1), together, 2, Progress())
    assert together.tally == alone.tally
    assert together.tally.failures[3] == 8
    assert told(together) == told(alone)


def test_an_interruption_keeps_what_is_done(tmp_path):
    inputs = log(tmp_path)
    part = part_of()
    interrupted = Stopping(lambda progress: progress.path)
    try:
        share(inputs, dict.fromkeys((path for _, path in inputs), 1), part, 4, interrupted)
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("the interruption was swallowed")
    assert part.tally.read >= 4
    assert len(told(part)) >= 2


def test_a_file_in_pieces_gives_what_it_gives_as_a_whole(tmp_path):
    """Even if the parts of a script are in different pieces."""
    path = tmp_path / "a.ndjson"
    parts = [script_block(n, n, text, n + 1, 6) for n, text in enumerate(["se", "c", "r", "e", "t", "."])]
    others = [process(n, 100 + n, ("first.exe", "second.exe", "third.exe")[n % 3]) for n in range(60)]
    write(path, [event for n in range(60) for event in ([others[n], parts[n // 10]] if n % 10 == 0 else [others[n]])])
    alone, together = part_of(), part_of()
    alone.run([(0, str(path))], Progress())
    work = pieces_of(path, 4_000)
    assert len(work) > 6
    finish(work, together, 2, Progress())
    assert together.tally == alone.tally
    expected = told(alone)
    assert told(together) == expected
    assert any(len(alert["comtrap.evidence"]) == 6 for alert in expected)


def test_what_is_odd_is_said_as_one_process_says_it(tmp_path):
    """With the numbers of lines as the whole file has them."""
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(9)])
    lines = Path(path).read_bytes().splitlines(keepends=True)
    for n in (1, 6, 8):
        lines[n] = b"not JSON %d\n\n" % n
    Path(path).write_bytes(b"".join(lines))
    alone, together = part_of(), part_of()
    alone.run([(0, path)], Progress())
    finish(pieces_of(path, 500), together, 2, Progress())

    assert together.tally.problems.first == alone.tally.problems.first
    assert [message.split(": ")[0] for message in alone.tally.problems.first] == [f"{path}:{n}" for n in (2, 8, 11)]


@pytest.mark.parametrize(("slack", "count"), [(False, 3), (True, 1)])
def test_a_log_whose_slack_space_is_read_is_no_work_for_several(tmp_path, monkeypatch, slack, count):
    path = tmp_path / "a.evtx"
    path.write_bytes(bytes(CHUNK_MAGIC).ljust(3 * 65536, b"\0"))
    work = []
    monkeypatch.setattr(dividing, "PIECE_BYTES", 65536)
    monkeypatch.setattr(processes, "finish", lambda found, *_: work.extend(found))
    part = part_of()
    part.manner = Manner(slack=slack)
    share([(0, str(path))], {str(path): 3 * 65536}, part, 3, Progress())

    assert len(work) == count


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_process_that_is_killed_costs_its_input_only_and_that_is_said(tmp_path):
    paths = [
        write(tmp_path / f"{n}.ndjson", [process(n, n, killing.FATAL if n == 1 else "first.exe")]) for n in range(4)
    ]
    part = Part(part_of().plan, killing.Fragile(), Tally())

    share(list(enumerate(paths)), dict.fromkeys(paths, 1), part, 2, Progress())

    assert part.tally.read == 3
    assert part.tally.problems.failed == {paths[1]: "the process that read it ended; is there enough memory?"}
    assert len(told(part)) == 3


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_process_that_is_killed_costs_a_small_piece_only(tmp_path, monkeypatch):
    """Records after it have their own positions."""
    monkeypatch.setattr(dividing, "PIECE_BYTES", 4_000)
    path = write(tmp_path / "a.ndjson", [process(n, n, killing.FATAL if n == 30 else "first.exe") for n in range(60)])
    part = Part(part_of().plan, killing.Fragile(), Tally())

    finish(pieces_of(path, 25_000), part, 2, Progress())

    (why,) = part.tally.problems.failed.values()
    assert why.startswith("the process that read the part of it from byte ")
    assert 50 < part.tally.read < 60
    events = part.store.hits(1)["event"].to_pylist()
    assert 59 in events
    assert 30 not in events


def test_processes_tell_how_far_they_are(tmp_path):
    inputs = log(tmp_path)
    progress = Progress()
    progress.expect(work_bytes(path) for _, path in inputs)
    share(inputs, dict.fromkeys((path for _, path in inputs), 1), part_of(), 2, progress)

    assert (progress.events, progress.share) == (16, 1)


def test_pieces_tell_how_far_they_are(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(50)])
    progress = Progress()
    progress.expect([work_bytes(path)])
    finish(pieces_of(path, 2000), part_of(), 2, progress)

    assert (progress.events, progress.share) == (50, 1)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes")
def test_no_process_outlives_a_run_that_was_killed(tmp_path):
    """Nor do the run's temporary files."""
    folder = tmp_path / "temporary"
    write(folder / "1.db", [])
    root = str(Path(__file__).resolve().parents[2])
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.scanning.orphaned", str(folder)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    run.wait()

    assert run.returncode == -signal.SIGKILL
    assert gone(run.pid)
    assert not folder.exists()
