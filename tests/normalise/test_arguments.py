from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.normalise.arguments import cut, split


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("", []),
        ("   ", []),
        ("a.exe", ["a.exe"]),
        ("  a.exe \t -x  ", ["a.exe", "-x"]),
        ('"C:\\Program Files\\a.exe" -x', ["C:\\Program Files\\a.exe", "-x"]),
        ('a "b c', ["a", "b c"]),
        ('a "" b', ["a", "", "b"]),
        ('a"b c"d', ["ab cd"]),
        ('a \\"b\\" c', ["a", '"b"', "c"]),
        ('a "b \\"c\\" d"', ["a", 'b "c" d']),
        ('"C:\\dir\\\\" x', ["C:\\dir\\", "x"]),
        ('"a""b" c', ['a"b c']),
        ("C:\\a\\ b", ["C:\\a\\", "b"]),
        ("a\nb", ["a\nb"]),
    ],
)
def test_a_line_is_split_as_windows_does(line, arguments):
    assert split(line) == arguments


def by_character(line):
    """The same rule one character at a time."""
    out, position = [], 0
    while True:
        while line[position : position + 1] in {" ", "\t"}:
            position += 1
        if position >= len(line):
            return out
        argument, slashes, quoted = "", 0, False
        while position < len(line):
            character = line[position]
            if character in " \t" and not quoted:
                break
            if character == '"':
                argument += "\\" * (slashes // 2)
                if slashes % 2:
                    argument += '"'
                else:
                    if quoted and line[position + 1 : position + 2] == '"':
                        argument += '"'
                        position += 1
                    quoted = not quoted
                slashes = 0
            elif character == "\\":
                slashes += 1
            else:
                argument += "\\" * slashes + character
                slashes = 0
            position += 1
        out.append(argument + "\\" * slashes)


@given(st.text(alphabet='ab"\\ \t', max_size=20))
def test_splitting_is_the_same_as_by_character(line):
    assert split(line) == by_character(line)


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("a b", ["a", "b"]),
        ('"a b" c', ['"a b"', "c"]),
        ("a  b", ["a", "", "b"]),
        ("a ", ["a", ""]),
        (" a", ["", "a"]),
        ('a "b c', ["a", '"b c']),
        ("a\tb", ["a", "b"]),
        ("", [""]),
    ],
)
def test_a_security_line_is_cut_at_every_blank_and_keeps_quotes(line, arguments):
    assert cut(line) == arguments


@given(st.text(alphabet='ab" \t'))
def test_nothing_but_blanks_is_lost_by_cutting(line):
    assert len(" ".join(cut(line))) == len(line)
