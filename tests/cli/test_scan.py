from __future__ import annotations

import gzip
import json
import os
import struct
import subprocess
import sys
import zipfile

import pytest
from tests.material import process, rule_file, script_block, write

from comtrap.cli.main import main
from comtrap.scanning import fill as filling
from comtrap.scanning import tasks


@pytest.fixture
def run(tmp_path, capsys):
    """Scan paths below a folder with one rule; gives exit code, alerts, standard error and the stats."""
    rules = rule_file(tmp_path / "rule.toml")

    def scanned(*arguments, rules=rules, form="ndjson"):
        stats = tmp_path / "stats.json"
        code = main(
            [
                "scan",
                "--rules",
                str(rules),
                "--format",
                form,
                "--stats",
                str(stats),
                "--jobs",
                "1",
                *map(str, arguments),
            ]
        )
        said = capsys.readouterr()
        alerts = [json.loads(line) for line in said.out.splitlines()] if form == "ndjson" else said.out
        return code, alerts, said.err, json.loads(stats.read_text()) if stats.exists() else None

    return scanned


@pytest.fixture
def good(tmp_path):
    return write(tmp_path / "logs" / "good.ndjson", [process(0, 1)])


def test_alerts_alone_are_no_failure(run, good):
    code, alerts, _, stats = run(good)
    assert (code, len(alerts), stats["alerts"], stats["events"]) == (0, 1, 1, 1)


@pytest.mark.parametrize(("least", "code"), [("low", 1), ("high", 1), ("critical", 0)])
def test_fail_on_is_about_this_severity_and_above(run, good, least, code):
    assert run(good, "--fail-on", least)[0] == code


def test_min_severity_leaves_out_rules_below(run, good):
    assert run(good, "--min-severity", "critical")[1] == []
    assert len(run(good, "--min-severity", "high")[1]) == 1


def test_a_wrong_rule_is_2_and_the_others_run(run, good, tmp_path):
    (tmp_path / "rules").mkdir()
    rule_file(tmp_path / "rules" / "a.toml")
    rule_file(tmp_path / "rules" / "b.toml", "process where (", 2)
    code, alerts, said, _ = run(good, rules=tmp_path / "rules")
    assert (code, len(alerts)) == (2, 1)
    assert "b.toml" in said


def test_a_rule_that_the_schema_does_not_bear_is_2(run, good, tmp_path):
    code, _, said, _ = run(good, rules=rule_file(tmp_path / "c.toml", "process where no.such == 1"))
    assert code == 2
    assert "E201" in said


def test_an_input_that_is_not_there_is_3_and_with_others_only_if_strict(run, good, tmp_path):
    code, _, said, stats = run(tmp_path / "none.evtx")
    assert code == 3
    assert "none.evtx" in said
    assert list(stats["failed"]) == [str(tmp_path / "none.evtx")]
    assert run(tmp_path / "none.evtx", good)[0] == 0
    assert run(tmp_path / "none.evtx", good, "--strict")[0] == 3


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--jobs", "x"], ["--min-severity", "bad"], ["--no-such"]])
def test_a_wrong_command_line_is_3(good, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["scan", good, *arguments])
    assert ended.value.code == 3
    assert "usage:" in capsys.readouterr().err


def test_what_an_output_is_is_none_itself(good, capsys):
    assert main(["scan", good, "--format", "sink"]) == 3
    assert "called 'sink'" in capsys.readouterr().err


