from __future__ import annotations

from pathlib import Path

import pytest
from tests.material import event, process, write
from tests.stopping import Stopping

from comtrap.scanning.asked import Request, ask
from comtrap.scanning.query import query
from comtrap.scanning.silence import Silence, silence
from comtrap.sources.progress import Progress


@pytest.fixture
def path(tmp_path):
    """Three processes and a registry value, of Sysmon."""
    return write(
        tmp_path / "a.ndjson",
        [*(process(n, n) for n in range(3)), event(13, 5, 9, TargetObject=r"HKU\x", Details="y")],
    )


def why(text, *paths):
    with query(ask(text, Request()), paths) as answer:
        assert not len(answer)
        return silence(answer, jobs=1, progress=Progress())


def test_a_field_that_no_event_of_the_category_has_is_named(path):
    assert why('process where process.name : "nope.exe" and registry.path : "x" and process.pid > 0', path) == Silence(
        met={0: 0}, categories={"process": 3}, empty={"process": ["registry.path"]}, present={}, absent=()
    )


def test_a_category_that_is_not_there_is_told_with_those_that_are(path):
    found = why("procces where true", path)

    assert (found.categories, found.empty) == ({"procces": 0}, {})
    assert found.present == {"process": 3, "registry": 1, "configuration": 1}


def test_any_category_is_all_events(path):
    assert why('any where file.path : "x"', path).categories == {None: 4}
    assert why('any where file.path : "x"', path).empty == {None: ["file.path"]}


def test_sources_that_could_have_such_events_are_named(path):
    assert "powershell" in why('any where powershell.file.script_block_text : "x"', path).absent
    assert why('registry where registry.path : "nope"', path).absent == ("security",)


def test_a_stage_that_events_met_needs_no_reason(path):
    found = why('sequence by host.id with maxspan=1m [process where true] [registry where dll.name : "x"]', path)

    assert found.unmet
    assert (found.met, found.categories, found.empty) == ({0: 3, 1: 0}, {"registry": 1}, {"registry": ["dll.name"]})


def test_where_every_stage_was_met_nothing_is_looked_for(path):
    found = why("sequence by process.pid [process where true] [registry where process.pid == null]", path)

    assert (found.unmet, found.met[0]) == (True, 3)
    found = why("sequence by host.id [registry where true] [process where true] until [any where false]", path)
    assert not found.unmet
    assert found == Silence({0: 1, 1: 3}, {}, {}, {}, found.absent)


def test_a_key_that_no_event_has_is_named(path):
    found = why("sequence by process.entity_id, dll.name [process where true] [registry where true]", path)

    assert found.empty["process"] == ["dll.name"]


def test_missing_events_and_until_are_not_needed(path):
    text = "sequence by host.id with maxspan=1m [process where process.pid == 1] ![file where true] [registry where true] until [any where true]"

    assert why(text, path).met == {0: 0, 2: 1}


def test_standard_input_is_asked_at_once(path, monkeypatch):
    with Path(path).open("rb") as file:
        monkeypatch.setattr("sys.stdin", file)
        found = why('process where file.path : "x"', "-")

    assert (found.categories, found.empty) == ({"process": 3}, {"process": ["file.path"]})


def test_half_a_count_is_none(path):
    stop = Stopping(lambda progress: progress.path)

    with query(ask('process where file.path : "x"', Request()), [path]) as answer, pytest.raises(KeyboardInterrupt):
        silence(answer, jobs=1, progress=stop)
