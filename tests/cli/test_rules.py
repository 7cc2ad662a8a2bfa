from __future__ import annotations

import json

import pytest
from tests.material import process, rule_file, write
from tests.proof.test_lint import EXCEPTION

from comtrap.cli.main import main


@pytest.fixture
def pack(tmp_path):
    """A pack of one rule with its samples."""
    (tmp_path / "pack.toml").write_text('name = "p"\n')
    (tmp_path / "rules").mkdir()
    rule_file(tmp_path / "rules" / "one.toml")
    write(tmp_path / "samples" / "one" / "sysmon.hit.ndjson", [process(0, 1)])
    write(tmp_path / "samples" / "one" / "sysmon.miss.ndjson", [process(0, 1, parent="explorer.exe")])
    return tmp_path


def run(capsys, *argv):
    code = main(["rules", *map(str, argv)])
    out, err = capsys.readouterr()
    return code, out, err


def test_list_has_one_line_a_rule(pack, capsys):
    code, out, _ = run(capsys, "list", pack)
    assert (code, out) == (0, "high  one  sysmon  T1559.001  Rule 1\n")


def test_list_is_a_table_for_programs(capsys):
    code, out, _ = run(capsys, "list", "--format", "json")
    rules = json.loads(out)
    assert (code, len(rules)) == (0, 120)
    assert {"rule", "id", "severity", "sources", "query", "response"} <= rules[0].keys()


@pytest.mark.parametrize("name", ["com_hijack_loaded", "COM_HIJACK_LOADED", "Redirected COM class is loaded"])
def test_show_finds_a_rule_by_any_name(name, capsys):
    code, out, _ = run(capsys, "show", name)
    assert (code, out.splitlines()[0]) == (0, "# Redirected COM class is loaded")
    assert "## Investigation" in out
    assert "## Response" in out


def test_show_takes_an_id_and_a_behaviour(pack, capsys):
    assert run(capsys, "show", "--rules", pack, "00000000-0000-0000-0000-000000000001")[1].startswith("# Rule 1")
    _, out, _ = run(capsys, "show", "wmi_script_consumer", "--format", "json")
    assert len(json.loads(out)) == 5


def test_show_keeps_the_lines_of_a_query(capsys):
    _, out, _ = run(capsys, "show", "task_remote_registration")
    assert "\n  [process where" in out


def test_a_rule_that_is_not_there_is_unusable(capsys):
    code, out, err = run(capsys, "show", "no-such-rule")
    assert (code, out) == (3, "")
    assert "no-such-rule" in err


def test_what_a_rule_says_cannot_move_the_cursor(pack, capsys):
    path = pack / "rules" / "one.toml"
    path.write_text(path.read_text().replace("A rule for a test.", "Red \\u001b[31m\\u202e and\\nmore."))
    _, out, _ = run(capsys, "show", "--rules", pack, "one")
    assert "\x1b" not in out
    assert "Red \\u{1b}[31m\\u{202e} and\nmore." in out


def test_lint_says_how_many_there_are_and_passes(capsys):
    code, out, _ = run(capsys, "lint", "--as-of", "2026-06-01")
    assert (code, out) == (0, "120 rules, 11 exceptions: 0 mistakes, 0 warnings\n")


def test_lint_warns_and_passes(pack, capsys):
    code, out, _ = run(capsys, "lint", pack)
    assert code == 0
    assert "warning[W302]" in out
    assert out.endswith("1 rule, 0 exceptions: 0 mistakes, 1 warning\n")


def test_lint_refuses_an_exception_that_hides_an_attack(pack, capsys):
    path = pack / "mine.toml"
    path.write_text(EXCEPTION.replace("agent.exe", "cmd.exe"))
    code, out, _ = run(capsys, "lint", pack, "--exceptions", path, "--as-of", "2026-06-01")
    assert code == 2
    assert "error[E330]: agent/starts hides a known attack" in out


def test_lint_proves_the_exceptions_that_come_with_a_pack(pack, capsys):
    (pack / "exceptions").mkdir()
    (pack / "exceptions" / "agent.toml").write_text(EXCEPTION.replace("agent.exe", "cmd.exe"))
    assert run(capsys, "lint", pack, "--as-of", "2026-06-01")[0] == 2


def test_lint_tells_programs_the_place(pack, capsys):
    rule_file(pack / "rules" / "one.toml", "any where no.such == 1")
    code, out, _ = run(capsys, "lint", pack, "--format", "json")
    found = json.loads(out)[0]
    assert code == 2
    assert {key: found[key] for key in ("code", "line", "column", "severity")} == {
        "code": "E201", "line": 10, "column": 11, "severity": "error",
    }  # fmt: skip
    assert found["path"].endswith("one.toml")


def test_test_passes_where_all_samples_do_what_they_should(pack, capsys):
    assert run(capsys, "test", pack)[:2] == (0, "1 rule, 2 samples: 0 wrong\n")


def test_test_names_what_is_wrong(pack, capsys):
    write(pack / "samples" / "one" / "sysmon.miss.ndjson", [process(0, 1)])
    code, out, _ = run(capsys, "test", pack)
    assert (code, out.splitlines()[0]) == (2, "one  sysmon  near miss  alerts on a near miss: line 1")
    _, out, _ = run(capsys, "test", pack, "--format", "json")
    assert [one["wrong"] for one in json.loads(out)] == [None, "alerts on a near miss: line 1"]


@pytest.mark.parametrize("argv", [[], ["frobnicate"], ["show"], ["lint", "--as-of", "yesterday"]])
def test_a_wrong_command_line_is_unusable(argv, capsys):
    with pytest.raises(SystemExit) as raised:
        main(["rules", *argv])
    assert raised.value.code == 3
    assert "comtrap rules" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["list", "lint", "test"])
def test_a_pack_that_is_not_there_is_unusable(action, capsys):
    assert run(capsys, action, "no-such-pack")[0] == 3
