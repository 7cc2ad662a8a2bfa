"""Ctrl+C: what was found so far is written, and the exit code says it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.material import process, rule_file, write
from tests.remote.server import KEY, ElasticServer, Fault

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes, or no signals to a group")

PATIENCE = 120  # seconds, only for what never comes


class Run:
    """`comtrap` in a process group of its own, as in a terminal of its own."""

    def __init__(self, folder, *arguments, **environment):
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "comtrap", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Where the tests run in the background, the signal may be ignored, which is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
            env=os.environ | {"TMPDIR": str(self.temporary)} | environment,
        )

    def wait_until(self, done):
        """Until something is so."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end
            assert self.process.poll() is None
            time.sleep(0.01)

    def interrupt(self, by=signal.SIGINT):
        """Ctrl+C reaches all processes; gives code, output and errors."""
        os.killpg(self.process.pid, by)
        out, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, errors

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def gone(group):
    """Whether a group's processes end by themselves; they may outlive the first of them a little."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def started(tmp_path):
    """Starts `comtrap`; ends what is left of it."""
    runs = []

    def start(*arguments, **environment):
        runs.append(Run(tmp_path, *map(str, arguments), **environment))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def opened(pipe, run):
    """The pipe's other end, once the run reads it; everything named before it has been read then."""
    found = []

    def try_it():
        with contextlib.suppress(OSError):  # nobody reads it yet
            found.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(found)

    run.wait_until(try_it)
    return found[0]


def inputs(folder, large=False):
    """A log with two alerts, and a pipe in which nothing comes."""
    log = folder / "a.ndjson"
    write(log, [process(n, n) for n in range(2)])
    if large:  # so much that it is shared out
        with log.open("a", encoding="utf-8") as out:
            out.write("x" * (65 << 20))
    pipe = folder / "b"
    os.mkfifo(pipe)
    return log, pipe


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_scan_gives_the_alerts_it_has(jobs, started, tmp_path):
    log, pipe = inputs(tmp_path, large=jobs > 1)
    rule = rule_file(tmp_path / "rule.toml")
    run = started("scan", log, pipe, "--rules", rule, "--format", "ndjson", "--jobs", jobs)
    end = opened(pipe, run)
    code, out, errors = run.interrupt()
    os.close(end)

    assert code == 130
    assert len([json.loads(line) for line in out.splitlines()]) == 2
    assert "Traceback" not in errors
    assert list(run.temporary.iterdir()) == []


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_that_ask_for_an_end_are_as_ctrl_c(by, started, tmp_path):
    log, pipe = inputs(tmp_path)
    run = started("scan", log, pipe, "--rules", rule_file(tmp_path / "rule.toml"), "--format", "ndjson")
    end = opened(pipe, run)
    code, out, errors = run.interrupt(by)
    os.close(end)

    assert (code, len(out.splitlines())) == (130, 2)
    assert "Traceback" not in errors
    assert list(run.temporary.iterdir()) == []
    assert gone(run.process.pid)


def test_a_query_gives_the_answers_it_has(started, tmp_path):
    log, pipe = inputs(tmp_path)
    run = started("query", "process where true", log, pipe, "--format", "ndjson", "--jobs", 1)
    end = opened(pipe, run)
    code, out, _ = run.interrupt()
    os.close(end)

    assert (code, len(out.splitlines())) == (130, 2)


def test_a_conversion_gives_the_documents_it_has(started, tmp_path):
    log, pipe = inputs(tmp_path)
    run = started("convert", log, pipe, "--to", "ndjson")
    end = opened(pipe, run)
    code, out, _ = run.interrupt()
    os.close(end)

    assert (code, len(out.splitlines())) == (130, 2)


@pytest.mark.parametrize("command", ["scan", "query", "convert"])
def test_a_reading_of_an_index_lets_go_of_its_point_in_time(command, started, tmp_path):
    """Interrupted while the cluster is silent: it has been asked, and has not answered."""
    asked = threading.Event()
    silent = Fault("silence", "_search", times=99, then=asked.set)
    rule = rule_file(tmp_path / "rule.toml")
    options = {
        "scan": ("--rules", rule, "--format", "ndjson"),
        "query": ("--format", "ndjson"),
        "convert": ("--to", "ndjson"),
    }
    query = ("process where true",) if command == "query" else ()
    with ElasticServer({"logs": [process(n, n) for n in range(3)]}, (silent,), patience=PATIENCE) as server:
        where = (f"{server.url}/logs", "--timeout", 30 * PATIENCE)
        run = started(command, *query, *where, *options[command], ELASTICSEARCH_API_KEY=KEY)
        run.wait_until(asked.is_set)
        code, _, errors = run.interrupt()

        assert code == 130
        assert "Traceback" not in errors
        assert (server.opened, server.points) == (1, {})


@pytest.mark.slow  # it has to catch two processes at work, which a busy machine may not let it
def test_processes_at_work_end_with_the_run(started, tmp_path):
    """Interrupted while two of them read: nothing is left of them, neither files nor processes."""
    logs = tmp_path / "logs"
    events = [process(n, n) for n in range(1000)]
    text = Path(write(logs / "0.ndjson", events)).read_bytes()
    for n in range(2):
        (logs / f"{n}.ndjson").write_bytes(text * ((33 << 20) // len(text) + 1))
    rule = rule_file(tmp_path / "rule.toml", "process where false")
    run = started("scan", logs, "--rules", rule, "--format", "ndjson", "--jobs", 2)
    run.wait_until(lambda: len(list(run.temporary.glob("comtrap-*/*.db"))) == 2)
    code, _, errors = run.interrupt()

    assert code == 130
    assert "Traceback" not in errors
    assert list(run.temporary.iterdir()) == []
    assert gone(run.process.pid)
