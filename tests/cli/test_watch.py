"""The command, in processes of its own that end at any time."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from tests.material import process, rule_file, write

from comtrap.cli.main import main
from comtrap.cli.state import state_of


@pytest.fixture
def asked(tmp_path):
    """Arguments for a watch of one folder by one rule."""
    rules = rule_file(tmp_path / "rule.toml", 'process where process.parent.name : "dllhost.exe"')
    (tmp_path / "logs").mkdir()
    return [str(tmp_path / "logs"), "--rules", str(rules), "--state", str(tmp_path / "state.db")]


def test_one_look_tells_what_is_there_and_the_next_what_is_new(asked, tmp_path, capsys):
    path = tmp_path / "logs" / "a.ndjson"
    write(path, [process(1, 1)])
    assert main(["watch", *asked, "--once"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "2026-01-05T08:00:01.000Z  HIGH      host1  Rule 1: cmd.exe /c whoami\n"
    assert "1 event read" in printed.err
    write(path, [process(1, 1), process(2, 2)])
    assert main(["watch", *asked, "--once", "--format", "ndjson"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["comtrap.evidence"][0]["position"] == 1


def test_an_output_keeps_what_others_wrote_and_loses_what_was_not_known_to_be_told(asked, tmp_path):
    out = tmp_path / "out.txt"
    out.write_text("mine\n")
    write(tmp_path / "logs" / "a.ndjson", [process(1, 1)])
    assert main(["watch", *asked, "--once", "--output", str(out)]) == 0
    told = out.read_text()
    assert told.startswith("mine\n2026-")
    with out.open("a") as more:
        more.write("half an ale")
    assert main(["watch", *asked, "--once", "--output", str(out)]) == 0
    assert out.read_text() == told


def test_what_goes_wrong_is_said_when_it_does_and_once(asked, tmp_path, capsys, monkeypatch):
    looks = []

    def wait(_):
        looks.append(capsys.readouterr().err)
        if len(looks) == 2:
            with (tmp_path / "logs" / "a.ndjson").open("a") as out:
                out.write("no json\n")
        if len(looks) == 4:
            raise KeyboardInterrupt

    write(tmp_path / "logs" / "a.ndjson", [process(1, 1)])
    monkeypatch.setattr("time.sleep", wait)
    assert main(["watch", str(tmp_path / "missing"), *asked]) == 130
    assert "missing: cannot be read" in looks[0]
    assert looks[1] == looks[3] == ""
    assert looks[2].startswith("1 record could not be read: 1 bad json\n")
    assert capsys.readouterr().err == "2 events read\n"


def test_standard_input_and_wrong_arguments_are_3(asked, capsys):
    assert main(["watch", "-"]) == 3
    for wrong in (["--every", "0"], ["--late", "x"], ["--format", "csv"]):
        with pytest.raises(SystemExit) as ended:
            main(["watch", *asked, *wrong])
        assert ended.value.code == 3
    capsys.readouterr()


def test_a_wrong_rule_is_2(asked, tmp_path, capsys):
    (tmp_path / "rule.toml").write_text("x = 1")
    assert main(["watch", *asked, "--once"]) == 2
    assert "rule.toml" in capsys.readouterr().err


def test_what_is_remembered_of_some_paths_is_found_again_whatever_their_order(tmp_path, monkeypatch):
    for name in ("XDG_STATE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    assert state_of(["a", "b"]) == state_of(["b", "a"]) != state_of(["a"])
    assert tmp_path in state_of(["a"]).parents


def started(arguments):
    command = [sys.executable, "-m", "comtrap", "watch", *arguments, "--every", "0.05"]
    # Where the tests run in the background, the signal may be ignored, which is inherited.
    heard = None if os.name == "nt" else lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=nowhere, stderr=nowhere, preexec_fn=heard)  # noqa: PLW1509 - no threads here


@pytest.mark.skipif(not hasattr(signal, "SIGKILL") or os.name == "nt", reason="needs signals")
def test_interrupted_it_has_told_what_it_found_and_ends_with_130(asked, tmp_path):
    write(tmp_path / "logs" / "a.ndjson", [process(1, 1)])
    with started([*asked, "--output", str(tmp_path / "out.txt")]) as child:
        for _ in range(600):
            if (tmp_path / "out.txt").exists() and (tmp_path / "out.txt").read_text():
                break
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        try:
            assert child.wait(60) == 130
        finally:
            child.kill()
    assert (tmp_path / "out.txt").read_text().count("Rule 1") == 1


def replayed(asked, tmp_path, kills, seed):
    """Alerts told while a file grew and the process was killed at random moments, and those of one run."""
    chance = random.Random(seed)
    rules = asked[2]
    query = (
        'sequence by host.id with maxspan=30s [process where process.name : "a.exe"] [process where process.name : "b.exe"]'
        ' ![process where process.name : "c.exe"]'
    )
    rule_file(tmp_path / "second.toml", query, 2)
    asked = [*asked, "--rules", str(tmp_path / "second.toml"), "--format", "ndjson", "--output", str(tmp_path / "out")]
    names = ["a.exe", "b.exe", "c.exe"]
    events = [process(n * 4 + chance.uniform(-8, 8), n, chance.choice(names)) for n in range(1, kills * 4)]
    text = "".join(json.dumps(e) + "\n" for e in events).encode()
    edges = sorted(chance.randrange(len(text)) for _ in range(kills))
    path, at = tmp_path / "logs" / "a.ndjson", 0
    for edge in [*edges, len(text)]:
        with path.open("ab") as out:
            out.write(text[at:edge])
        at = edge
        with started(asked) as child:
            time.sleep(chance.uniform(0.3, 1.6))
            child.kill()
    assert main(["watch", *asked, "--end"]) == 0
    told = [json.loads(line)["kibana.alert.uuid"] for line in (tmp_path / "out").read_text().splitlines()]
    once = tmp_path / "once.ndjson"
    scanned = ["scan", asked[0], "--rules", rules, "--rules", str(tmp_path / "second.toml")]
    assert main([*scanned, "--format", "ndjson", "--output", str(once)]) == 0
    return told, [json.loads(line)["kibana.alert.uuid"] for line in once.read_text().splitlines()]


def test_killed_a_few_times_it_tells_each_alert_once(asked, tmp_path, capsys):
    told, expected = replayed(asked, tmp_path, 4, seed=1)
    capsys.readouterr()
    assert sorted(told) == sorted(expected)


@pytest.mark.slow
def test_killed_two_hundred_times_it_tells_each_alert_once(asked, tmp_path, capsys):
    told, expected = replayed(asked, tmp_path, 200, seed=2)
    capsys.readouterr()
    assert sorted(told) == sorted(expected)
