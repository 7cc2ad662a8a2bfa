from __future__ import annotations

import json

import pytest
from tests.material import process, rule_file, write
from tests.proof.test_lint import EXCEPTION

from comtrap.cli.excepting import moment
from comtrap.cli.main import main


@pytest.fixture
def folder(tmp_path):
    """A rule, an exception for agent.exe, and a log in which it and cmd.exe start."""
    rule_file(tmp_path / "rule.toml")
    (tmp_path / "agent.toml").write_text(EXCEPTION)
    write(tmp_path / "log.ndjson", [process(0, 1, "agent.exe"), process(1, 2, "cmd.exe")])
    return tmp_path


def scanned(folder, capsys, *more):
    code = main(["scan", str(folder / "log.ndjson"), "--rules", str(folder / "rule.toml"), "--format", "ndjson", *more])
    out, err = capsys.readouterr()
    return code, [json.loads(line)["process"]["name"] for line in out.splitlines()], err


def test_without_exceptions_everything_is_found(folder, capsys):
    assert scanned(folder, capsys)[:2] == (0, ["agent.exe", "cmd.exe"])


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_exception_removes_its_events_and_is_named(jobs, folder, capsys):
    exceptions = ("--exceptions", str(folder / "agent.toml"), "--as-of", "2026-06-01")
    code, names, err = scanned(folder, capsys, *exceptions, "--jobs", jobs)
    assert (code, names) == (0, ["cmd.exe"])
    assert "1 exception applied: agent/starts" in err


def test_the_numbers_say_what_an_exception_removed(folder, capsys):
    stats = folder / "stats.json"
    exceptions = ("--exceptions", str(folder / "agent.toml"), "--as-of", "2026-06-01")
    scanned(folder, capsys, *exceptions, "--stats", str(stats))
    assert json.loads(stats.read_text())["exceptions"] == {"agent/starts": {"00000000-0000-0000-0000-000000000001": 1}}


def test_the_numbers_say_of_which_rule_alerts_were_suppressed(folder, capsys):
    stats = folder / "stats.json"
    scanned(folder, capsys, "--suppress", "host.name", "--stats", str(stats))
    told = json.loads(stats.read_text())
    assert (told["suppressed"], told["suppressed_by_rule"]) == (1, {"00000000-0000-0000-0000-000000000001": 1})


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_an_expired_exception_is_not_applied_and_that_is_said_aloud(quiet, folder, capsys):
    exceptions = ("--exceptions", str(folder / "agent.toml"), "--as-of", "2027-06-30T00:00:01Z")
    code, names, err = scanned(folder, capsys, *exceptions, *quiet)
    assert (code, names) == (0, ["agent.exe", "cmd.exe"])
    assert "agent/starts expired 2027-06-30 00:00 UTC and is not applied (owner: a team, ticket: CHG-1)" in err


def test_a_wrong_exception_is_said_and_the_scan_goes_on(folder, capsys):
    (folder / "agent.toml").write_text(EXCEPTION.replace('type = "match"', 'type = "regex"'))
    code, names, err = scanned(folder, capsys, "--exceptions", str(folder / "agent.toml"))
    assert (code, names) == (2, ["agent.exe", "cmd.exe"])
    assert "E320" in err


def test_an_exception_on_a_field_that_is_not_there_is_said_and_removes_nothing(folder, capsys):
    (folder / "agent.toml").write_text(EXCEPTION.replace("process.name", "proces.name"))
    code, names, err = scanned(folder, capsys, "--exceptions", str(folder / "agent.toml"), "--as-of", "2026-06-01")
    assert (code, names) == (2, ["agent.exe", "cmd.exe"])
    assert "E201" in err


def test_exceptions_that_are_not_there_are_unusable(folder, capsys):
    code, names, err = scanned(folder, capsys, "--exceptions", "no-such")
    assert (code, names) == (3, [])
    assert "sccm" in err


def test_the_exceptions_that_come_with_comtrap_go_by_name(folder, capsys):
    code, names, err = scanned(folder, capsys, "--exceptions", "sccm", "--as-of", "2026-06-01")
    assert (code, len(names)) == (0, 2)
    assert "sccm/content_scripts" in err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-30", "2026-06-30T00:00:00+00:00"),
        ("2026-06-30T12:00", "2026-06-30T12:00:00+00:00"),
        ("2026-06-30T12:00:00Z", "2026-06-30T12:00:00+00:00"),
        ("2026-06-30T12:00:00+02:00", "2026-06-30T12:00:00+02:00"),
    ],
)
def test_a_time_without_offset_is_utc(text, expected):
    assert moment(text).isoformat() == expected
