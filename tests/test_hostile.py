"""A whole run over hostile files: each costs itself only, and is told of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests import hostile

from comtrap.events.problems import Problems
from comtrap.sources.read import read

MEMORY_MIB = 512
"""What one process of a run over them takes at most; most of it is what any run takes."""

SPENT = "unpacks to more than 256 MiB"
WHY = {
    "bomb.zip": SPENT, "bomb.gz": SPENT, "bomb.xz": SPENT, "bomb-within.zip": SPENT, "overlapping.zip": SPENT,
    "deep.gz": "more than 3 archives", "size-small.zip": "Bad CRC-32", "member-offset.zip": "cannot be unpacked",
    "list-offset.zip": "cannot be unpacked", "cut.zip": "broken zip archive", "dictionary.zip": "MiB of memory",
    "entities.xml": "declares a document type",
}  # fmt: skip
"""Of files that are not read, or not to their end: what is said."""

HERE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files."""
    made = tmp_path_factory.mktemp("hostile")
    hostile.write(made)
    return made


def told(path):
    """How many rows a file gives, and what is said of it."""
    problems = Problems()
    return sum(batch.frame.num_rows for batch in read(str(path), 0, None, problems)), problems


@pytest.mark.parametrize("name", WHY)
def test_why_a_file_is_not_read_is_said(folder, name):
    assert any(WHY[name] in why for why in told(folder / name)[1].failed.values())


def test_no_file_is_passed_over_in_silence(folder):
    silent = []
    for path in sorted(folder.iterdir()):
        rows, problems = told(path)
        if not (rows or problems.failed or problems.skipped or problems.notes):
            silent.append(path.name)

    assert silent == ["links.tar"]  # nothing but links is in it


def test_what_is_damaged_costs_its_records_only(folder):
    for name in ("strings.evtx", "header.evtx", "used.evtx"):
        assert told(folder / name)[0] == 8


def test_names_that_point_elsewhere_write_nothing(folder):
    before = sorted(folder.parent.iterdir())

    assert told(folder / "names.zip")[0] == 6
    assert sorted(folder.parent.iterdir()) == before


def test_a_run_ends_well_and_takes_no_more_memory_than_any(folder, tmp_path):
    # The kernel's own figure: what getrusage says begins with the memory of the process that started this one.
    script = (
        "import re, sys; from pathlib import Path; from comtrap.cli.main import main; code = main(sys.argv[1:])\n"
        "status = Path('/proc/self/status')\n"
        "found = re.search(r'VmHWM:\\s*(\\d+)', status.read_text()) if status.exists() else None\n"
        "print(code, int(found[1]) >> 10 if found else 0)"
    )
    stats = tmp_path / "stats.json"
    arguments = [
        "scan",
        str(folder),
        "--jobs",
        "1",
        "--format",
        "ndjson",
        "--output",
        os.devnull,
        "--stats",
        str(stats),
    ]
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=HERE, capture_output=True, text=True, check=True
    )
    code, most = map(int, ran.stdout.split())

    assert code == 0
    assert most < MEMORY_MIB
    assert json.loads(stats.read_text())["files"] == len(list(folder.iterdir()))
    assert "Traceback" not in ran.stderr
