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
    assert "changed in the space: rule Rule 1" in out
    assert "    -high\n    +low\n" in out


def test_drift_says_what_the_space_has_and_not_what_to_do(run):
    with KibanaServer() as server:
        run("apply", server)
        gone, twice, foreign = server.rules
        server.rules.remove(gone)
        server.rules.append({**twice, "id": "2"})
        foreign["tags"] = []
        said = run("drift", server)[1].splitlines()

    assert [line.partition(":")[0] for line in said] == [
        "missing in the space",
        "more than once in the space",
        "not ours in the space",
    ]


@pytest.mark.parametrize("action", ["plan", "drift"])
def test_what_only_reads_takes_a_dry_run_too(run, action):
    with KibanaServer() as server:
        assert run(action, server, "--dry-run")[:2] == run(action, server)[:2]
        assert server.rules == []


def test_a_failure_half_way_says_that_another_run_goes_on(run):
    with KibanaServer(faults=(Fault(500, "_import", 99),)) as server:
        code, _, said = run("apply", server)

    assert code == 3
    assert "asked again in 0.5 s" in said
    assert said.endswith("(asked 5 times); what was done until then stays, and another run goes on from there\n")


def test_a_space_that_is_not_there_is_said(run):
    with KibanaServer() as server:
        code, _, said = run("plan", server, "--space", "other")

    assert code == 3
    assert "is there a space other?" in said


def test_a_key_file_that_is_not_there_says_so(run):
    with KibanaServer() as server:
        assert "No such file" in run("plan", server, "--api-key-file", "nosuch")[2]


def test_drift_for_programs(run):
    with KibanaServer() as server:
        run("apply", server)
        server.rules[0]["severity"] = "low"
        [change] = json.loads(run("drift", server, "--format", "json")[1])

    assert (change["kind"], change["step"]) == ("rule", "change")
    assert change["differences"] == [{"field": "severity", "files": "high", "space": "low"}]


def test_what_is_not_ours_is_said_to_be_left(run):
    with KibanaServer() as server:
        run("apply", server)
        server.rules[0]["tags"] = []
        code, _, said = run("apply", server)

    assert code == 1
    assert said.startswith("not touched: rule Rule 1 (")


def test_an_exception_that_someone_added_is_drift(run):
    with KibanaServer() as server:
        run("apply", server)
        server.save(server.items, {"list_id": server.lists[0]["list_id"], "item_id": "quick", "name": "Quick"}, None)
        code, out, _ = run("drift", server)

    assert code == 1
    assert out.endswith("also has the exception Quick (quick)\n")


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


@pytest.fixture
def pulled(run, tmp_path):
    """Pull into a folder; gives the names of its files, standard output and standard error."""

    def ran(server, *arguments):
        code, out, said = run("pull", server, "--output", str(tmp_path / "out"), *arguments)
        assert code == 0
        names = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.toml"))
        return names, out, said

    return ran


def test_what_is_as_the_files_say_is_not_pulled(run, pulled):
    with KibanaServer() as server:
        run("apply", server)
        assert pulled(server) == ([], "the space is as the files say: nothing was written\n", "")


def there_and_back(server, tmp_path, *rules):
    """Pull everything into an empty folder that knows no rule of the space, then look for differences."""
    (tmp_path / "none").mkdir(exist_ok=True)
    url = ["--url", server.url]
    code = main(["deploy", "pull", "--rules", str(tmp_path / "none"), "--output", str(tmp_path / "all"), *url])
    names = ["--rules", str(tmp_path / "all" / "rules")]
    excepted = ["--exceptions", str(tmp_path / "all" / "exceptions")]
    return code, main(["deploy", "drift", *names, *excepted, *url, *rules])


def test_there_and_back_nothing_differs(run, tmp_path):
    with KibanaServer() as server:
        run("apply", server)
        assert there_and_back(server, tmp_path) == (0, 0)


@pytest.mark.usefixtures("files")
def test_the_whole_pack_there_and_back_does_not_differ(tmp_path, capsys):
    with KibanaServer() as server:
        assert main(["deploy", "apply", "--exceptions", "com_abuse", "--url", server.url]) == 0
        assert len(server.rules) > 100
        capsys.readouterr()
        assert there_and_back(server, tmp_path) == (0, 0)
        assert "note:" not in capsys.readouterr().err


