"""Files as they are read: told by their bytes, numbered, never raising."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from importlib import import_module

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sources.evtx_builder import chunk, event, file
from tests.sources.reading import field, file_rows
from tests.sources.xml_builder import xml

import comtrap.sources
from comtrap.events.problems import Problems
from comtrap.registry import every
from comtrap.sources.read import read


def parquet():
    out = io.BytesIO()
    pq.write_table(pa.table({"n": ["1", "2"]}), out)
    return out.getvalue()


LOG = file(chunk([event(number=n) for n in range(2)]))
LINES = b'{"n":1}\n{"n":2}\n'
SAMPLES = {
    "evtx": LOG,
    "ndjson": LINES,
    "json_values": json.dumps([{"n": 1}, {"n": 2}], indent=1).encode(),
    "parquet": parquet(),
    "xml": f"<Events>{xml(number=1)}{xml(number=2)}</Events>".encode(),
}
SOURCES = dict(every(comtrap.sources, "sniff", "read"))


def test_every_source_has_a_sample():
    assert SOURCES.keys() == SAMPLES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_source_sniffs_its_sample_and_no_other(name):
    assert [other for other, data in SAMPLES.items() if SOURCES[name].sniff(data[:4096])] == [name]


@pytest.mark.parametrize("name", ["x.evtx", "x.json", "x.zip", "x.txt", "noend"])
def test_the_name_of_a_file_says_nothing(tmp_path, name):
    for data in SAMPLES.values():
        found, problems = file_rows(tmp_path, data, name=name)

        assert len(found) == 2
        assert problems == Problems()


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"[]", b" \r\n \n", b"<Events></Events>", LOG[:4096]])
def test_a_file_without_events_is_no_failure(tmp_path, data):
    assert file_rows(tmp_path, data) == ([], Problems())


@pytest.mark.parametrize("data", [b"not a log\n", os.urandom(3000), b"<html></html>", b"0\0\0\0LfLe" + bytes(40)])
def test_a_file_that_is_no_log_is_said_by_name(tmp_path, data):
    found, problems = file_rows(tmp_path, data, name="x.evtx")

    assert found == []
    assert list(problems.failed) == [f"{tmp_path}/x.evtx"]
    assert problems.skipped == {}


def test_a_file_that_is_not_there_is_said():
    problems = Problems()

    assert list(read("/absent/file", 0, None, problems)) == []
    assert problems.failed == {"/absent/file": "cannot be read: No such file or directory"}


def test_a_folder_is_said(tmp_path):
    problems = Problems()

    assert list(read(str(tmp_path), 0, None, problems)) == []
    assert "Is a directory" in problems.failed[str(tmp_path)]


def test_the_origin_says_where_records_are_from(tmp_path):
    path = tmp_path / "caf\u00e9"
    path.write_bytes(LINES)
    (batch,) = read(str(path), 7, None, Problems())

    assert (batch.origin.source, batch.origin.path, batch.origin.member) == ("ndjson", str(path), None)
    assert batch.origin.first == 7 << 40
    assert batch.origin.head == hashlib.sha256(LINES).hexdigest()


def test_utf_16_is_read_as_powershell_writes_it(tmp_path):
    assert field(file_rows(tmp_path, LINES.decode().encode("utf-16"))[0], "n") == ["1", "2"]


@pytest.mark.parametrize("data", [LINES, LOG, "zip"])
def test_standard_input_is_read(data):
    if data == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a", LINES)
        data = packed.getvalue()
    script = (
        "from comtrap.events.problems import Problems\n"
        "from comtrap.sources.read import read\n"
        "print(sum(b.frame.num_rows for b in read('-', 0, None, Problems())))"
    )
    run = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True)

    assert run.stdout.strip() == b"2"


def test_a_pipe_with_a_name_is_read_to_its_end(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(path)!r}, 'wb').write({LINES!r})"])
    found = list(read(str(path), 0, None, Problems()))
    writer.wait()

    assert sum(batch.frame.num_rows for batch in found) == 2


QUIET = [HealthCheck.function_scoped_fixture]


@settings(deadline=None, max_examples=150, suppress_health_check=QUIET)
@given(st.one_of(st.binary(max_size=200), st.text('{}[]",:\\ \n1a', max_size=80).map(str.encode)))
def test_no_bytes_make_reading_raise(tmp_path, data):
    found, problems = file_rows(tmp_path, data)

    assert len(found) < 200
    assert (
        bool(found or problems.failed or problems.skipped)
        or not data.strip()
        or b"[" in data
        or b"{" in data
        or len(data) < 4
    )


@settings(deadline=None, max_examples=100, suppress_health_check=QUIET)
@given(st.sampled_from(sorted(SAMPLES)), st.floats(0, 1))
def test_a_sample_cut_off_gives_problems_and_no_crash(tmp_path, name, part):
    data = SAMPLES[name]
    found, _ = file_rows(tmp_path, data[: int(len(data) * part)])

    assert len(found) <= 2


@settings(deadline=None, max_examples=100, suppress_health_check=QUIET)
@given(
    st.sampled_from(
        [
            b"PK\3\4",
            b"\x1f\x8b\x08",
            b"BZh9",
            b"\xfd7zXZ\0",
            b"ElfFile\0",
            b"ElfChnk\0",
            b"[{",
            b'{"',
            b"<Event ",
            b"\xff\xfe",
        ]
    ),
    st.binary(max_size=300),
)
def test_bytes_that_begin_like_something_do_not_make_reading_raise(tmp_path, magic, data):
    found, _ = file_rows(tmp_path, magic + data)

    assert len(found) < 5


def test_sources_are_found_by_name():
    assert import_module("comtrap.sources.evtx") is SOURCES["evtx"]
