from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.material import event, process, write

from comtrap.cli.main import main

CMD = 'process where process.name : "cmd.exe"'


@pytest.fixture
def path(tmp_path):
    """Three processes and a registry value."""
    events = [*(process(n, n, "cmd.exe") for n in range(3)), event(13, 3.5, 9, TargetObject=r"HKU\x", Details="y")]
    return write(tmp_path / "logs" / "a.ndjson", events)


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command; gives exit code, standard output and standard error."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def ran(*arguments):
        code = main(["query", "--jobs", "1", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def test_json_is_elasticsearchs_answer(run, path):
    code, out, _ = run(CMD, path, "--format", "json", "--size", 2)
    answer = json.loads(out)

    assert code == 0
    assert answer.keys() == {"is_partial", "is_running", "took", "timed_out", "hits"}
    assert answer["hits"]["total"] == {"value": 2, "relation": "gte"}
    assert [e["_source"]["comtrap"]["origin"]["position"] for e in answer["hits"]["events"]] == [1, 2]
    assert all(e.keys() == {"_index", "_id", "_source"} for e in answer["hits"]["events"])


def test_json_without_an_answer_is_whole(run, path):
    out = run("process where process.pid == 1", path, "--format", "json", "--quiet")[1]

    assert json.loads(out)["hits"] == {"total": {"value": 0, "relation": "eq"}, "events": []}


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_sequences_have_their_keys_and_events(run, path, form):
    text = "sequence by host.id with maxspan=1m [process where true] ![file where true] [registry where true]"
    out = run(text, path, "--format", form)[1]
    found = json.loads(out)["hits"]["sequences"] if form == "json" else [json.loads(line) for line in out.splitlines()]

    assert [one["join_keys"] for one in found] == [["host1"]]
    assert [e.get("missing", False) for e in found[0]["events"]] == [False, True, False]


def test_ndjson_is_an_event_a_line(run, path):
    out = run(CMD, path, "--format", "ndjson", "--result-position", "head", "--size", 2)[1]

    assert [json.loads(line)["_source"]["winlog"]["record_id"] for line in out.splitlines()] == ["0", "1"]


def test_a_table_has_time_host_and_the_fields_of_the_query(run, path):
    assert run(CMD, path)[1] == (
        "time                     host   process.name\n"
        "2026-01-05 08:00:00.000  host1  cmd.exe\n"
        "2026-01-05 08:00:01.000  host1  cmd.exe\n"
        "2026-01-05 08:00:02.000  host1  cmd.exe\n"
    )


def test_a_table_has_the_fields_asked_for(run, path):
    out = run(CMD, path, "--size", 1, "--fields", "process.pid, comtrap.origin.position,no.such")[1]

    assert out.splitlines()[0].split() == ["time", "host", "process.pid", "comtrap.origin.position", "no.such"]
    assert out.splitlines()[1].split()[-2:] == ["1002", "2"]


def test_fields_are_for_the_table_alone(run, path):
    code, out, said = run(CMD, path, "--fields", "a", "--format", "json")

    assert (code, out, said) == (3, "", "comtrap: --fields is for --format table\n")


def test_what_was_read_is_told(run, path):
    said = run(CMD, path, "--size", 1)[2]

    assert said.startswith("4 events in 1 file, ")
    assert said.endswith(" s; 3 met the query, 1 is shown\n")


def test_a_query_that_finds_nothing_says_why(run, path):
    code, out, said = run('process where dll.name : "x" and process.pid > 5', path)

    assert (code, out) == (0, "Nothing found.\n")
    assert said.splitlines()[1:] == [
        "nothing found",
        "  3 of the events are of category process",
        "  none of these has a value in dll.name",
        "  sources seen: 4 sysmon",
        "  `comtrap explain` shows how far events came, condition by condition",
    ]


def test_a_sequence_that_finds_nothing_says_how_far_it_came(run, path):
    said = run("sequence by process.pid [process where true] [proces where true]", path)[2]

    assert "  of the events 3 met stage 1, 0 met stage 2\n" in said
    assert "  none of the events are of category proces; did you mean `process`?\n" in said
    assert "  categories there are: 3 process, 1 configuration, 1 registry\n" in said


def test_stages_that_were_met_and_do_not_belong_together_are_told(run, path):
    said = run("sequence by host.id [registry where true] [process where true]", path)[2]

    assert said.splitlines()[2:4] == [
        "  of the events 1 met stage 1, 3 met stage 2",
        "  no events of these belong together: by their keys, in this order, within this span",
    ]


def test_without_events_there_is_nothing_to_say_but_that(run, tmp_path):
    (tmp_path / "empty.evtx").touch()

    assert run(CMD, tmp_path / "empty.evtx")[2].splitlines()[1:] == ["nothing found: no events were read"]


def test_quiet_says_nothing_but_what_went_wrong(run, path, tmp_path):
    assert run("process where process.pid == 1", path, "--quiet") == (0, "Nothing found.\n", "")
    assert "none.evtx" in run(CMD, path, tmp_path / "none.evtx", "--quiet")[2]


def test_size_0_asks_for_nothing(run, path):
    code, out, said = run(CMD, path, "--size", 0, "--format", "json")

    assert (code, json.loads(out)["hits"]["events"]) == (0, [])
    assert said.endswith("3 met the query, 0 are shown\n")


def test_optional_fields_that_are_unknown_are_told(run, path):
    code, _, said = run("process where ?proces.name == null", path)

    assert code == 0
    assert said.startswith(
        "?proces.name is not in the fields of Windows telemetry, so it is always null; did you mean `"
    )


def test_a_condition_that_fails_is_told(run, path):
    assert (
        "a condition failed on 3 events and was taken as false\n"
        in run("process where number(process.name) == 1", path)[2]
    )


def test_a_wrong_query_is_2_with_all_that_is_wrong(run, path):
    code, out, said = run("process where no.such == 1 and length(1, 2, 3) == 2", path)

    assert (code, out) == (2, "")
    assert ("E201" in said, "E203" in said) == (True, True)
    assert "process where no.such == 1" in said


def test_a_request_that_cannot_be_is_2(run, path):
    assert run(CMD, path, "--timestamp-field", "no.such")[0] == 2
    assert "E291" in run(CMD, path, "--tiebreaker-field", "no.such")[2]


def test_a_query_may_be_in_a_file(run, path, tmp_path):
    file = tmp_path / "q.eql"
    file.write_bytes(b'\xef\xbb\xbf// about it\r\nprocess where\r\n  process.name : "cmd.exe"\r\n')

    assert run(f"@{file}", path)[1].count("cmd.exe") == 3
    file.write_text("process where (")
    assert f"{file}:1:16" in run(f"@{file}", path)[2]
    assert run("@none.eql", path)[0] == 3


def test_a_query_may_have_several_lines(run, path):
    assert run('process where\n  // a shell\n  process.name : "cmd.exe"', path)[1].count("cmd.exe") == 3


def test_inputs_that_are_not_there_are_3(run, path, tmp_path):
    assert run(CMD, tmp_path / "none.evtx")[0] == 3
    assert run(CMD, tmp_path / "none.evtx", path)[0] == 0
    assert run(CMD, tmp_path / "none.evtx", path, "--strict")[0] == 3


@pytest.mark.parametrize(
    "wrong", [["--size", "-1"], ["--size", "x"], ["--size", "9" * 30], ["--max-samples-per-key", "0"], ["--result-position", "up"], ["--format", "xml"], ["--jobs", "0"]]
)  # fmt: skip
def test_a_wrong_command_line_is_3(path, wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["query", CMD, path, *wrong])

    assert ended.value.code == 3
    assert "usage:" in capsys.readouterr().err


def test_an_output_file_has_what_standard_output_would(run, path, tmp_path):
    printed = run(CMD, path)[1]

    assert run(CMD, path, "--output", tmp_path / "out.txt")[1] == ""
    assert (tmp_path / "out.txt").read_text() == printed


def test_the_numbers_of_a_run_can_be_kept(run, path, tmp_path):
    run(CMD, path, "--stats", tmp_path / "stats.json", "--size", 2)
    stats = json.loads((tmp_path / "stats.json").read_text())

    assert (stats["events"], stats["files"], stats["found"], stats["stages"]) == (4, 1, 2, [3])


def test_standard_input_is_read(path):
    command = [sys.executable, "-m", "comtrap", "query", CMD, "-", "--format", "ndjson", "--quiet"]
    with Path(path).open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, check=True)

    assert len(done.stdout.splitlines()) == 3


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(400)])
    for form in ("ndjson", "table"):
        command = [
            sys.executable,
            "-m",
            "comtrap",
            "query",
            "process where true",
            path,
            "--size",
            "400",
            "--format",
            form,
            "--quiet",
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            child.stdout.read(10)
            child.stdout.close()
            said = child.stderr.read()
            assert (child.wait(), said) == (0, b"")
