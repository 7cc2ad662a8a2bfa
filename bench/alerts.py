"""Alerts made a second: the slope between a log with few and one with many events that alert, so that start-up is no part of it.

python -m bench.alerts
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from comtrap.proof.simulate import find, simulate

SIZES = (3_000, 23_000)
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Print both runs and the slope, in seconds of processor time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alerts.ndjson"
        runs = [_run(path, size) for size in SIZES]
    for (alerts, seconds), size in zip(runs, SIZES, strict=True):
        print(f"{size} events, {alerts} alerts: {seconds:.2f} s")
    (few, quick), (many, slow) = runs
    print(f"{(many - few) / (slow - quick):.0f} alerts a second, the reading of two events for each included")


def _run(path: Path, size: int) -> tuple[int, float]:
    documents = simulate(find("shell-application"), "winlogbeat")
    with path.open("w", encoding="utf-8") as out:
        for number in range(size):
            document = documents[number % len(documents)]
            document["winlog"]["record_id"] = str(number)
            moment = BEGINS + timedelta(milliseconds=37 * number)
            document["@timestamp"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            out.write(json.dumps(document) + "\n")
    found = path.with_suffix(".out")
    before = os.times()
    how = ["--format", "ndjson", "--output", found, "--jobs", "1", "--quiet"]
    command = [sys.executable, "-m", "comtrap", "scan", path, *how]
    subprocess.run(command, check=True)  # noqa: S603 - a command of ours
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    with found.open("rb") as lines:
        return sum(1 for _ in lines), spent


if __name__ == "__main__":
    main()
