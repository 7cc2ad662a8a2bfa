"""How many events each clause lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.material import CHILD, explained, starts
from tests.material import process

from comtrap.explain import funnel as module

if TYPE_CHECKING:
    from comtrap.explain.explanation import StageCount


def only(subject: str, events: list[dict], folder) -> StageCount:
    (stage,) = explained(subject, events, folder).stages
    return stage


def counts(stage: StageCount) -> list[tuple[int, int, int]]:
    return [(clause.so_far, clause.alone, clause.only) for clause in stage.clauses]


def test_left_by_itself_and_the_only_miss(tmp_path):
    stage = only(CHILD, starts(), tmp_path)

    assert (stage.of_category, stage.held) == (8, 1)
    assert counts(stage) == [(7, 7, 0), (3, 3, 4), (1, 6, 2)]


def test_events_of_other_categories_are_not_counted(tmp_path):
    assert only("file where true", starts(), tmp_path).of_category == 0
    assert only("any where true", starts(), tmp_path).of_category == 8


def test_fields_with_values_are_counted_once_each(tmp_path):
    query = 'process where process.parent.name : "a" or process.parent.name : "b" or process.title == "c"'
    stage = only(query, starts(), tmp_path)

    assert {f.name: f.events for f in stage.fields} == {"process.parent.name": 6, "process.title": 0}


def test_a_list_without_values_is_no_value(tmp_path):
    events = [{"event": {"category": "process"}, "process": {"args": args}} for args in ([], ["a", "b"], "c")]
    assert [f.events for f in only('process where process.args : "a"', events, tmp_path).fields] == [2]


def test_what_fails_counts_as_false(tmp_path):
    found = explained("process where number(process.name) > 1", starts(), tmp_path)

    assert counts(found.stages[0]) == [(0, 0, 8)]
    assert found.failures == 8


@pytest.mark.parametrize("cells", [1, 5, 1 << 24])
def test_portions_make_no_difference(tmp_path, monkeypatch, cells):
    monkeypatch.setattr(module, "_CELLS", cells)
    stage = only(CHILD, starts(), tmp_path)

    assert counts(stage) == [(7, 7, 0), (3, 3, 4), (1, 6, 2)]
    assert (stage.near, stage.distance) == (6, 1)
    assert sorted(near.count for near in stage.nearest) == [1, 1, 1, 3]


_CLAUSES = ['process.name : "c*"', 'not process.parent.name : "x*"', "process.pid > 1003", 'process.args : "a"', "true"]


@given(
    names=st.lists(
        st.tuples(st.sampled_from(["cmd", "calc", "x"]), st.sampled_from(["x", "y"])), min_size=1, max_size=12
    ),
    clauses=st.lists(st.sampled_from(_CLAUSES), min_size=1, max_size=4, unique=True),
)
def test_the_numbers_hang_together(tmp_path_factory, names, clauses):
    events = [process(at, at + 1, *names[at]) for at in range(len(names))]
    stage = only(f"process where {' and '.join(clauses)}", events, tmp_path_factory.mktemp("logs"))

    so_far = [clause.so_far for clause in stage.clauses]
    assert so_far == sorted(so_far, reverse=True)
    assert so_far[-1] == stage.held
    assert all(c.so_far <= c.alone for c in stage.clauses)
    if stage.distance == 1:
        assert sum(c.only for c in stage.clauses) == stage.near
    assert sum(near.count for near in stage.nearest) <= stage.near <= stage.of_category - stage.held


def test_distance_is_how_many_clauses_would_have_to_be_otherwise(tmp_path):
    query = 'process where (process.name : "a" and process.pid == 1) or (process.parent.name : "dllhost.exe" and process.pid == 2)'
    stage = only(query, [process(0, 1), process(1, 2, parent="b.exe")], tmp_path)

    assert (stage.distance, stage.near) == (1, 1)
    assert stage.nearest[0].shown.event.position == 0


def test_a_negated_group_is_as_far_as_its_nearest_way_out(tmp_path):
    query = 'process where not (process.name : "cmd.exe" and process.parent.name : "dllhost.exe")'
    assert only(query, [process(0, 1)], tmp_path).distance == 1


def test_counts_are_plain_numbers(tmp_path):
    assert not any(isinstance(number, np.generic) for row in counts(only(CHILD, starts(), tmp_path)) for number in row)
