"""The run on a real Spark: in one process here, and on a cluster of a master and two workers on loopback."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.material import process, rule_file, write

ROOT = Path(__file__).parents[2]
SEQUENCE = (
    'sequence by host.id with maxspan=20s [process where process.name : "a.exe"] [process where process.name : "b.exe"]'
)
spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
    reason="needs pyspark (comtrap[spark]) and a Java runtime",
)


def scanned(*arguments):
    """Exit code, and the alerts as text, of a scan in a process of its own."""
    command = [sys.executable, "-m", "comtrap", "scan", *map(str, arguments), "--format", "ndjson", "--quiet"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=570, check=False)
    return found.returncode, found.stdout, found.stderr


@pytest.fixture
def some(tmp_path):
    """A folder of files whose events make sequences with each other's, and rules."""
    names = ["a.exe", "b.exe", "c.exe"]
    for number in range(4):
        events = [process(n * 4 + number, n * 4 + number, names[(n + number) % 3], host=f"h{n % 3}") for n in range(40)]
        write(tmp_path / "logs" / f"{number}.ndjson", events)
    (tmp_path / "rules").mkdir()
    rule_file(tmp_path / "rules" / "one.toml", 'process where process.name : "c.exe"', 1)
    rule_file(tmp_path / "rules" / "two.toml", SEQUENCE, 2)
    return [tmp_path / "logs", "--rules", tmp_path / "rules"]


@spark
def test_the_alerts_are_those_of_one_machine_to_the_byte(some):
    code, out, err = scanned(*some, "--cluster", "local[2]")
    assert (code, err) == (0, "") or code == 0
    assert out == scanned(*some)[1]
    assert len({json.loads(line)["kibana.alert.rule.name"] for line in out.splitlines()}) == 2


def test_standard_input_is_refused():
    code, _, err = scanned("-", "--cluster", "local[1]")
    assert code == 3
    assert "standard input is on this machine only" in err


def test_without_spark_it_says_what_to_install(tmp_path):
    (tmp_path / "pyspark.py").write_text("raise ImportError")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "comtrap", "scan", str(tmp_path), "--cluster", "local[1]"]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert found.returncode == 3
    assert "pip install 'comtrap[spark]'" in found.stderr


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@contextmanager
def standalone(folder):
    """A master and two workers as processes of their own; gives the master's address and the workers."""
    import pyspark  # noqa: PLC0415 - may not be there

    home = Path(pyspark.__file__).parent
    (jar,) = (home / "jars").glob("scala-library-*.jar")
    port = free_port()
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SCALA_VERSION": ".".join(jar.stem.removeprefix("scala-library-").split(".")[:2]),
        "PYSPARK_PYTHON": sys.executable,
    }
    java = ["java", "-cp", f"{home}/jars/*", "-Xmx512m"]
    # Spark's own options for Java 17 and later.
    opens = subprocess.run(
        ["java", "-cp", f"{home}/jars/*", "org.apache.spark.launcher.Main", "org.apache.spark.deploy.master.Master"],
        capture_output=True, env=environment, check=True,
    ).stdout.split(b"\0")  # fmt: skip
    java += [o.decode() for o in opens if o.startswith((b"--add-opens", b"-D", b"-XX", b"--add-modules", b"--enable"))]
    place = ["--host", "127.0.0.1"]
    url = f"spark://127.0.0.1:{port}"
    children = []
    try:
        with (folder / "spark.log").open("wb") as log:

            def start(*arguments):
                child = subprocess.Popen([*java, *arguments], env=environment, stdout=log, stderr=log)
                children.append(child)
                return child

            start(
                "org.apache.spark.deploy.master.Master", *place, "--port", str(port), "--webui-port", str(free_port())
            )
            worker = "org.apache.spark.deploy.worker.Worker"
            for number in range(2):
                own = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work{number}")]
                start(worker, *place, "--webui-port", str(free_port()), *own, url)
            time.sleep(8)
            yield url, children[1:]
    finally:
        for child in children:
            child.kill()
            child.wait()


@spark
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_on_a_cluster_the_alerts_are_the_same_also_when_a_worker_dies(some, tmp_path):
    expected = scanned(*some)[1]
    with standalone(tmp_path) as (url, workers):
        code, out, err = scanned(*some, "--cluster", url)
        assert code == 0, err[-2000:]
        assert out == expected
        command = [sys.executable, "-m", "comtrap", "scan", *map(str, some), "--format", "ndjson", "--cluster", url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
            time.sleep(9)
            workers[0].send_signal(signal.SIGKILL)
            assert running.communicate(timeout=300)[0] == expected
            assert running.returncode == 0
