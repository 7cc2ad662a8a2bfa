"""Colours, where there are any."""

from __future__ import annotations

import io

import pytest

from comtrap.cli.painting import STYLES, paint, pen
from comtrap.explain.render.ink import ASCII, UNICODE, Ink

LINES = [(("good ", Ink.GOOD), ("[bold]not markup[/] :smile:", Ink.TEXT)), (), (("x" * 200, Ink.BAD),)]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_every_ink_has_a_style():
    assert set(STYLES) == set(Ink)


def test_no_colour_where_there_is_no_terminal():
    out = io.StringIO()
    paint(LINES, out)
    assert out.getvalue() == f"good [bold]not markup[/] :smile:\n\n{'x' * 200}\n"


def test_colour_on_a_terminal_unless_it_is_not_wanted(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Terminal()
    paint(LINES, out)
    assert "\x1b[32mgood" in out.getvalue()

    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    paint(LINES, plain)
    assert "\x1b[32m" not in plain.getvalue()


@pytest.mark.parametrize(("columns", "width"), [("100", 100), ("10", 40)])
def test_as_wide_as_the_terminal_but_no_narrower_than_a_tree(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert pen(Terminal()).width == width


def test_signs_as_the_encoding_has_them():
    assert pen(Terminal()).signs is UNICODE
    assert pen(io.TextIOWrapper(io.BytesIO(), "cp1252")).signs is ASCII
    assert pen(io.StringIO()).signs is ASCII
