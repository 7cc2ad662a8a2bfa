from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.deploy.material import client
from tests.deploy.server import KEY, Fault, KibanaServer
from tests.material import rule_file

from comtrap.cli.main import main
from comtrap.deploy.connection import KEY_VARIABLE, URL_VARIABLE

EXCEPTIONS = """
id = "backup"
name = "Back-up"
description = "Jobs."
owner = "the team"
reason = "It is theirs."
ticket = "CHG-1"
expires = 2027-06-30

[[items]]
id = "job"
name = "Job"
rules = ["00000000-0000-0000-0000-000000000001"]
entries = [{ field = "process.name", type = "match", operator = "included", value = "job.exe" }]
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Three rules and an exception; gives the arguments that name them."""
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    (tmp_path / "rules").mkdir()
    for number in (1, 2, 3):
        rule_file(tmp_path / "rules" / f"rule_{number}.toml", number=number)
    (tmp_path / "exceptions.toml").write_text(EXCEPTIONS)
    return ["--rules", str(tmp_path / "rules"), "--exceptions", str(tmp_path / "exceptions.toml")]


@pytest.fixture
def run(files, capsys, monkeypatch):
    """Run an action; gives exit code, standard output and standard error."""

    monkeypatch.setattr("comtrap.deploy.kibana.Kibana.pause", lambda *_: None)

    def ran(action, server, *arguments):
        code = main(["deploy", action, *files, *(["--url", server.url] if server else []), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def test_a_dry_run_needs_no_kibana(run, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE)
    code, out, _ = run("apply", None, "--dry-run")

    assert code == 0
    assert [line.split()[2] for line in out.splitlines()[:-1]] == ["list", "item", "rule", "rule", "rule"]
    assert out.endswith("nothing was sent\n")


def test_a_dry_run_sends_nothing(run):
    with KibanaServer() as server:
        run("apply", server, "--dry-run")
        assert server.requests == []


def test_plan_apply_plan(run):
    with KibanaServer() as server:
        assert "5 to create" in run("plan", server)[1]
        code, out, _ = run("apply", server)
        assert (code, out.splitlines()[-1]) == (0, "5 changes made and seen to be made")
        assert run("plan", server)[1] == "5 to keep\n"


def test_drift_is_shown_and_is_1(run):
    with KibanaServer() as server:
        run("apply", server)
        assert run("drift", server) == (0, "", "the space is as the files say\n")
        server.rules[0]["severity"] = "low"
        code, out, _ = run("drift", server)

    assert code == 1
    assert "change rule Rule 1" in out
    assert "    -high\n    +low\n" in out


def test_drift_for_programs(run):
    with KibanaServer() as server:
        run("apply", server)
        server.rules[0]["severity"] = "low"
        [change] = json.loads(run("drift", server, "--format", "json")[1])

    assert (change["kind"], change["step"]) == ("rule", "change")
    assert change["differences"] == [{"field": "severity", "files": "high", "space": "low"}]


def test_prune_deletes_what_is_gone_from_the_files(run, tmp_path):
    with KibanaServer() as server:
        run("apply", server)
        (tmp_path / "rules" / "rule_3.toml").unlink()
        assert run("prune", server, "--dry-run")[1].endswith("1 object would be deleted\n")
        assert len(server.rules) == 3
        assert run("prune", server)[1].endswith("1 object deleted\n")
        assert len(server.rules) == 2


def test_what_is_not_done_is_said_and_is_1(run):
    with KibanaServer(faults=(Fault("refuse", "_import", 99),)) as server:
        code, _, said = run("apply", server)

    assert code == 1
    assert "not done: create rule Rule 1" in said
    assert "told to refuse it" in said


def test_what_an_answer_says_does_nothing_to_the_terminal(run):
    with KibanaServer() as server:
        run("apply", server)
        server.rules[0]["query"] = 'any where "\x1b[31m"'
        assert "\x1b" not in run("drift", server)[1]


def test_a_kibana_that_does_not_let_us_in_is_3_and_the_key_is_not_shown(run, monkeypatch):
    wrong = KEY[:-4] + "AAAA"
    monkeypatch.setenv(KEY_VARIABLE, wrong)
    with KibanaServer() as server:
        code, out, said = run("plan", server)

    assert (code, "401" in said) == (3, True)
    assert wrong[:-4] not in out + said
    assert "secretsecret" not in out + said


def test_without_httpx_it_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    monkeypatch.delitem(sys.modules, "comtrap.deploy.kibana", raising=False)
    with KibanaServer() as server:
        code, _, said = run("plan", server)

    assert (code, "pip install 'comtrap[deploy]'" in said) == (3, True)


def killed(server, files, at, how):
    """Run `apply` in a process of its own and kill it at its request number `at`, before or after the request is done."""
    child = []

    def kill():
        child[0].kill()

    server.faults = [Fault(how, after=at, then=kill)]
    environment = os.environ | {KEY_VARIABLE: KEY}
    command = [sys.executable, "-m", "comtrap", "deploy", "apply", *files, "--url", server.url]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        child.append(started)
        return started.wait(60)


@pytest.mark.parametrize("how", ["reset", "lost"])
def test_a_kill_at_any_request_is_mended_by_the_next_run(run, files, how):
    at, code = 0, 1
    while code != 0:
        with KibanaServer() as server:
            code = killed(server, files, at, how)
            server.faults = []

            assert run("apply", server)[0] == 0
            assert sorted(one["name"] for one in server.rules) == ["Rule 1", "Rule 2", "Rule 3"]
            assert (len(server.lists), len(server.items), server.complaints) == (1, 1, [])
            assert run("drift", server)[0] == 0
        at += 1
    assert at > 8


def test_a_kill_while_rules_are_changed_loses_none(run, files):
    for how in ("reset", "lost"):
        with KibanaServer() as server:
            run("apply", server)
            for one in server.rules:
                one["severity"] = "low"
            ids = {one["id"] for one in server.rules}
            asked = len(server.requests)
            run("plan", server)
            assert killed(server, files, len(server.requests) - asked, how) != 0
            assert {one["id"] for one in server.rules} == ids
            server.faults = []

            assert run("apply", server)[0] == 0
            assert {(one["id"], one["severity"]) for one in server.rules} == {(name, "high") for name in ids}


def test_what_is_imported_by_hand_is_what_apply_sends(run, files, tmp_path, capsys):
    assert main(["export", "kibana", *files, "--output", str(tmp_path / "rules.ndjson")]) == 0
    capsys.readouterr()
    with KibanaServer() as server, client(server) as kibana:
        answer = kibana.upload(
            "/api/detection_engine/rules/_import", (tmp_path / "rules.ndjson").read_text("utf-8"), overwrite="true"
        )
        assert (answer["errors"], answer["exceptions_errors"], answer["success_count"]) == ([], [], 3)
        assert run("drift", server)[0] == 0