def test_alerts_are_suppressed_and_that_is_said(good, capsys):
    assert main(["scan", good, "--suppress", "host.name", "--format", "ndjson"]) == 0
    printed = capsys.readouterr()
    documents = [json.loads(line) for line in printed.out.splitlines()]
    suppressed = sum(d["kibana.alert.suppression.docs_count"] for d in documents)
    assert (suppressed > 0) == ("more alerts are suppressed" in printed.err)
    assert main(["scan", good, "--format", "ndjson"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(documents) + suppressed


@pytest.mark.parametrize(
    "arguments",
    [
        ["--suppress", ""],
        ["--suppress", "a,b,c,d"],
        ["--suppress", "a", "--suppress-for", "5"],
        ["--suppress-for", "5m"],
    ],
)
def test_a_suppression_that_cannot_be_is_3(good, capsys, arguments):
    assert main(["scan", good, *arguments]) == 3
    assert "--suppress" in capsys.readouterr().err


def test_an_unknown_format_is_3_and_says_which_there_are(good, capsys):
    assert main(["scan", good, "--format", "nonsense"]) == 3
    said = capsys.readouterr().err
    assert "'nonsense'" in said
    assert "console, csv," in said


def test_an_output_that_cannot_be_written_is_3(good, tmp_path, capsys):
    assert main(["scan", good, "--output", str(tmp_path / "no" / "out.ndjson")]) == 3
    assert "out.ndjson" in capsys.readouterr().err


def test_an_output_file_has_what_standard_output_would(run, good, tmp_path):
    _, alerts, _, _ = run(good)
    assert run(good, "--output", tmp_path / "out.ndjson")[1] == []
    assert [json.loads(line) for line in (tmp_path / "out.ndjson").read_text("utf-8").splitlines()] == alerts


def test_without_alerts_a_run_says_what_there_was(run, tmp_path):
    path = write(tmp_path / "quiet.ndjson", [process(0, 1, parent="explorer.exe")])
    code, out, said, _ = run(path, form="console")
    assert (code, out) == (0, "No alerts.\n")
    assert "1 event in 1 file" in said
    assert "1 of the events are of a kind that some rule looks at" in said
    assert "sources seen: 1 sysmon" in said


def test_quiet_says_nothing_but_what_went_wrong(run, good, tmp_path):
    assert run(good, "--quiet")[2] == ""
    assert "none.evtx" in run(good, tmp_path / "none.evtx", "--quiet")[2]


EVTX = b"ElfFile\0" + struct.pack("<QQQIHHHH", 0, 0, 1, 128, 1, 3, 4096, 1) + bytes(4096 - 48)
HOSTILE = {
    "cut.evtx": EVTX + b"ElfChnk\0" + b"\1" * 900,
    "text.evtx": b"This is no event log.\n",
    "deep.json": b"[" * 1_000 + b"]" * 1_000,
    "braces.ndjson": b"{" * (20 << 20) + b"\n",
    "cut.json.gz": gzip.compress(b'{"a": 1}\n' * 10_000)[:60],
}


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("name", HOSTILE)
def test_an_input_that_is_wrong_is_told_and_the_others_are_read(run, tmp_path, name):
    (tmp_path / "logs" / name).write_bytes(HOSTILE[name])
    code, alerts, said, stats = run(tmp_path / "logs")
    assert (code, len(alerts), stats["files"]) == (0, 1, 2)
    assert sum(stats["skipped"].values()) + sum(stats["notes"].values()) + len(stats["failed"]) >= 1
    assert name in said


def test_an_empty_file_is_usable(run, tmp_path):
    (tmp_path / "empty.evtx").touch()
    code, alerts, _, stats = run(tmp_path / "empty.evtx", "--strict")
    assert (code, alerts, stats["events"], stats["failed"]) == (0, [], 0, {})


def test_a_broken_member_does_not_hide_the_others(run, good, tmp_path):
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.write(good, "bad.ndjson")
        out.write(good, "good.ndjson")
    data = bytearray(packed.read_bytes())
    data[45:60] = b"\xff" * 15
    packed.write_bytes(data)
    code, alerts, said, stats = run(packed)
    assert [e["member"] for a in alerts for e in a["comtrap.evidence"]] == ["good.ndjson"]
    assert code == 0
    assert "bad.ndjson" in said
    assert len(stats["failed"]) + sum(stats["skipped"].values()) >= 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
@pytest.mark.usefixtures("good")
def test_a_file_that_may_not_be_read_is_told(run, tmp_path):
    (tmp_path / "logs" / "shut.evtx").touch(mode=0)
    code, alerts, said, _ = run(tmp_path / "logs")
    assert (code, len(alerts)) == (0, 1)
    assert "shut.evtx" in said


def test_a_rule_that_fails_at_run_time_is_named_with_its_count(run, good, tmp_path):
    code, _, said, stats = run(good, rules=rule_file(tmp_path / "d.toml", "process where number(process.name) == 1", 9))
    assert code == 0
    assert "Rule 9" in said
    assert list(stats["rule_failures"].values()) == [1]


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(400)])
    rules = rule_file(tmp_path / "rule.toml")
    command = [sys.executable, "-m", "comtrap", "scan", path, "--rules", str(rules), "--format", "ndjson", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.read(10)
        child.stdout.close()
        said = child.stderr.read()
        assert child.wait() == 0
    assert said == b""


def test_any_number_of_processes_gives_the_same_bytes(tmp_path, capsys, monkeypatch):
    """Files, a file in pieces, an archive, and scripts in parts that lie in several pieces."""
    monkeypatch.setattr(filling, "SHARED_BYTES", 1)
    monkeypatch.setattr(tasks, "PIECE_BYTES", 8_000)
    events = [process(n, n, ("cmd.exe", "other.exe")[n % 2]) for n in range(60)]
    events[10:10] = [script_block(n, 100 + n, text, n + 1, 3) for n, text in enumerate(["Get", "-It", "em"])]
    logs = tmp_path / "logs"
    write(logs / "large.ndjson", events)
    for n in range(3):
        write(logs / f"{n}.ndjson", events[n::7])
    with zipfile.ZipFile(logs / "packed.zip", "w") as archive:
        archive.write(logs / "large.ndjson", "inner.json")
    rule = str(rule_file(tmp_path / "rule.toml"))

    def bytes_of(jobs):
        assert main(["scan", str(logs), "--rules", rule, "--format", "ndjson", "--jobs", str(jobs)]) == 0
        return capsys.readouterr().out

    alone = bytes_of(1)
    assert len(alone.splitlines()) >= 60
    assert bytes_of(2) == alone
    assert bytes_of(4) == alone
