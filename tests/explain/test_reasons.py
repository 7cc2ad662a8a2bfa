"""Why nothing matched."""

from __future__ import annotations

import pytest
from tests.explain.material import CHILD, PAIR, excel, explained, image, starts
from tests.material import process, rule, write

from comtrap.explain.explain import explain
from comtrap.explain.subject import of_rule


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("file where true", ["there is no file event; there are 8 process"]),
        ("process where 1 == 2", ["the condition is always false"]),
        ('process where process.title : "a"', ['no process event fulfils process.title : "a"', "no process event has a value in process.title"]),
        ('process where process.name : "calc.exe" and process.name : "cmd.exe"', ["each clause holds of some process event, but no process event has all of them"]),
        ('any where process.name : "none"', ['no event fulfils process.name : "none"']),
        (CHILD, []),
    ],
)  # fmt: skip
def test_of_events(tmp_path, query, said):
    assert list(explained(query, starts(), tmp_path).reasons) == said


def test_of_an_index_that_a_rule_does_not_read(tmp_path):
    found = explain(of_rule(rule(index=("logs-endpoint*",))), [write(tmp_path / "a.ndjson", starts())])
    assert found.reasons == (
        "no process event is in an index that the rule reads; they are in 8 logs-windows.sysmon_operational-default",
    )


def test_of_no_events(tmp_path):
    assert explained(CHILD, [], tmp_path).reasons == ("no event was read",)


def test_of_a_stage_that_nothing_fulfils(tmp_path):
    assert (
        explained(PAIR, [excel(0, 1, 1)], tmp_path).reasons[0] == 'stage 2: no process event fulfils event.code == "7"'
    )


def test_of_events_that_do_not_join(tmp_path):
    events = [excel(0, 1, 1), image(1, 2, 2)]
    assert explained(PAIR, events, tmp_path).reasons == (
        "some event fulfils each stage, but no events do so in order, with one key and in time",
    )


def test_of_a_key_without_values(tmp_path):
    query = "sequence by process.title [process where true] [process where true]"
    assert "stage 1: its events have no value in the key process.title" in explained(query, starts(), tmp_path).reasons


def test_of_a_sample_without_a_key_that_has_all(tmp_path):
    query = (
        'sample by process.pid [process where process.name : "cmd.exe"] [process where process.name : "conhost.exe"]'
    )
    assert explained(query, starts(), tmp_path).reasons == (
        "some event fulfils each filter, but no key has one of its own for each",
    )


def test_a_long_clause_is_cut(tmp_path):
    query = f'process where process.name : "{"x" * 1000}"'
    assert len(explained(query, [process(0, 1)], tmp_path).reasons[0]) < 200
