"""JSON lists, search responses, objects over several lines."""

from __future__ import annotations

import json

import pytest
from tests.sources.reading import content, field, rows

from comtrap.errors import SourceError
from comtrap.events.problems import Problems
from comtrap.sources import json_values


def read(data, size=1 << 20):
    problems = Problems()
    return rows(json_values.read(content(data, size), None, problems)), problems


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("size", [7, 1000])
def test_a_position_is_the_elements_number(indent, size):
    found, problems = read(b"\n" + json.dumps([{"n": 1}, 5, {"n": 2}], indent=indent).encode(), size)

    assert field(found, "n") == ["1", "2"]
    assert field(found, "_position") == [0, 2]
    assert problems.skipped == {"not an object": 1}


def test_hits_are_their_documents():
    hits = [{"_index": ".ds-logs-x-2024.05.01-000001", "_id": str(n), "_source": {"n": n}} for n in (1, 2)]

    found, _ = read(json.dumps({"took": 2, "hits": {"hits": hits}}, indent=1).encode())

    assert field(found, "n") == ["1", "2"]
    assert field(found, "_index") == [".ds-logs-x-2024.05.01-000001"] * 2


def test_a_list_that_breaks_off_gives_what_came_before():
    found, problems = read(b'[{"n":1},{"n":2},{"n"')

    assert field(found, "n") == ["1", "2"]
    assert problems.skipped == {"truncated": 1}


def test_an_element_that_is_broken_is_counted_and_the_next_read():
    found, problems = read(b'[{"n":1},{"n":},{"n":3}]')

    assert field(found, "_position") == [0, 2]
    assert problems.skipped == {"bad json": 1}


def test_a_stream_that_breaks_gives_the_elements_before():
    found = []
    with pytest.raises(SourceError, match="gone"):
        found.extend(json_values.read(content(b'[{"n":1},{"n"', error=SourceError("gone")), None, Problems()))

    assert field(rows(found), "n") == ["1"]
