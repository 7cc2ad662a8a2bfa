from __future__ import annotations

import pytest

from comtrap import __version__
from comtrap.cli.main import main


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 0
    assert "scan" in capsys.readouterr().out


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"comtrap {__version__}\n"


def test_an_unknown_command_is_3(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["no-such-command"])
    assert ended.value.code == 3
    assert "no-such-command" in capsys.readouterr().err


def test_the_help_of_a_command_names_its_options(capsys):
    with pytest.raises(SystemExit):
        main(["scan", "--help"])
    said = capsys.readouterr().out
    for option in (
        "--rules",
        "--format",
        "--output",
        "--min-severity",
        "--fail-on",
        "--jobs",
        "--stats",
        "--strict",
        "--quiet",
    ):
        assert option in said
