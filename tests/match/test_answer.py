from __future__ import annotations

import pytest

from comtrap.match.answer import frame, missing, sequences, total
from comtrap.match.hit import Match


def test_a_frame_has_what_elasticsearch_answers_with():
    assert frame({"total": {}}, 7, is_partial=True) == {
        "is_partial": True,
        "is_running": False,
        "took": 7,
        "timed_out": False,
        "hits": {"total": {}},
    }


@pytest.mark.parametrize(
    ("found", "size", "relation"), [(0, 0, "eq"), (0, 10, "eq"), (3, 10, "eq"), (10, 10, "gte"), (3, 2, "eq")]
)
def test_a_total_is_a_lower_bound_where_the_limit_was_reached(found, size, relation):
    assert total(found, size) == {"value": found, "relation": relation}


def test_a_sequence_has_its_keys_and_a_place_for_a_missing_event():
    matches = [Match(0, ("a", None), (4, None)), Match(0, (), (5, 6))]

    assert list(sequences(matches, lambda number: {"_id": str(number)})) == [
        {"join_keys": ["a", None], "events": [{"_id": "4"}, missing()]},
        {"join_keys": [], "events": [{"_id": "5"}, {"_id": "6"}]},
    ]
