from __future__ import annotations

import pytest
from tests.material import event, process, rule, write

from comtrap.proof.tune import as_toml, could_hide, tune
from comtrap.rules.exception_file import load_exceptions
from comtrap.rules.load import load_rules
from comtrap.scan import scan

QUERY = 'process where event.code == "1" and process.parent.name : "dllhost.exe"'
AGENT = "C:\\Program Files\\Agent\\"


def start(seconds, record, image, command, parent="C:\\Windows\\System32\\dllhost.exe"):
    return process(seconds, record, Image=image, CommandLine=command, ParentImage=parent)


@pytest.fixture
def logs(tmp_path):
    benign = [start(n, n + 1, AGENT + "agent.exe", f'"{AGENT}agent.exe" -run') for n in range(5)]
    attack = [start(9, 99, "C:\\Users\\user1\\evil.exe", "evil.exe")]
    return str(write(tmp_path / "benign.ndjson", benign)), str(write(tmp_path / "attack.ndjson", attack))


def alerts(rule_, path, exceptions=()):
    return len(scan([path], [rule_], exceptions=exceptions).alerts)


def test_alike_alarms_get_one_exception_that_leaves_the_attack(logs):
    benign, attack = logs
    (proposal,) = tune(rule(QUERY), [benign], [attack])
    assert (proposal.alarms, proposal.suppressed, proposal.lost) == (5, 5, ())
    assert proposal.safe
    fields = {entry.field: (entry.kind, entry.values) for entry in proposal.item.entries}
    assert fields["process.executable"] == ("match", (AGENT + "agent.exe",))
    assert fields["process.command_line"] == ("match", (f'"{AGENT}agent.exe" -run',))
    assert alerts(rule(QUERY), benign, [proposal.item]) == 0
    assert alerts(rule(QUERY), attack, [proposal.item]) == 1
    assert "process.executable is C:\\Program Files\\Agent\\agent.exe" in could_hide(proposal.item)


def test_paths_that_differ_share_their_folder(tmp_path):
    query = 'file where event.code == "11"'
    written = [
        event(11, n, n + 1, Image=AGENT + "agent.exe", ProcessGuid=f"{{{n}}}", ProcessId="5", TargetFilename=f"{AGENT}logs\\{n}.log", UtcTime="2026-01-05 08:00:00.000")
        for n in range(8)
    ]  # fmt: skip
    path = str(write(tmp_path / "a.ndjson", written))
    (proposal,) = tune(rule(query), [path], [])
    kinds = {entry.field: (entry.kind, entry.values) for entry in proposal.item.entries}
    assert kinds["file.path"] == ("wildcard", ("C:\\\\Program Files\\\\Agent\\\\logs\\\\*",))
    assert proposal.suppressed == 8


def test_an_exception_that_would_hide_an_attack_is_refused(tmp_path, logs):
    benign, _ = logs
    same = str(write(tmp_path / "same.ndjson", [start(50, 500, AGENT + "agent.exe", f'"{AGENT}agent.exe" -run')]))
    (proposal,) = tune(rule(QUERY), [benign], [same])
    assert not proposal.safe
    assert proposal.lost == (f"{same} #0",)


def test_alarms_of_different_programs_are_kinds_of_their_own_the_most_frequent_first(tmp_path):
    events = [start(n, n + 1, f"C:\\Program Files\\{name}\\{name}.exe", name) for n, name in enumerate(["a", "b", "b"])]
    found = tune(rule(QUERY), [str(write(tmp_path / "a.ndjson", events))], [])
    assert [proposal.alarms for proposal in found] == [2, 1]


def test_alarms_that_share_too_little_get_none(tmp_path):
    events = [start(n, n + 1, AGENT + "agent.exe", f"{n} {n}") for n in range(9)]
    for one in events:
        del one["winlog"]["event_data"]["ParentCommandLine"]
    (proposal,) = tune(rule(QUERY), [str(write(tmp_path / "a.ndjson", events))], [])
    assert proposal.item is None
    assert not proposal.safe


def test_a_quiet_rule_needs_no_exception(logs):
    assert tune(rule("process where false"), [logs[0]], []) == []


def test_the_file_that_is_written_can_be_read_whatever_the_names_are(tmp_path):
    odd = 'C:\\Program Files\\it\'s "odd"\u202e\\a.exe'
    path = str(write(tmp_path / "a.ndjson", [start(1, 1, odd, "x y")]))
    (proposal,) = tune(rule(QUERY), [path], [])
    text = as_toml(rule(QUERY), [proposal.item])
    (tmp_path / "e.toml").write_text(text, "utf-8")
    (one,), wrong = load_exceptions([tmp_path / "e.toml"])
    assert wrong == []
    assert one.items[0].entries == proposal.item.entries


def test_the_rules_own_hits_always_count_as_attacks():
    hijack = next(r for r in load_rules() if r.path.stem == "com_hijack_user_server")
    hits = hijack.path.parent.parent / "samples" / "com_hijack_user_server" / "sysmon.hit.ndjson"
    found = tune(hijack, [str(hits)], [])
    assert found
    assert not any(proposal.safe for proposal in found)