def test_edits_come_back_as_files_that_mean_the_same(run, pulled, tmp_path):
    with KibanaServer() as server:
        run("apply", server)
        server.rules[0] |= {
            "name": "Better",
            "query": 'process where process.name : "x.exe" and\n  process.args : "C:\\\\*"',
            "severity": "critical",
            "note": "## Triage and analysis\n\n### Own\n\nLook.\n\n### Response and remediation\n\nAct.",
            "severity_mapping": [{"field": "a", "operator": "equals", "value": "b", "severity": "low"}],
            "alert_suppression": {"group_by": ["host.id"], "duration": {"value": 2, "unit": "h"}},
            "from": "now-1h",
            "max_signals": 7,
        }
        names, out, _ = pulled(server)

        assert names == ["rules/rule_1.toml"]
        assert "alert_suppression, from, max_signals, name, note, query, severity, severity_mapping" in out
        (tmp_path / "rules" / "rule_1.toml").write_bytes((tmp_path / "out" / names[0]).read_bytes())
        # What is made of other fields follows them with the next run; all else is the same.
        assert (
            "change rule Better (00000000-0000-0000-0000-000000000001): required_fields, tags\n"
            in run("plan", server)[1]
        )


def test_exceptions_that_people_added_come_back(run, pulled, tmp_path):
    entry = {"field": "user.name", "type": "match_any", "operator": "excluded", "value": ["a", "b"]}
    item = {"item_id": "quick", "type": "simple", "name": "Quick", "description": "Too loud.", "entries": [entry]}
    theirs = {
        "list_id": "0f0f-rule",
        "type": "rule_default",
        "name": "Rule 2",
        "description": "x",
        "namespace_type": "single",
    }
    with KibanaServer() as server:
        run("apply", server)
        ours = server.lists[0]["list_id"]
        server.save(server.items, item | {"list_id": ours}, None)
        made = server.save(server.lists, theirs, None)
        server.save(
            server.items,
            item | {"list_id": "0f0f-rule", "item_id": "other", "expire_time": "2027-01-01T00:00:00.000Z"},
            None,
        )
        reference = {"id": made["id"], "list_id": "0f0f-rule", "type": "rule_default", "namespace_type": "single"}
        server.rules[1]["exceptions_list"] = [reference]
        names, out, _ = pulled(server)

    assert names == ["exceptions/backup.toml", "exceptions/n_0f0f_rule.toml"]
    backup, other = ((tmp_path / "out" / name).read_text("utf-8") for name in names)
    assert 'id = "job"' in backup
    assert 'id = "quick"' in backup
    assert "expires = 9999-12-31" in backup
    assert 'rules = ["00000000-0000-0000-0000-000000000002"]' in other
    assert "exceptions/backup.toml: quick" in out


def test_an_exception_that_people_changed_comes_back(run, pulled, tmp_path):
    with KibanaServer() as server:
        run("apply", server)
        server.items[0]["entries"][0]["value"] = "other.exe"
        names, _, _ = pulled(server)
        (tmp_path / "exceptions.toml").write_bytes((tmp_path / "out" / names[0]).read_bytes())

        assert "other.exe" in (tmp_path / "exceptions.toml").read_text("utf-8")
        assert run("drift", server)[0] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"query": "process where ("}, "cannot be brought back"),
        ({"from": "now-1d/d"}, "cannot be brought back"),
        ({"threat": [7, {"technique": 1}]}, "cannot be brought back"),
        ({"data_view_id": "x", "index": []}, "cannot be brought back"),
        ({"timestamp_override": None}, "no file can say: timestamp_override"),
        ({"investigation_fields": {"field_names": 7}}, "cannot be brought back"),
        ({"severity_mapping": [{"field": 1}]}, "cannot be brought back"),
    ],
)
def test_what_no_file_can_say_is_named(run, pulled, change, said):
    with KibanaServer() as server:
        run("apply", server)
        server.rules[0] |= change
        assert said in pulled(server)[2]


@pytest.mark.parametrize(
    "change", [{"os_types": ["linux"]}, {"entries": []}, {"entries": [{"type": "list"}]}, {"expire_time": "soon"}, {"entries": [{"type": "match"}]}]
)  # fmt: skip
def test_an_exception_that_no_file_can_say_is_named(run, pulled, change):
    with KibanaServer() as server:
        run("apply", server)
        server.items[0] |= change
        assert "the exception Job" in pulled(server)[2]


def test_a_name_of_the_space_is_no_path(pulled, run):
    with KibanaServer() as server:
        run("apply", server)
        for place, name in enumerate(["../../../etc/passwd", "CON", "../../../etc/passwd"]):
            server.rules[place] |= {"name": name, "rule_id": f"00000000-0000-0000-0000-00000000000{place + 4}"}
        names, _, _ = pulled(server)

    assert names == [
        "rules/etc_passwd.toml",
        "rules/etc_passwd_n_00000000_0000_0000_0000_000000000006.toml",
        "rules/n_con.toml",
    ]


def test_a_dry_pull_writes_nothing(run, tmp_path):
    with KibanaServer() as server:
        run("apply", server)
        server.rules[0]["severity"] = "low"
        code, out, _ = run("pull", server, "--output", str(tmp_path / "dry"), "--dry-run")

    assert code == 0
    assert out.splitlines() == ["rules/rule_1.toml: severity", "nothing was written"]
    assert not (tmp_path / "dry").exists()
