from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.explain.material import CHILD
from tests.material import process, rule_file, write

from comtrap.cli.main import main


@pytest.fixture
def run(capsys):
    """Explain; gives exit code, standard output and standard error."""

    def explained(*arguments):
        code = main(["explain", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return explained


@pytest.fixture
def logs(tmp_path):
    return write(tmp_path / "logs.ndjson", [process(0, 1), process(1, 2, parent="explorer.exe")])


def test_without_a_path_the_plan_is_told(run):
    code, out, err = run(CHILD)
    assert (code, err) == (0, "")
    assert out.startswith("process where\n")
    assert "any case" in out


def test_with_a_path_events_are_told(run, logs):
    code, out, _ = run(CHILD, logs)
    assert code == 0
    assert "1 event matches; 2 events in 1 file" in out


def test_json_has_the_same(run, logs):
    code, out, _ = run(CHILD, logs, "--format", "json")
    found = json.loads(out)
    assert (code, found["matches"], found["input"]["events"]) == (0, 1, 2)


def test_a_query_that_is_wrong_is_2(run):
    code, out, err = run("process where proces.name == 1")
    assert (code, out) == (2, "")
    assert "E201" in err


def test_a_name_that_is_no_rule_is_2_and_the_nearest_is_named(run):
    code, _, err = run("com_surrogate_chlid")
    assert code == 2
    assert "did you mean `com_surrogate_child`?" in err


def test_a_wrong_rule_file_is_2(run, tmp_path):
    code, _, err = run(rule_file(tmp_path / "a.toml", "process where ("))
    assert code == 2
    assert "a.toml" in err


def test_a_rule_file_that_is_not_there_is_3(run):
    assert run("no/such/file.toml")[0] == 3


def test_input_that_cannot_be_read_is_3_and_named(run, tmp_path, logs):
    code, _, err = run(CHILD, tmp_path / "none.ndjson")
    assert code == 3
    assert "not read: " in err
    assert run(CHILD, tmp_path / "none.ndjson", logs)[0] == 0


def test_an_empty_file_is_usable(run, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    code, out, _ = run(CHILD, tmp_path / "empty")
    assert code == 0
    assert "why none: no event was read" in out


def test_the_output_may_be_a_file(run, tmp_path, logs):
    code, out, _ = run(CHILD, logs, "--output", tmp_path / "out.txt")
    assert (code, out) == (0, "")
    assert "1 event matches" in (tmp_path / "out.txt").read_text("utf-8")


@pytest.mark.parametrize("arguments", [("--event", "1"), ("--record", "2")])
def test_one_event_may_be_asked_for(run, logs, arguments):
    code, out, _ = run(CHILD, logs, *arguments)
    assert code == 0
    assert "#1, record 2" in out
    assert "#0" not in out


def test_an_event_that_is_not_there_is_said(run, logs):
    assert "no event has the position" in run(CHILD, logs, "--event", "9")[1]


@pytest.mark.parametrize("number", ["-1", "x", "²"])
def test_a_number_is_a_number(run, number):
    with pytest.raises(SystemExit) as ended:
        run(CHILD, f"--limit={number}")
    assert ended.value.code == 3


def test_rules_may_be_looked_for_elsewhere(run, tmp_path):
    rule_file(tmp_path / "mine.toml", CHILD, 7)
    assert run("mine", "--rules", tmp_path)[0] == 0
    assert "Rule 7" in run("rule 7", "--rules", tmp_path)[1]


PAGE = Path(__file__).parents[2] / "docs" / "commands" / "explain.md"


def test_the_page_names_every_argument_and_every_key(capsys, run, logs):
    page = PAGE.read_text("utf-8")
    with pytest.raises(SystemExit):
        main(["explain", "--help"])
    for argument in set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}:
        assert argument in page
    keys = set(re.findall(r'"([@a-z_]+)":', run(CHILD, logs, "--format", "json")[1]))
    assert {key for key in keys if f"`{key}`" not in page and f"`{key}[]`" not in page} <= {
        "plan", "stages", "process", "enabled",
    }  # fmt: skip
