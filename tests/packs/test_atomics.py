"""The tests for a real machine: of the published structure, safe to run, cleaned up after, and the same as the simulated ones."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from tests.packs.running import PACK

from comtrap.proof.simulation.attacks import ATTACKS

yaml = pytest.importorskip("yaml")
PATH = PACK / "atomics" / "T1559.001.yaml"
FILE = yaml.safe_load(Path(PATH).read_text("utf-8"))
TESTS = FILE["atomic_tests"]
IDS = [test["name"] for test in TESTS]


def test_the_file_names_the_technique():
    assert FILE["attack_technique"] == "T1559.001"
    assert FILE["display_name"] == "Inter-Process Communication: Component Object Model"
    assert len(TESTS) == 4
    assert len({UUID(test["auto_generated_guid"]) for test in TESTS}) == 4


@pytest.mark.parametrize("test", TESTS, ids=IDS)
def test_each_has_what_a_runner_needs(test):
    assert test["supported_platforms"] == ["windows"]
    assert "Expected:" in test["description"]
    assert test["executor"]["name"] == "powershell"
    assert test["executor"]["elevation_required"] is False
    for argument in test["input_arguments"].values():
        assert set(argument) == {"description", "type", "default"}
        assert argument["type"] in {"string", "path", "url", "integer", "float"}


@pytest.mark.parametrize("test", TESTS, ids=IDS)
def test_every_argument_is_used_and_every_use_has_an_argument(test):
    commands = [test["executor"]["command"], test["executor"]["cleanup_command"]]
    for one in test.get("dependencies", ()):
        commands += [one["prereq_command"], one["get_prereq_command"]]
    assert set(re.findall(r"#\{(\w+)\}", "\n".join(commands))) == set(test["input_arguments"])


@pytest.mark.parametrize("test", TESTS, ids=IDS)
def test_nothing_outside_the_users_profile_is_changed(test):
    command = test["executor"]["command"]
    assert not re.search(
        r"HKLM|HKEY_LOCAL_MACHINE|Program Files|System32|http|Invoke-WebRequest|IEX", command, re.IGNORECASE
    )
    assert test["executor"]["cleanup_command"].strip()


def test_they_are_the_tests_that_are_simulated():
    text = "\n".join(test["executor"]["command"] for test in TESTS)
    defaults = {str(a["default"]) for test in TESTS for a in test["input_arguments"].values()}
    for name in ("task", "shell-application", "wscript-shell", "hijack"):
        for value in ATTACKS[name].parameters.values():
            assert any(value in default for default in defaults) or value in text, value
