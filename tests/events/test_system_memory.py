from __future__ import annotations

import os
import subprocess
import sys

import pytest

from comtrap.events import system_memory
from comtrap.events.system_memory import POOL

SHOWN = "import pyarrow as pa; print(pa.default_memory_pool().backend_name)"
IS_GLIBC = bool(getattr(os, "confstr_names", {}).get("CS_GNU_LIBC_VERSION") and os.confstr("CS_GNU_LIBC_VERSION"))


@pytest.fixture
def said():
    """Runs a program, with the pool that is chosen if any; gives its output."""
    path = os.pathsep.join(filter(None, sys.path))

    def run(program, pool=None):
        environment = {name: value for name, value in os.environ.items() if name != POOL} | {"PYTHONPATH": path}
        if pool is not None:
            environment[POOL] = pool
        command = [sys.executable, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.strip()

    return run


@pytest.mark.skipif(not IS_GLIBC, reason="another C library")
def test_the_command_has_the_memory_of_the_c_library(said):
    assert said(f"import comtrap.__main__; {SHOWN}") == "system"


def test_what_somebody_chose_stays(said):
    assert said(f"import os, comtrap.__main__; print(os.environ['{POOL}'])", pool="mimalloc") == "mimalloc"


def test_who_imports_comtrap_is_left_alone(said):
    assert said(f"import os, comtrap; comtrap.parse('any where true'); print(os.environ.get('{POOL}'))") == "None"


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.delenv(POOL, raising=False)
    monkeypatch.delitem(sys.modules, "pyarrow", raising=False)
    monkeypatch.delattr(os, "confstr_names", raising=False)
    system_memory.system_memory()
    assert POOL not in os.environ


def test_who_uses_arrow_already_is_left_alone(said):
    program = "import os, pyarrow; from comtrap.events.system_memory import system_memory; system_memory()"
    assert said(f"{program}; print(os.environ.get('{POOL}'))") == "None"
