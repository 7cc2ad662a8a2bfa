from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.material import process, write

from comtrap.cli.main import main


@pytest.fixture
def good(tmp_path):
    return write(tmp_path / "logs" / "good.ndjson", [process(0, 1), process(1, 2)])


def test_a_file_is_written_and_what_was_read_is_said(good, tmp_path, capsys):
    out = tmp_path / "out.ndjson"

    assert main(["convert", good, "--to", "ndjson", "--output", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "2 events of 1 file written" in said.err
    assert [json.loads(line)["process"]["name"] for line in out.read_text().splitlines()] == ["cmd.exe"] * 2


def test_without_output_documents_go_to_standard_output():
    command = [sys.executable, "-m", "comtrap", "convert", "-", "--to", "ndjson", "--quiet"]
    data = "".join(json.dumps(process(n, n)) + "\n" for n in range(2)).encode()
    ran = subprocess.run(command, input=data, capture_output=True, check=True)

    assert [json.loads(line)["comtrap"]["origin"] for line in ran.stdout.splitlines()] == [
        {"path": "-", "position": 0},
        {"path": "-", "position": 1},
    ]
    assert ran.stderr == b""


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(400)])
    command = [sys.executable, "-m", "comtrap", "convert", path, "--to", "ndjson", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.read(10)
        child.stdout.close()
        said = child.stderr.read()
        assert child.wait() == 0
    assert said == b""


def test_an_input_as_output_is_3_and_stays_as_it_is(good, capsys):
    before = Path(good).read_bytes()

    assert main(["convert", good, "--to", "ndjson", "--output", good]) == 3
    assert "never overwritten" in capsys.readouterr().err
    assert Path(good).read_bytes() == before


def test_an_unknown_format_is_3_and_says_which_there_are(good, tmp_path, capsys):
    assert main(["convert", good, "--to", "csv", "--output", str(tmp_path / "x")]) == 3
    assert "there are ndjson" in capsys.readouterr().err


def test_inputs_that_cannot_be_read_are_3_only_if_all_are_or_strict(good, tmp_path, capsys):
    out = ["--to", "ndjson", "--output", str(tmp_path / "out")]

    assert main(["convert", str(tmp_path / "none"), *out]) == 3
    assert "none" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "none"), good, *out]) == 0
    assert main(["convert", str(tmp_path / "none"), good, "--strict", *out]) == 3


def test_an_output_that_cannot_be_written_is_3(good, tmp_path, capsys):
    assert main(["convert", good, "--to", "ndjson", "--output", str(tmp_path / "no" / "out")]) == 3
    assert "no" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_quiet_says_nothing_but_what_went_wrong(good, tmp_path, capsys):
    assert main(["convert", good, "--quiet", "--to", "ndjson", "--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err == ""


def test_parquet_needs_an_output(good, capsys):
    assert main(["convert", good, "--to", "parquet"]) == 3
    assert "needs an --output" in capsys.readouterr().err
