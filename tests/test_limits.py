"""The limits of ARCHITECTURE.md: how long a function and a module may be, and that all of it is documented."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "comtrap"
MODULES = sorted(SOURCE.rglob("*.py"))
FUNCTION_P95, FUNCTION_MAX = 30, 60
MODULE_P95, MODULE_MAX = 350, 500


def _functions(path: Path) -> list[tuple[str, int]]:
    """Name and lines of every function of a module, docstring left out."""
    tree = ast.parse(path.read_text("utf-8"))
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0]
        documented = ast.get_docstring(node, clean=False) is not None
        docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
        found.append((f"{path.relative_to(SOURCE)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1 - docstring))
    return found


def _p95(sizes: list[int]) -> float:
    return statistics.quantiles(sizes, n=20)[-1]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_function_is_longer_than_the_limit(path: Path) -> None:
    assert [f for f in _functions(path) if f[1] > FUNCTION_MAX] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_module_is_longer_than_the_limit(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MODULE_MAX


def test_most_functions_are_short() -> None:
    assert _p95([size for path in MODULES for _, size in _functions(path)]) <= FUNCTION_P95


def test_most_modules_are_short() -> None:
    assert _p95([len(path.read_text("utf-8").splitlines()) for path in MODULES]) <= MODULE_P95


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_module_is_a_drawer_for_odds_and_ends(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc"}
