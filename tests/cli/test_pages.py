"""The pages of the commands show what comtrap prints; ``make golden`` writes into them what it prints today."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.golden import ADVICE, rewriting

from comtrap.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs" / "commands").glob("*.md"), *(ROOT / "docs").glob("*.md")])
CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_is_printed(page, tmp_path, monkeypatch, capsys):
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")

    def printed(line, shown):
        program, *arguments = shlex.split(line)
        if program == "cat":  # a file that what follows is about, or one that comtrap has written
            if not Path(arguments[0]).exists():
                Path(arguments[0]).write_text(shown, "utf-8")
            return Path(arguments[0]).read_text("utf-8")
        assert program == "comtrap"
        main(arguments)
        said = capsys.readouterr()
        return said.out + re.sub(r"\d+\.\d s", "… s", said.err)

    def session(block):
        commands = (command.partition("\n") for command in re.split(r"^\$ ", block[0], flags=re.MULTILINE)[1:])
        return "".join(f"$ {line}\n{printed(line, shown).rstrip()}\n" for line, _, shown in commands)

    written = page.read_text("utf-8")
    made = CONSOLE.sub(session, written)
    if rewriting():
        page.write_text(made, "utf-8")
    else:
        assert made == written, ADVICE
