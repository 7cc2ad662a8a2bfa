"""The package itself, in processes of its own: what is imported here is imported already."""

from __future__ import annotations

import subprocess
import sys

from tests.material import process, write

import comtrap


def said(program, where="stdout"):
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return getattr(ended, where).strip()


def test_every_public_name_is_there():
    for name in comtrap.__all__:
        assert callable(getattr(comtrap, name)), name
    assert set(comtrap.__all__) <= set(dir(comtrap))


def test_to_import_it_imports_nothing_of_weight():
    assert said("import comtrap, sys; print({'numpy', 'pyarrow', 'comtrap.lang'} & set(sys.modules))") == "set()"


def test_a_scan_imports_nothing_that_it_does_not_need(tmp_path):
    """What others bring along counts too: all file systems of Arrow, all of mail for the names of installed packages."""
    write(tmp_path / "log.ndjson", [process(1, 1)])
    scan = ["scan", str(tmp_path / "log.ndjson"), "--format", "ndjson", "--quiet"]
    loaded = said(
        f"import sys; before = set(sys.modules); sys.argv[1:] = {scan!r}; import comtrap.__main__ as command; command.main();"
        "print(*set(sys.modules) - before, file=sys.stderr)",
        "stderr",
    ).split()
    unwanted = {
        "comtrap.sinks.elasticsearch",
        "comtrap.sinks.html",
        "elasticsearch",
        "email",
        "httpx",
        "importlib.metadata",
        "jinja2",
        "pandas",
        "pyarrow.dataset",
        "pyarrow.fs",
        "pyarrow.parquet",
        "ssl",
    }
    assert set(loaded) & unwanted == set()


def test_the_command_seldom_looks_for_circles_of_objects():
    threshold, left = said(
        "import gc, atexit; atexit.register(lambda: print(gc.get_freeze_count() > 1000));"
        "import comtrap.__main__; print(gc.get_threshold()[0])"
    ).split()
    assert (threshold, left) == ("100000", "True")


def test_public_names_that_are_modules_too_stay_functions():
    assert (
        said("import comtrap.scan, comtrap.search; print(callable(comtrap.scan), callable(comtrap.search))")
        == "True True"
    )
    assert said("from comtrap.scan import Result; from comtrap import scan; print(scan.__name__)") == "scan"


def test_there_is_no_other_name():
    assert not hasattr(comtrap, "nothing")
