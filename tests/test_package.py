"""The package itself, in processes of its own: what is imported here is imported already."""

from __future__ import annotations

import subprocess
import sys

import comtrap


def said(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_every_public_name_is_there():
    for name in comtrap.__all__:
        assert callable(getattr(comtrap, name)), name
    assert set(comtrap.__all__) <= set(dir(comtrap))


def test_to_import_it_imports_nothing_of_weight():
    assert said("import comtrap, sys; print({'numpy', 'pyarrow', 'comtrap.lang'} & set(sys.modules))") == "set()"


def test_public_names_that_are_modules_too_stay_functions():
    assert (
        said("import comtrap.scan, comtrap.search; print(callable(comtrap.scan), callable(comtrap.search))")
        == "True True"
    )
    assert said("from comtrap.scan import Result; from comtrap import scan; print(scan.__name__)") == "scan"


def test_there_is_no_other_name():
    assert not hasattr(comtrap, "nothing")
