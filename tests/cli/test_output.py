from __future__ import annotations

import io
import sys

import pytest

from comtrap.cli.main import main
from comtrap.cli.output import never_lacking, output


class Terminal(io.TextIOWrapper):
    """A terminal of some encoding, whose bytes can be looked at."""

    def __init__(self, encoding):
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)

    def isatty(self):
        return True

    @property
    def said(self):
        return self.buffer.getvalue()


@pytest.fixture
def terminal(monkeypatch):
    def made(encoding):
        out = Terminal(encoding)
        monkeypatch.setattr(sys, "stdout", out)
        return out

    return made


def test_a_terminal_gets_what_its_encoding_has_and_something_alike_for_the_rest(terminal):
    out = terminal("ascii")
    with output(None) as file:
        file.write("── why … a → 日\n")

    assert out.said == b"-- why ~ a > \\u65e5\n"


def test_what_an_encoding_has_is_kept(terminal):
    out = terminal("cp1252")
    with output(None) as file:
        file.write("ü … ─\n")

    assert out.said == "ü … -\n".encode("cp1252")


def test_halves_of_surrogate_pairs_are_written_out(terminal):
    out = terminal("utf-8")
    with output(None) as file:
        file.write("\udc80\n")

    assert out.said == b"\\udc80\n"


def test_errors_are_told_in_any_encoding(monkeypatch):
    errors = Terminal("ascii")
    monkeypatch.setattr(sys, "stderr", errors)
    never_lacking()
    sys.stderr.write("…\n")

    assert errors.said == b"~\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
@pytest.mark.parametrize("command", ["scan", "query", "convert", "explain", "watch"])
def test_help_is_shown_in_any_encoding(terminal, encoding, command):
    out = terminal(encoding)
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])

    assert ended.value.code == 0
    assert b"usage:" in out.said
