"""A Spark to test with: a session in this process, and a standalone cluster on loopback."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
    reason="needs pyspark (comtrap[spark]) and a Java runtime",
)

POISON = """
import os, sys, time

def poison(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        if arguments[0].endswith("dies.ndjson"):
            os._exit(9)
        if arguments[0].endswith("hangs.ndjson"):
            time.sleep(3_000)

if not any("pytest" in word for word in sys.orig_argv):
    sys.addaudithook(poison)
"""
"""Processes other than the tests' own end when they open a file ``dies.ndjson``, and never open ``hangs.ndjson``."""


@contextmanager
def session(folder, cores=2):
    """A session of this process, whose workers are poisoned."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - may not be there

    (folder / "sitecustomize.py").write_text(POISON)
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "PYSPARK_PYTHON")}
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), before["PYTHONPATH"] or ""])
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.ui.enabled": "false", "spark.log.level": "OFF", "spark.sql.shuffle.partitions": "4"}
    builder = SparkSession.builder.master(f"local[{cores},4]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    try:
        yield made
    finally:
        made.stop()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def alive(page):
    """How many workers a master has that is asked by the port of its page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=30) as told:
            return json.load(told)["aliveworkers"]
    except OSError:  # it has not begun to listen
        return 0


@contextmanager
def standalone(folder, **more):
    """A master and two workers as processes of their own; gives the master's address and the workers.

    `more` is added to their environment.
    """
    import pyspark  # noqa: PLC0415 - may not be there

    home = Path(pyspark.__file__).parent
    (jar,) = (home / "jars").glob("scala-library-*.jar")
    port = free_port()
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SCALA_VERSION": ".".join(jar.stem.removeprefix("scala-library-").split(".")[:2]),
        "PYSPARK_PYTHON": sys.executable,
        **more,
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

            page = free_port()
            start("org.apache.spark.deploy.master.Master", *place, "--port", str(port), "--webui-port", str(page))
            worker = "org.apache.spark.deploy.worker.Worker"
            for number in range(2):
                own = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work{number}")]
                start(worker, *place, "--webui-port", str(free_port()), *own, url)
            while alive(page) < 2:
                assert all(child.poll() is None for child in children), (folder / "spark.log").read_text()[-3000:]
                time.sleep(0.2)
            yield url, children[1:]
    finally:
        for child in children:
            child.kill()
            child.wait()
