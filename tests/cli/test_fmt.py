from __future__ import annotations

import subprocess
import sys

import pytest
from tests.material import rule_file

from comtrap.cli.main import main

UGLY = "process   where process.name==1"
NEAT = "process where process.name == 1"


@pytest.fixture
def run(capsys):
    """Run the command; gives exit code, standard output and standard error."""

    def ran(*arguments):
        code = main(["fmt", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.eql"
    path.write_text(f"{UGLY}\n")
    return path


def test_a_query_is_printed(run):
    assert run(UGLY) == (0, f"{NEAT}\n", "")


def test_standard_input_is_read():
    command = [sys.executable, "-m", "comtrap", "fmt", "-"]
    done = subprocess.run(command, input=f"{UGLY} // it's\n", capture_output=True, text=True, check=True)

    assert done.stdout == f"{NEAT} // it's\n"


def test_a_file_is_printed_and_stays(run, file):
    assert run(file) == (0, f"{NEAT}\n", "")
    assert file.read_text() == f"{UGLY}\n"


def test_write_changes_what_is_not_laid_out(run, file):
    assert run("--write", file) == (0, "", f"laid out: {file}\n")
    assert file.read_text() == f"{NEAT}\n"
    assert run("--write", file) == (0, "", "")


def test_check_says_what_is_not_laid_out(run, file):
    assert run("--check", file, NEAT) == (1, "", f"not laid out: {file}\n")
    assert file.read_text() == f"{UGLY}\n"
    assert run("--check", UGLY)[0] == 1
    assert run("--check", NEAT) == (0, "", "")


@pytest.mark.parametrize(("how", "code"), [((), 0), (("--check",), 1), (("--write",), 0)])
def test_a_difference_can_be_shown(run, file, how, code):
    found = run("--diff", *how, file)

    assert found[:2] == (code, f"--- {file}\n+++ {file} (laid out)\n@@ -1 +1 @@\n-{UGLY}\n+{NEAT}\n")


def test_a_difference_says_where_a_line_feed_was_missing(run, file):
    file.write_text(NEAT)

    assert run("--diff", file)[1].splitlines()[-3:] == [f"-{NEAT}", "\\ No newline at end of file", f"+{NEAT}"]


def test_what_is_laid_out_has_no_difference(run):
    assert run("--diff", NEAT) == (0, "", "")


def test_the_queries_and_rules_of_a_folder_are_laid_out(run, tmp_path):
    (tmp_path / "deep").mkdir()
    rule = rule_file(tmp_path / "deep" / "rule.toml", UGLY)
    (tmp_path / "b.EQL").write_text(UGLY)
    (tmp_path / "pack.toml").write_text("name = 'a pack'\n")
    (tmp_path / "c.txt").write_text(UGLY)

    code, _, said = run("--write", tmp_path)

    assert code == 0
    assert said.splitlines() == [f"laid out: {tmp_path / 'b.EQL'}", f"laid out: {rule}"]
    assert f"\n{NEAT}\n" in rule.read_text()


def test_a_broken_query_is_2_and_the_others_are_laid_out(run, file, tmp_path):
    broken = tmp_path / "b.toml"
    rule_file(broken, "process where (")

    code, out, said = run(broken, "any where )", file)

    assert (code, out) == (2, f"{NEAT}\n")
    assert f"{broken}:10:16" in said
    assert "query:1:11" in said


@pytest.mark.parametrize(
    ("given", "reason"),
    [("none.eql", "no such file"), ("bytes.eql", "is not UTF-8"), ("pack.toml", "there is no EQL in it")],
)
def test_what_cannot_be_read_is_3(run, tmp_path, monkeypatch, given, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bytes.eql").write_bytes(b"\xff")
    (tmp_path / "pack.toml").write_text("name = 1\n")

    code, out, said = run(given, NEAT)

    assert (code, out) == (3, f"{NEAT}\n")
    assert f"{given}: {reason}" in said


def test_only_files_are_changed(run):
    code, _, said = run("--write", UGLY)

    assert code == 3
    assert "query is none" in said


def test_a_broken_query_is_worse_than_one_that_is_not_laid_out(run):
    assert run("--check", UGLY, "any where (")[0] == 2
    assert run("--check", UGLY, "none")[0] == 3


def test_what_a_file_says_does_nothing_to_the_terminal(run, file):
    file.write_text("any where \x1b[31m (")

    code, _, said = run(file)

    assert code == 2
    assert "\x1b" not in said


def test_a_check_and_a_change_exclude_each_other(file, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["fmt", "--check", "--write", str(file)])

    assert ended.value.code == 3
    assert "not allowed with" in capsys.readouterr().err


def test_a_text_longer_than_any_name_is_a_query(run):
    long = f'any where x == "{"a" * 5_000}"'

    assert run(long)[0] == 0
