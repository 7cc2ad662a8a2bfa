"""A session of Spark, and what its errors say."""

from __future__ import annotations

import os
import re
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from comtrap.errors import PluginError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_RAISED = re.compile(r"(?:Caused by: )?([\w.]*(?:Error|Exception)): (.+)")
_LOCAL = re.compile(r"local(?:\[(\d+|\*)\])?")
_CONNECT_PORT = 15002  # where the address names none
_CONNECT_S = 60
_FAILURES = 4  # times that a task may fail

SETTINGS = {
    "spark.app.name": "comtrap",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    "spark.sql.shuffle.partitions": "64",
    "spark.task.maxFailures": str(_FAILURES),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""What a session is made with; ``COMTRAP_`` and its name in the environment set another value, or further settings."""


@contextmanager
def session_of(cluster: str) -> Iterator[Any]:
    """A session on a cluster: the one that there is in this process, which is left as it is, or one of our own.

    Args:
        cluster: ``local[N]``, ``spark://HOST:PORT`` or ``sc://…``.

    Raises:
        PluginError: Spark is not installed.
        SourceError: the cluster cannot be reached, or has failed.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - large, and an extra of ours
    except ImportError:
        raise PluginError("--cluster needs Spark: pip install 'comtrap[spark]'") from None
    given = SparkSession.getActiveSession()
    session = _made(cluster, SparkSession.builder) if given is None else given
    try:
        yield session
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"pyspark", "py4j", "grpc"}:
            raise
        raise SourceError(f"the cluster failed: {reason(error)}") from error
    finally:
        if given is None:
            session.stop()


def _made(cluster: str, builder: Any) -> Any:
    # The machines run this very Python where they are this machine; elsewhere the same one has to be set up.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if cluster.startswith("sc://"):
        _meet(cluster)
        builder = builder.remote(cluster)
    else:
        # Spark gives up a task in this process the first time, if it is not told otherwise.
        if local := _LOCAL.fullmatch(cluster):
            cluster = f"local[{local[1] or 1},{_FAILURES}]"
        builder = builder.master(cluster)
        own = {n.removeprefix("COMTRAP_"): v for n, v in os.environ.items() if n.startswith("COMTRAP_spark.")}
        for name, value in (SETTINGS | own).items():
            builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise SourceError(f"{cluster} cannot be used as a cluster: {reason(error)}") from error


def _meet(cluster: str) -> None:
    """See that somebody listens at an address: Spark Connect tries for twenty minutes before it says that nobody does."""
    try:
        place = urlsplit(cluster)
        socket.create_connection((place.hostname or "", place.port or _CONNECT_PORT), _CONNECT_S).close()
    except (OSError, ValueError) as error:
        raise SourceError(f"{cluster} cannot be reached: {getattr(error, 'strerror', None) or error}") from error


def reason(error: BaseException) -> str:
    """The line of an error of Spark that says what went wrong: what Python raised on a machine, before what Java says."""
    found = [m for line in str(error).splitlines() if (m := _RAISED.match(line.strip()))]
    python = [m[2] for m in found if not m[1].startswith(("java.", "org.", "scala.", "pyspark.", "py4j."))]
    told = python or [m[2] for m in found] or str(error).strip().splitlines() or [type(error).__name__]
    return told[0][:300]
