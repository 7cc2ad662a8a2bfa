from __future__ import annotations

import base64

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.com import command_line

COMMAND = "$o = New-Object -ComObject MMC20.Application"


def encoded(text):
    return base64.b64encode(text.encode("utf-16-le")).decode()


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ('"C:\\Windows\\System32\\mshta.exe"  vbscript:Close(1)', "C:\\Windows\\System32\\mshta.exe vbscript:Close(1)"),
        ("c^m^d /c \t p^ow^ershell", "cmd /c powershell"),
        ("New-Obj`ect -Com`Object x", "New-Object -ComObject x"),
        ('"" ', ""),
        ("", ""),
    ],
)
def test_tricks_are_taken_off_a_line(line, plain):
    assert command_line.plain(line) == plain


NAME = "encodedcommand"
PARAMETERS = [NAME[:n] for n in range(1, len(NAME) + 1)] + ["ec", "EncodedCommand", "ENC"]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_every_beginning_of_the_parameter_is_known(parameter):
    assert command_line.decoded(f"powershell.exe -nop -{parameter} {encoded(COMMAND)}") == [COMMAND]


@pytest.mark.parametrize("dash", ["-", "/", "\u2013", "\u2014", "\u2015"])
def test_every_dash_that_powershell_takes_is_known(dash):
    assert command_line.decoded(f"pwsh {dash}enc {encoded(COMMAND)}") == [COMMAND]


@pytest.mark.parametrize(
    "line",
    [
        'powershell -enc "{}"',
        "powershell -enc '{}'",
        'powershell "-enc" {}',
        "powershell -e^n^c {}",
        "powershell -e`nc {}",
        'powershell -e"n"c {}',
        "powershell   -ENC:{}",
        "powershell\t-enc\t{}",
        "cmd /c start powershell -enc {} & exit",
    ],
)
def test_quotes_carets_and_blanks_do_not_hide_a_command(line):
    assert command_line.decoded(line.format(encoded(COMMAND))) == [COMMAND]


def test_missing_padding_does_not_hide_a_command():
    assert command_line.decoded(f"powershell -enc {encoded('dir a').rstrip('=')}") == ["dir a"]


def test_a_command_in_a_command_is_followed():
    inner = f"powershell -ec {encoded(COMMAND)}"
    assert command_line.decoded(f"powershell -e {encoded(inner)}") == [inner, COMMAND]


def test_two_commands_on_a_line_are_both_decoded():
    line = f"powershell -enc {encoded('first one')}; powershell -enc {encoded('second one')}"
    assert command_line.decoded(line) == ["first one", "second one"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "grep -e AAAAAAAAAAAA file",
        "tool -e SGVsbG8gd29ybGQh",
        f"powershell -encodedarguments {encoded(COMMAND)}",
        f"powershell -command {encoded(COMMAND)}",
        "powershell -enc",
        "powershell -enc ====",
        f"some-enc {encoded(COMMAND)}",
    ],
)
def test_what_is_no_encoded_command_gives_nothing(line):
    assert command_line.decoded(line) == []


def test_letters_that_are_like_those_of_base64_are_not_decoded():
    assert command_line.decoded("powershell -e \u017fAAAAAAAA") == []
    assert command_line.decoded("powershell -e \u212aAAAAAAAA") == []


def test_nesting_is_followed_only_so_deep():
    line = "dir"
    for _ in range(command_line.DEPTH + 3):
        line = f"powershell -enc {encoded(line)}"
    assert len(command_line.decoded(line)) == command_line.DEPTH


def test_a_line_of_many_commands_gives_no_more_than_the_limit():
    line = " ".join(f"-enc {encoded(f'command {n}')}" for n in range(100))
    assert len(command_line.decoded(line)) == command_line.LIMIT


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    command_line.decoded(text)
    assert "  " not in command_line.plain(text)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=6))
def test_whatever_is_encoded_is_decoded(text):
    assert command_line.decoded(f"powershell -enc {encoded(text)}")[:1] == [text]


@given(
    st.text(alphabet="-/\u2013ePnNc:' \t\u3000\x1c\"^`", max_size=12),
    st.sampled_from(["e", "E", "enc", "eNcOdedCommand", 'e"n^c`o', "ec"]),
    st.text(alphabet=": '\t\u2003\x85\"^`", min_size=1, max_size=4),
    st.integers(0, 20),
)
def test_the_hint_is_in_every_line_that_has_an_encoded_command(before, parameter, between, tricks):
    letters = encoded("whoami /all")
    line = f"x {before}-{parameter}{between}{letters[:tricks]}^{letters[tricks:]}"
    hinted = pc.match_substring_regex(pa.array([line]), command_line.HINT).to_pylist() == [True]
    assert hinted or command_line.decoded(line) == []


def test_the_hint_is_not_in_an_ordinary_line():
    lines = ["dllhost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}", "svchost.exe -k netsvcs -p -s Schedule"]
    assert pc.match_substring_regex(pa.array(lines), command_line.HINT).to_pylist() == [False, False]
