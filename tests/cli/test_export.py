from __future__ import annotations

import json
import sys

import pytest
from tests.material import rule_file

from comtrap.cli.main import main


@pytest.fixture
def run(capsys, tmp_path):
    """Run the command on one rule; gives exit code and standard error."""

    def ran(*arguments, query=None):
        path = rule_file(tmp_path / "one.toml", *[query] * (query is not None))
        code = main(["export", "sigma", "--rules", str(path), "--output", str(tmp_path / "out"), *arguments])
        return code, capsys.readouterr().err

    return ran


def test_a_file_a_rule(run, tmp_path):
    assert run() == (0, "1 rule: 1 written to 1 file, 0 left out\n")
    assert "title: Rule 1\n" in (tmp_path / "out" / "one.yml").read_text("utf-8")


def test_what_is_left_out_is_said_even_when_quiet(run, tmp_path):
    code, said = run("--quiet", query="process where true")
    assert (code, said.startswith("left out: one: ")) == (0, True)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_differs_is_said(run):
    query = 'process where event.type == "start" and (process.name : "a" or ?comtrap.process.decoded_command : "a")'
    assert run(query=query)[1].startswith("differs: one: `comtrap.process.decoded_command`")


def test_a_file_is_no_folder(run, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert run()[0] == 3
    assert (tmp_path / "out").read_text() == "mine"


def test_a_package_that_is_not_there_is_named(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    code, said = run()
    assert (code, "pip install 'comtrap[export]'" in said) == (3, True)


def test_kibanas_file_has_rules_exceptions_and_counts(tmp_path, capsys):
    output = tmp_path / "rules.ndjson"

    assert (
        main(["export", "kibana", "--output", str(output), "--exceptions", "sccm", "--enable", "--stack", "8.17.3"])
        == 0
    )

    lines = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert lines[-1]["exported_count"] == len(lines) - 1
    assert lines[-1]["exported_exception_list_item_count"] == 2
    assert all(line["enabled"] for line in lines if "rule_id" in line)
    assert "left out" in capsys.readouterr().err


def test_a_wrong_file_of_exceptions_is_2(tmp_path, capsys):
    (tmp_path / "a.toml").write_text("id = 1\n")

    code = main(["export", "kibana", "--output", str(tmp_path / "x"), "--exceptions", str(tmp_path / "a.toml")])

    assert (code, (tmp_path / "x").exists()) == (2, False)
    assert "E303" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--index", "=x"), ("--index", "a="), ("--stack", "new"), ("--mark", 'a"b')])
def test_a_wrong_option_of_kibanas_is_3(tmp_path, capsys, wrong):
    with pytest.raises(SystemExit) as ended:
        main(["export", "kibana", "--output", str(tmp_path / "x"), *wrong])

    assert ended.value.code == 3
    assert "expected" in capsys.readouterr().err
