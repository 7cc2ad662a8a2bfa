from __future__ import annotations

import json

import pytest

from comtrap.cli.main import main

CMSTPLUA = "{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"


def run(capsys, *argv):
    code = main(["com", *argv])
    return code, capsys.readouterr().out


def test_a_known_object_is_told_of(capsys):
    code, out = run(capsys, f"Elevation:Administrator!new:{CMSTPLUA.lower()}")
    assert (code, out.splitlines()[0]) == (0, "CMSTPLUA")
    assert CMSTPLUA in out
    assert "benign" in out


def test_several_are_told_of_in_order(capsys):
    _, out = run(capsys, "WScript.Shell", "no.such", CMSTPLUA)
    heads = [line for line in out.splitlines() if line and not line.startswith(" ")]
    assert heads == ["Windows Script Host shell", "no.such: not known", "CMSTPLUA"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MMC20.Aplication", "MMC20.Aplication: not known; did you mean MMC20.Application or "),
        (CMSTPLUA.replace("9A51", "9A52"), f"did you mean {CMSTPLUA}?"),
        ("{deadbeef-0000-4000-8000-00000000abcd}", "{DEADBEEF-0000-4000-8000-00000000ABCD}: not known: look at"),
    ],
)
def test_an_unknown_object_is_said_to_be_and_is_no_failure(name, said, capsys):
    code, out = run(capsys, name)
    assert code == 0
    assert said in out


def test_programs_get_a_table(capsys):
    code, out = run(capsys, "--format", "json", CMSTPLUA, "no.such")
    known, unknown = json.loads(out)
    assert code == 0
    assert (known["asked"], known["id"], known["found"][0]["name"]) == (CMSTPLUA, CMSTPLUA, "CMSTPLUA")
    assert known["found"][0]["sources"][0]["quote"]
    assert (unknown["found"], unknown["id"]) == ([], None)


def test_more_than_can_be_shown_is_counted(capsys):
    _, out = run(capsys, "e")
    assert "more: search for more words" in out


def test_what_was_asked_cannot_move_the_cursor(capsys):
    _, out = run(capsys, "\x1b[2J\u202enothing")
    assert "\x1b" not in out
    assert "\\u{1b}[2J\\u{202e}nothing: not known" in out


def test_without_a_name_the_command_line_is_wrong(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["com"])
    assert raised.value.code == 3
    assert "comtrap com" in capsys.readouterr().err
