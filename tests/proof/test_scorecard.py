from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.material import process, write

from comtrap.cli.main import main
from comtrap.proof.prove import promises_of
from comtrap.proof.scorecard import scorecard
from comtrap.rules.load import DEFAULT, load_rules, locate

SOME = ("script_host_com_object", "com_surrogate_elevated_child", "wsman_library_elsewhere")


@pytest.fixture(scope="module")
def rules():
    return [rule for rule in load_rules() if rule.path.stem in SOME]


def scores(rules, **more):
    return {score.rule.path.stem: score for score in scorecard(rules, promises_of(locate(DEFAULT)), **more)}


def test_a_rule_is_proven_by_more_than_its_own_samples(rules):
    found = scores(rules)
    assert found["script_host_com_object"].verdict == "proven"
    assert "task" in found["script_host_com_object"].simulated
    assert found["wsman_library_elsewhere"].verdict == "samples only"


def test_false_alarms_are_counted_by_source_per_million_events(rules, tmp_path):
    elevated = {
        "ParentCommandLine": "C:\\Windows\\System32\\DllHost.exe /Processid:{3E5FC7F9-9A51-4367-9063-A120244FBEC7}"
    }
    events = [
        process(0, 1, **elevated),
        *(process(n, n + 1, parent="explorer.exe", ParentCommandLine="explorer.exe") for n in range(1, 4)),
    ]
    benign = [str(write(tmp_path / "a.ndjson", events))]
    noisy = scores(rules, benign=benign)["com_surrogate_elevated_child"]
    assert (noisy.verdict, noisy.false_alarms, noisy.per_million) == ("noisy", {"sysmon": 1}, {"sysmon": 250_000.0})
    assert scores(rules, attacks=benign)["com_surrogate_elevated_child"].captured == 1


def test_a_rule_that_fails_its_samples_is_broken(rules):
    broken = [replace(rule, text="any where false") for rule in rules]
    assert {score.verdict for score in scores(broken).values()} == {"broken"}


def test_the_day_is_kept_until_a_rule_is_proved_again(rules):
    proved = {str(rule.id): "2026-01-01" for rule in rules}
    found = scores(rules, proved=proved, today="2026-02-02")
    assert found["script_host_com_object"].last_proved == "2026-02-02"
    assert found["wsman_library_elsewhere"].last_proved == "2026-01-01"


def test_the_command_keeps_a_record_and_prints_both_forms(tmp_path, capsys):
    record = tmp_path / "days.json"
    folder = locate(DEFAULT)
    assert main(["scorecard", "--rules", str(folder), "--record", str(record), "--format", "json"]) == 0
    data = {one["rule"]: one for one in json.loads(capsys.readouterr().out)}
    assert data["script_host_com_object"]["verdict"] == "proven"
    assert (
        json.loads(record.read_text("utf-8"))[data["script_host_com_object"]["id"]]
        == data["script_host_com_object"]["last_proved"]
    )
    record.write_text("[1]", "utf-8")
    assert main(["scorecard", "--record", str(record)]) == 3
    assert "no record of a scorecard" in capsys.readouterr().err
