from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.material import process, rule_file, write


@pytest.fixture
def said(tmp_path):
    """Runs Python where there is a pandas that tells when it is imported; gives its errors."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "pandas.py").write_text(
        "import sys\nprint('pandas!', file=sys.stderr)\n__version__ = '0'\n"
    )
    path = os.pathsep.join([str(tmp_path / "modules"), *filter(None, sys.path)])

    def run(*arguments):
        environment = os.environ | {"PYTHONPATH": path}
        command = [sys.executable, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stderr

    return run


def test_a_scan_imports_no_pandas(said, tmp_path):
    log = write(tmp_path / "a.ndjson", [process(0, 1)])
    rule = str(rule_file(tmp_path / "rule.toml"))
    assert said("-m", "comtrap", "scan", log, "--rules", rule, "--quiet") == ""


def test_pandas_can_still_be_imported(said):
    program = "from comtrap.events.without_pandas import without_pandas; without_pandas(); import pandas"
    assert said("-c", program) == "pandas!\n"


def test_who_uses_arrow_already_is_left_alone(said):
    program = (
        "import pyarrow; from comtrap.events.without_pandas import without_pandas; without_pandas(); pyarrow.array([1])"
    )
    assert said("-c", program).startswith("pandas!\n")
