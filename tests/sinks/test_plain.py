from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.sinks.plain import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m"),
        ("a\u202egpj.exe", "a\\u{202e}gpj.exe"),
        ("\x07\x9b2J", "\\u{7}\\u{9b}2J"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("\ud800", "\\u{d800}"),
        ("[bold]x[/]", "[bold]x[/]"),
        (["a", "b"], "a, b"),
        (4, "4"),
    ],
)
def test_what_a_log_says_cannot_act_on_the_terminal(text, shown):
    assert plain(text) == shown


@given(st.text())
def test_every_text_becomes_one_printable_line(text):
    assert plain(text).isprintable()
    plain(text).encode("utf-8")
