"""The pages of the commands show what comtrap prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from comtrap.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "commands").glob("*.md"))


def sessions(page):
    """The console blocks of a page, each a list of command lines with what they print."""
    for block in re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
        yield [part.partition("\n")[::2] for part in parts[1:]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_is_printed(page, tmp_path, monkeypatch, capsys):
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = [command for session in sessions(page) for command in session]
    assert shown
    for line, output in shown:
        program, *arguments = shlex.split(line)
        if program == "cat":
            Path(arguments[0]).write_text(output, "utf-8")
            continue
        assert program == "comtrap"
        main(arguments)
        said = capsys.readouterr()
        assert (said.out + re.sub(r"\d+\.\d s", "… s", said.err)).rstrip() == output.rstrip(), line
