"""Elastic's own pipeline tests, which lie beside the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
CASES = sorted((SHARED / "parity").glob("*.json"))

# Sysmon's image load as an integration of 2023 wrote it: without dll.*, not yet a library. We write what it does now.
OLDER = 9


@pytest.mark.shared
@pytest.mark.skipif(not CASES, reason="the cases are not there")
def test_elastics_pipelines_give_the_same_documents():
    answer = subprocess.run(
        [sys.executable, str(SHARED / "acceptance" / "parity.py")], capture_output=True, text=True, check=False
    )
    passed, failed = (int(word) for word in answer.stdout.split()[-4:] if word.isdigit())
    assert failed <= OLDER, answer.stdout
    assert passed >= 4226
    other = [
        line for line in answer.stdout.splitlines() if "cases exactly" in line and "integration_sysmon" not in line
    ]
    assert all(len(set(line.split()[1].split("/"))) == 1 for line in other), "docs/parity.md lists what differs"


@pytest.mark.shared
@pytest.mark.skipif(not CASES, reason="the cases are not there")
@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_a_document_that_is_normalised_already_stays_as_it_is(path):
    from comtrap import normalise  # noqa: PLC0415 - only where there are cases

    for case in json.loads(path.read_text("utf-8")):
        once = normalise(case["input"], dialect=case["dialect"])
        again = normalise(once, dialect=case["dialect"])
        assert again == once, case["name"]
