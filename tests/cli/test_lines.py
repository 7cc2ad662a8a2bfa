from __future__ import annotations

from comtrap.cli.lines import shown


def test_lines_and_blanks_stay_as_they_are():
    assert shown("a\n\n  b   c \n") == "a\n\n  b   c \n"


def test_what_does_not_print_is_written_out():
    assert shown("a\x1b[2J\u202eb\r\n") == "a\\u{1b}[2J\\u{202e}b\n"
