"""A million events, on Spark and on one machine; also when the machine that reads is lost half-way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cluster.driver import told
from tests.cluster.estate import RULES, estate, rules
from tests.cluster.spark import spark, standalone
from tests.material import process, write

from comtrap.scan import scan

ROOT = Path(__file__).parents[2]
PIECE_BYTES = 400_000
GATE = """
import os, sys, time

FOLDER = os.path.dirname(__file__)

def gate(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith("gate.ndjson"):
        with open(os.path.join(FOLDER, "reached.new"), "w") as out:
            out.write(str(os.getpid()))
        os.replace(os.path.join(FOLDER, "reached.new"), os.path.join(FOLDER, "reached"))
        while not os.path.exists(os.path.join(FOLDER, "go")):
            time.sleep(0.05)

if "pyspark.daemon" in sys.orig_argv:
    sys.addaudithook(gate)
"""
"""A process of a worker that opens ``gate.ndjson`` says who it is, and waits for a file ``go``."""
pytestmark = [spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """The estate's files, read in pieces, and one too small for that, which is read last."""
    folder = estate(tmp_path_factory.mktemp("estate") / "logs")
    names = ["a.exe", "b.exe", "d.exe", "e.exe"]
    write(folder / "gate.ndjson", [process(n * 5, n, names[n % 4], host="h0") for n in range(40)])
    return folder


@pytest.fixture(scope="module")
def expected(logs):
    found = scan([str(logs)], rules())
    return [str(found.tally.read), *told(found.alerts)]


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gate")
    (folder / "sitecustomize.py").write_text(GATE)
    return folder


@pytest.fixture(scope="module")
def cluster(gate, tmp_path_factory):
    """A master and two workers; what they start can be stopped at the gate."""
    with standalone(tmp_path_factory.mktemp("cluster"), PYTHONPATH=str(gate)) as (url, workers):
        yield url, workers


def driving(url, logs, *settings):
    """The run, begun in a process of its own."""
    command = [sys.executable, "-m", "tests.cluster.driver", url, str(logs), str(PIECE_BYTES)]
    own = dict(each.split("=", 1) for each in settings)
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | own
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(running):
    out, err = running.communicate(timeout=3_000)
    assert running.returncode == 0, err[-3000:]
    return out.splitlines()


def test_there_are_alerts_of_each_rule_and_most_have_their_events_in_several_files(logs):
    alerts = list(scan([str(logs)], rules()).alerts)
    assert {a.rule.name for a in alerts} == set(RULES)
    assert sum(len({e.path for e in a.evidence}) > 1 for a in alerts) > 300
    assert sum(a.evidence[0].host == "h000" for a in alerts) > 10


def test_the_alerts_of_a_million_events_are_those_of_one_machine(logs, expected):
    with driving("local[2]", logs) as running:
        assert ended(running) == expected


def lost(worker, process_id):
    """Kill a worker and all that it has started down to a process, as when the machine is lost."""
    found = [process_id]
    while found[-1] != worker:
        told = subprocess.run(["ps", "-o", "ppid=", "-p", str(found[-1])], capture_output=True, text=True, check=True)
        found.append(int(told.stdout))
        if found[-1] <= 1:
            return False
    for one in reversed(found):
        os.kill(one, signal.SIGKILL)
    return True


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_so_they_are_when_a_machine_is_lost_half_way(logs, expected, gate, cluster, tmp_path):
    url, workers = cluster
    log = ["COMTRAP_spark.eventLog.enabled=true", f"COMTRAP_spark.eventLog.dir={tmp_path.as_uri()}"]
    log += ["COMTRAP_spark.eventLog.compress=false", "COMTRAP_spark.eventLog.rolling.enabled=false"]
    with driving(url, logs, *log) as running:
        while not (gate / "reached").exists():
            assert running.poll() is None
            time.sleep(0.1)
        assert any(lost(worker.pid, int((gate / "reached").read_text())) for worker in workers)
        (gate / "go").touch()
        assert ended(running) == expected
    # It was half-way: of the tasks of one step some had been done, and one that had begun was lost.
    (events,) = (path for path in tmp_path.iterdir() if path.is_file() and not path.name.startswith("."))
    tasks = [
        each for line in events.read_text().splitlines() if (each := json.loads(line))["Event"].endswith("TaskEnd")
    ]
    failed = next(at for at, task in enumerate(tasks) if task["Task End Reason"]["Reason"] == "ExecutorLostFailure")
    before = [task for task in tasks[:failed] if task["Stage ID"] == tasks[failed]["Stage ID"]]
    assert sum(task["Task End Reason"]["Reason"] == "Success" for task in before) > 5
