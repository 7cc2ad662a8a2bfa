"""What the trace says of every sequence, told by hand; that it agrees with `match` is in test_sequences.py."""

from __future__ import annotations

import pytest

from comtrap.explain.trace import Chain, Hit, Outcome, trace


def hits(drawn: str) -> list[Hit]:
    """``A1 B3 U4``: steps A and B, until, at nanoseconds."""
    return [Hit(row, 2 if d[0] == "U" else "AB".index(d[0]), int(d[1:])) for row, d in enumerate(drawn.split())]


def told(drawn: str, maxspan: int | None = None, end: int = 100) -> list[tuple[str, str, str | None]]:
    """Each sequence: its hits, what became of it, what ended it."""
    given = drawn.split()

    def name(hit: Hit | None) -> str | None:
        return None if hit is None else given[hit.row]

    return [
        (" ".join(given[hit.row] for hit in chain.hits), chain.outcome.value, name(chain.by))
        for chain in trace(hits(drawn), 1, maxspan, end)
    ]


@pytest.mark.parametrize(
    ("drawn", "maxspan", "expected"),
    [
        ("A1 B2", None, [("A1 B2", "matched", None)]),
        ("B1 A2", None, [("A2", "open", None)]),
        ("A1 A2 B3", None, [("A1", "replaced", "A2"), ("A2 B3", "matched", None)]),
        ("A1 U2 B3", None, [("A1", "until", "U2")]),
        ("A1 U2", None, [("A1", "until", "U2")]),
        ("A1 U2 U3 B4", None, [("A1", "until", "U2")]),
        ("A1 B9", 5, [("A1", "maxspan", "B9")]),
        ("A1 B6", 5, [("A1 B6", "matched", None)]),
        ("A1", 5, [("A1", "expired", None)]),
        ("A98", 5, [("A98", "open", None)]),
        ("A1 A9 B10", 5, [("A1", "expired", None), ("A9 B10", "matched", None)]),
        ("A1 U9 B10", 5, [("A1", "maxspan", "B10")]),
        ("A1 U3 B10", 5, [("A1", "until", "U3")]),
        ("A1 U3 A4", None, [("A1", "until", "U3"), ("A4", "open", None)]),
    ],
)
def test_what_ended_it_first_is_told(drawn, maxspan, expected):
    assert told(drawn, maxspan) == expected


def test_one_stage_is_complete_at_once():
    assert list(trace([Hit(0, 0, 1)], 0, None, 5)) == [Chain((Hit(0, 0, 1),), Outcome.MATCHED)]


def test_no_hits_begin_nothing():
    assert list(trace([], 2, None, 5)) == []
