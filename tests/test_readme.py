"""The README shows what comtrap prints, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

from comtrap.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def _block(kind):
    found = re.search(rf"```{kind}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_demo_prints_what_the_readme_shows(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["scan", "demo/recording", "--quiet"]) == 0
    shown = [line.rstrip() for line in _block("text").splitlines()]
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert printed[: len(shown)] == shown


def test_the_python_examples_run():
    names: dict[str, object] = {}
    exec(_block("python"), names)
    assert "comtrap" in names
