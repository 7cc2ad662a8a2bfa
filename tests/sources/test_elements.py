"""Where one record ends and the next begins."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.reading import Pieces

from comtrap.errors import SourceError
from comtrap.sources import elements as module
from comtrap.sources.elements import TRUNCATED, elements
from comtrap.sources.record import BAD_JSON, NO_OBJECT, TOO_LONG, BadRecordError

LEAF = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text('"\\{}[],: a\u00e9\n', max_size=6))
VALUE = st.recursive(
    LEAF, lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(st.text('"\\{h', max_size=3), v, max_size=3))
)
OBJECTS = st.lists(st.dictionaries(st.text('a"\\[', max_size=3), VALUE, max_size=3), max_size=5)
INDENT = st.sampled_from([None, 1, "\t"])


def split(data, size=1 << 20):
    """Every element, decoded; the reason in the place of what is none."""
    found = [e for block in elements(Pieces(data, size)) for e in block]
    return [e.reason if isinstance(e, BadRecordError) else json.loads(e) for e in found]


@given(OBJECTS, INDENT, st.integers(1, 7))
def test_a_list_gives_its_elements_however_it_is_laid_out_and_read(objects, indent, size):
    assert split(json.dumps(objects, indent=indent).encode(), size) == objects


@given(OBJECTS, INDENT, st.integers(1, 7), st.sampled_from(["\n", "", "\n\n", " "]))
def test_objects_beside_one_another_give_each(objects, indent, size, between):
    assert split(between.join(json.dumps(o, indent=indent) for o in objects).encode(), size) == objects


@given(OBJECTS, INDENT, st.integers(1, 7), st.sampled_from(["hits", "events"]))
def test_a_search_response_gives_its_hits(objects, indent, size, records):
    response = {
        "took": 1,
        "_shards": {"total": 1},
        "hits": {"total": {"value": 9}, records: objects},
        "aggregations": [{}],
    }

    assert split(json.dumps(response, indent=indent).encode(), size) == objects


def test_several_responses_run_on():
    page = b'{"hits":{"hits":[{"a":1},{"a":2}]}}'

    assert split(page + b"\n" + page) == [{"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}]


def test_several_lists_run_on():
    assert split(b'[{"a":1}]\n[{"a":2}]') == [{"a": 1}, {"a": 2}]


def test_an_event_that_has_a_list_called_hits_is_an_event():
    assert split(b'{"a":{"hits":[{"b":1}]}}') == [{"a": {"hits": [{"b": 1}]}}]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_no_object_has_its_place(size):
    assert split(b'[1, "a,]", {"a":1}, null, [2, 3]]', size) == [NO_OBJECT, NO_OBJECT, {"a": 1}, NO_OBJECT, [2, 3]]


def test_text_between_objects_is_said():
    assert split(b'{"a":1}\nERROR out of disk\n{"a":2}') == [{"a": 1}, BAD_JSON, {"a": 2}]


@pytest.mark.parametrize("data", [b'[{"a":1},{"a":', b'[{"a":1},{"a":"x', b'[{"a":1},{', b'[{"a":1},', b'[{"a":1}'])
def test_a_list_that_breaks_off_says_so(data):
    assert split(data) == [{"a": 1}, TRUNCATED]


def test_a_response_that_breaks_off_after_its_hits_says_so():
    assert split(b'{"hits":{"hits":[{"a":1}]') == [{"a": 1}, TRUNCATED]


def test_brackets_that_close_nothing_do_not_count():
    assert split(b'}}]]{"a":1}') == [BAD_JSON, {"a": 1}]


def test_a_record_too_long_to_hold_is_passed_over(monkeypatch):
    monkeypatch.setattr(module, "SIZE_BYTES", 50)
    long = json.dumps({"a": "x" * 200})

    assert split(f'[{{"a":1}},{long},{{"a":2}}]'.encode(), 16) == [{"a": 1}, TOO_LONG, {"a": 2}]


def test_a_stream_that_breaks_gives_what_was_whole_before():
    found = []
    with pytest.raises(SourceError):
        found.extend(e for block in elements(Pieces(b'[{"a":1},{"a"', 4, SourceError("gone"))) for e in block)

    assert found == [b'{"a":1}']


def test_a_bracket_without_end_takes_no_more_memory_than_a_record(monkeypatch):
    monkeypatch.setattr(module, "SIZE_BYTES", 1 << 20)
    splitter = module.Splitter()
    for _ in range(200):
        assert splitter.feed(b"{" * 65536) == []
        assert len(splitter._held) <= (1 << 20) + 65536

    assert [e.reason for e in splitter.end()] == [TRUNCATED]


@pytest.mark.parametrize("size", [3, 1 << 20])
def test_what_follows_a_list_is_told_however_it_is_read(size):
    assert split(b'[{"n":1}] x', size) == [{"n": 1}, BAD_JSON]


@pytest.mark.parametrize("size", [3, 1 << 20])
def test_what_follows_the_last_record_of_a_cut_off_list_is_told_however_it_is_read(size):
    assert split(b'[{"n":1},5', size) == [{"n": 1}, NO_OBJECT, TRUNCATED]
