from __future__ import annotations

from tests.material import process, rule_file, write

from comtrap.cli.main import main


def test_proposals_are_said_and_those_that_hide_nothing_are_written(tmp_path, capsys):
    (tmp_path / "rules").mkdir()
    rule_file(tmp_path / "rules" / "surrogate.toml")
    benign = str(write(tmp_path / "benign.ndjson", [process(n, n + 1) for n in range(3)]))
    arguments = ["tune", "surrogate", "--rules", str(tmp_path / "rules"), "--benign", benign]
    assert main([*arguments, "--output", str(tmp_path / "e.toml")]) == 0
    out = capsys.readouterr().out
    assert "3 false alarms" in out
    assert "takes away 3 of the false alarms" in out
    assert "an attack is hidden only where" in out
    assert "[[items]]" in (tmp_path / "e.toml").read_text("utf-8")
    assert main([*arguments, "--attacks", benign]) == 0
    assert "REFUSED: it would hide the attack at" in capsys.readouterr().out


def test_a_rule_that_does_not_exist_is_said(tmp_path, capsys):
    assert main(["tune", "nothing", "--benign", str(tmp_path)]) == 3
    assert "no rule called 'nothing'" in capsys.readouterr().err


def test_a_quiet_rule_is_said(tmp_path, capsys):
    (tmp_path / "rules").mkdir()
    rule_file(tmp_path / "rules" / "quiet.toml", "process where false")
    benign = str(write(tmp_path / "a.ndjson", [process(0, 1)]))
    assert main(["tune", "quiet", "--rules", str(tmp_path / "rules"), "--benign", benign]) == 0
    assert "nothing to tune" in capsys.readouterr().out
