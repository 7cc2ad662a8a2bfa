from __future__ import annotations

import json

import pytest
from tests.material import process, rule_file, write

from comtrap.cli.main import main
from comtrap.proof.simulation.attacks import ATTACKS


@pytest.fixture
def rules(tmp_path):
    """A folder with one rule and no promises."""
    (tmp_path / "rules").mkdir()
    rule_file(tmp_path / "rules" / "surrogate.toml")
    return str(tmp_path / "rules")


def test_captures_are_tried_and_a_broken_promise_gives_1(tmp_path, rules, capsys):
    write(tmp_path / "a.ndjson", [process(0, 1)])
    promise = tmp_path / "p.toml"
    promise.write_text('[[capture]]\npath = "a.ndjson"\nrules = ["surrogate"]\n', "utf-8")
    main(["prove", str(promise), "--rules", rules])
    out = capsys.readouterr().out
    assert "ok   " in out
    assert "surrogate" in out
    assert "there is no sample of a hit" in out
    promise.write_text('[[capture]]\npath = "a.ndjson"\nrules = ["other"]\n', "utf-8")
    assert main(["prove", str(promise), "--rules", rules, "--junit", str(tmp_path / "j.xml")]) == 1
    assert "other does not alert" in capsys.readouterr().out
    assert "other does not alert" in (tmp_path / "j.xml").read_text("utf-8")


def test_checks_come_as_data_too(tmp_path, rules, capsys):
    main(["prove", str(write(tmp_path / "a.ndjson", [process(0, 1)])), "--rules", rules, "--format", "json"])
    checks = json.loads(capsys.readouterr().out)
    assert checks[-1]["fired"] == ["surrogate"]
    assert checks[-1]["kept"] is True


def test_a_simulation_is_written_as_lines_that_scan_finds(tmp_path, capsys):
    path = tmp_path / "events.ndjson"
    assert main(["simulate", "hijack", "--as", "sysmon", "--set", "library=x y.dll", "--output", str(path)]) == 0
    assert "x y.dll" in path.read_text("utf-8")
    assert main(["scan", str(path), "--fail-on", "low", "--quiet"]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["task", "--as", "x"], ["task", "--set", "x=1"], ["task", "--set", "x"], ["task", "--start", "x"]],
)
def test_what_cannot_be_simulated_is_said(arguments, capsys):
    try:
        code = main(["simulate", *arguments])
    except SystemExit as error:
        code = error.code
    assert code == 3
    assert capsys.readouterr().err


def test_the_help_lists_attacks_and_their_parameters(capsys):
    with pytest.raises(SystemExit):
        main(["simulate", "--help"])
    out = capsys.readouterr().out
    assert all(name in out for attack in ATTACKS.values() for name in (attack.name, *attack.parameters))
