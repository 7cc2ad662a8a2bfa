"""Where events came from, through a conversion."""

from __future__ import annotations

import pyarrow as pa
import pytest

from comtrap.alerts.origins import Place, Sources, put, taken
from comtrap.events.raw import Origin, RawBatch

FIRST = Place("logs/a.zip", "b.evtx", 7, b"\1\2")
HERE = Place("converted.ndjson", None, 0)


def test_a_place_comes_back_and_leaves_no_trace():
    document = {"event": {"code": "1"}}
    put(document, FIRST, None)

    assert document["comtrap"] == {
        "origin": {"path": "logs/a.zip", "member": "b.evtx", "position": 7, "digest": "0102"}
    }
    assert taken(document, HERE) == FIRST
    assert document == {"event": {"code": "1"}}


def test_a_place_without_member_and_digest_says_neither():
    document = {}
    put(document, Place("a", None, 3), "logs-x")

    assert document == {"comtrap": {"origin": {"path": "a", "position": 3, "index": "logs-x"}}}
    assert taken(document, HERE) == Place("a", None, 3)


def test_the_first_place_stays():
    document = {}
    put(document, FIRST, None)
    put(document, HERE, "other")

    assert taken(document, HERE) == FIRST


def test_a_document_that_says_nothing_is_where_it_is():
    assert taken({"comtrap": {"source": "sysmon"}}, HERE) == HERE


@pytest.mark.parametrize(
    "claimed",
    [
        "text",
        [],
        {},
        {"path": 1, "position": 1},
        {"path": "a"},
        {"path": "a", "position": -1},
        {"path": "a", "position": True},
        {"path": "a", "position": "1"},
    ],
)
def test_a_claim_that_makes_no_sense_is_none(claimed):
    assert taken({"comtrap": {"origin": claimed}}, HERE) == HERE


@pytest.mark.parametrize(("digest", "member"), [("xyz", 1), (7, None), ([], []), ("", {})])
def test_a_digest_or_member_that_makes_no_sense_is_left_out(digest, member):
    claimed = {"path": "a", "position": 1, "digest": digest, "member": member}

    assert taken({"comtrap": {"origin": claimed}}, Place("b", None, 2, b"own")) == Place("a", None, 1, b"own")


def test_a_record_is_told_by_the_fields_it_was_read_with():
    frame = pa.table(
        {
            "_position": pa.array([0, 1, 2], pa.uint64()),
            "_index": ["i", None, "i"],
            "process.name": ["a", "a", "b"],
            "comtrap.source": ["x", "y", "z"],
        }
    )
    sources = Sources(RawBatch(("", 0), frame, Origin("ndjson", "a")))

    assert sources.digest(0) == sources.digest(1) != sources.digest(2)
    assert [sources.index(row) for row in range(3)] == ["i", None, "i"]
